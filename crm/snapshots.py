"""Rows exactly as they stand in the database, taken out and put back later.

PostgreSQL itself writes and reads them, so amounts, moments and arrays come back to the last digit. Kept rows are a
list of [type, JSON text of its rows]; kept moves are a list of [type, column, old value, new value, keys].
"""

import json
from collections import defaultdict
from decimal import Decimal

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection


def text_of(model, keys):
    """The rows with these keys as JSON text."""
    sql = "SELECT COALESCE(jsonb_agg(to_jsonb(kept)), '[]')::text FROM {table} AS kept WHERE {key} = ANY(%s)"
    with connection.cursor() as cursor:
        cursor.execute(_named(sql, model), [list(keys)])
        return cursor.fetchone()[0]


def take_out(model, keys):
    """Delete these rows and return them as they stood. What points at them is the caller's care."""
    kept = [model._meta.label, text_of(model, keys)]
    rows = model._base_manager.filter(pk__in=list(keys))
    rows._raw_delete(rows.db)
    return kept


def put_back(rows):
    """Insert kept rows as they stood. A column that came since gets its default."""
    for label, text in rows:
        model = apps.get_model(label)
        fields = model._meta.local_concrete_fields
        columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
        defaults = {field.column: field.get_default() for field in fields}
        sql = (
            f"INSERT INTO {{table}} ({columns}) SELECT {columns} FROM jsonb_populate_recordset(NULL::{{table}}, "  # noqa: S608
            "(SELECT COALESCE(jsonb_agg(%s::jsonb || kept), '[]') FROM jsonb_array_elements(%s::jsonb) AS kept))"
        )
        with connection.cursor() as cursor:
            cursor.execute(_named(sql, model), [json.dumps(defaults, cls=DjangoJSONEncoder), text])


def values(text):
    """The rows in such a text as {column: value}, to look at: nothing that is written back comes from here."""
    return json.loads(text, parse_float=Decimal)


def keys(rows):
    """{model: keys} of kept rows."""
    found = {}
    for label, text in rows:
        model = apps.get_model(label)
        found[model] = [row[model._meta.pk.column] for row in values(text)]
    return found


def give_back(model, key, before, after):
    """Set the columns that a change turned from `before` to `after` (texts of one row), unless changed again since.

    Returns whether the row is now what it was before."""
    (was,), (became,), (now,) = values(before), values(after), values(text_of(model, [key]))
    columns = [column for column in was if now.get(column) == became.get(column) != was[column]]
    if columns:
        names = ", ".join(map(connection.ops.quote_name, columns))
        sql = (
            f"UPDATE {{table}} SET ({names}) = (SELECT {names} FROM "  # noqa: S608
            "jsonb_populate_record(NULL::{table}, %s::jsonb -> 0)) WHERE {key} = %s"
        )
        with connection.cursor() as cursor:
            cursor.execute(_named(sql, model), [before, key])
    return values(text_of(model, [key])) == [was]


def move(model, keys, column, value):
    """Set a column of these rows; returns the moves that `take_back` needs."""
    rows, was = model._base_manager.filter(pk__in=list(keys)), defaultdict(list)
    for key, old in rows.values_list("pk", column):
        if old != value:
            was[old].append(key)
    rows.update(**{column: value})
    return [[model._meta.label, column, old, value, sorted(moved)] for old, moved in was.items()]


def take_back(moves):
    """Undo moves, last first; a row that was moved on or deleted since is left alone."""
    for label, column, old, new, moved in reversed(moves):
        rows = apps.get_model(label)._base_manager.filter(pk__in=moved, **{column: new})
        rows.update(**{column: old})


def check_links():
    """Let the database check all foreign keys now instead of at the end. Raises IntegrityError."""
    connection.check_constraints()


def _named(sql, model):
    quote = connection.ops.quote_name
    return sql.format(table=quote(model._meta.db_table), key=quote(model._meta.pk.column))
