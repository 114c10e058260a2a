"""Rows by PostgreSQL's COPY: many times quicker than INSERT, and as careful about types."""

import json
from functools import cache
from io import StringIO

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

BATCH = 5000
NULL = r"\N"


def take_keys(model, records):
    """Give records their keys from the table's own sequence, so that it stays right for whoever comes later."""
    for record, key in zip(records, new_keys(model, len(records)), strict=True):
        record.pk = key


def new_keys(model, count):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [key for (key,) in cursor.fetchall()]


@cache
def _links(model):
    return [field for field in model._meta.concrete_fields if field.is_relation]


@cache
def _automatic(model):
    """Moments that saving would have set."""
    names = {"created_at", "updated_at", "status_since"}
    return [field.attname for field in model._meta.concrete_fields if field.name in names]


def settle(record, at=None):
    """Take over the keys that the records it points at have got since, and the moments saving would have set."""
    for field in _links(type(record)):
        if field.is_cached(record):
            other = field.get_cached_value(record)
            setattr(record, field.attname, other.pk if other is not None else None)
    for name in _automatic(type(record)):
        if getattr(record, name) is None:
            setattr(record, name, at)
    about = getattr(record, "about", None)
    if about is not None:
        record.record_type, record.record_id = about._meta.model_name, about.pk
        record.case_id = getattr(about, "case_id", None)
        record.customer_id = about.pk if record.record_type == "customer" else getattr(about, "customer_id", None)


def copy_rows(model, records):
    """Insert the records as they are. Without keys, the database gives them."""
    if not records:
        return
    fields = [field for field in model._meta.concrete_fields if not (field.primary_key and records[0].pk is None)]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    sql = f"COPY {connection.ops.quote_name(model._meta.db_table)} ({columns}) FROM STDIN"
    writers = [(field.attname, _writer(field)) for field in fields]
    with connection.cursor() as cursor:
        for at in range(0, len(records), BATCH):
            text = "".join(_line(record, writers) for record in records[at : at + BATCH])
            cursor.copy_expert(sql, StringIO(text))


def _line(record, writers):
    values = record.__dict__
    return "\t".join([write(values[name]) for name, write in writers]) + "\n"


def _writer(field):
    kinds = ((models.JSONField, _json), (ArrayField, _array), ((models.CharField, models.TextField), _text))
    kinds += ((models.DateField, _moment), (models.BooleanField, _truth))
    return next((writer for kind, writer in kinds if isinstance(field, kind)), _number)


def _json(value):
    return _escaped(json.dumps(value, ensure_ascii=False))


def _array(values):
    quoted = (str(value).replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return _escaped("{" + ",".join(f'"{value}"' for value in quoted) + "}")


def _text(value):
    return NULL if value is None else _escaped(str(value))


def _moment(value):
    return NULL if value is None else value.isoformat()


def _truth(value):
    return "t" if value else "f"


def _number(value):
    return NULL if value is None else str(value)


def _escaped(text):
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if "\n" in text or "\t" in text or "\r" in text:
        text = text.replace("\n", r"\n").replace("\t", r"\t").replace("\r", r"\r")
    return text
