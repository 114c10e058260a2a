"""The strip on a record's page: its chain from campaign to cash, read in one query."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from types import SimpleNamespace

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.db.models import BigIntegerField, Case, CharField, DecimalField, F, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, NullIf
from django.urls import reverse
from django.utils import timezone

from crm import access, clock
from crm.chain import AMOUNTS, LINKS, holder

DEAD = {"void", "superseded", "cancelled", "declined", "bounced", "reversed"}  # a link shows a living record first


@dataclass
class Step:
    """One link of the strip."""

    label: str
    icon: str
    number: str = ""
    amount: Decimal | None = None
    currency: str = ""
    date: object = None
    url: str = ""
    done: bool = False
    current: bool = False
    holder: str = ""
    days: int | None = None


def strip(record, user):
    """The chain this record is part of, as this person may see it; empty for a record outside any case."""
    case_id = getattr(record, "case_id", None)
    if case_id is None:
        return []
    found = representatives(case_id)
    steps = [_step(found.get(at), record, user, *link) for at, link in enumerate(LINKS)]
    if found:
        _mark_ball(steps[max(found)], found[max(found)], record)
    return steps


def _step(link, record, user, name, label, icon):
    if link is None:
        return Step(label, icon)
    step = Step(label, icon, date=clock.business_day(link.created_at), done=True)
    if link.is_of(record) or access.allows(user, access.name("view", link.model), link):
        step.number, step.url = link.shown, link.url
        if access.sees_money(user, link):
            step.amount, step.currency = link.worth, link.currency
    return step


def _mark_ball(step, link, record):
    """Who has to act on the last record reached, and for how many days it lies there."""
    last = record if link.is_of(record) else link.model.objects.select_related("owner").get(pk=link.pk)
    step.current, step.holder = True, holder(last)
    if step.holder:
        step.days = (timezone.now() - last.status_since).days


# The one query

COLUMNS = ("at", "key", "shown", "created", "worth", "money", "owner_1", "team_1", "owner_2", "team_2")


class Link:
    """A record of the chain with just what the strip shows, and what the access table asks of it."""

    def __init__(self, row):
        self.at, self.pk, self.shown, self.created_at, self.worth, self.currency, *owned = row
        self.model = apps.get_model(LINKS[self.at][0])
        self._meta = self.model._meta
        self._owned = owned

    def owners(self):
        for key, path in zip(self._owned[::2], self._owned[1::2], strict=True):
            yield key and SimpleNamespace(pk=key, team=path and SimpleNamespace(path=path))

    def is_of(self, record):
        return (self.model, self.pk) == (type(record), record.pk)

    @property
    def url(self):
        return reverse(f"{self._meta.app_label}:{self._meta.model_name}_detail", args=[self.pk])


def representatives(case_id):
    """{place on the strip: the newest living record of its type in the case, else the newest}."""
    sql, params = _query()
    with connection.cursor() as cursor:
        cursor.execute(sql, [case_id if param == ANY_CASE else param for param in params])
        return {row[0]: Link(row) for row in cursor.fetchall()}


ANY_CASE = -1  # stands for the case in the query, which is put together once


@cache
def _query():
    parts = [_part(apps.get_model(name), at) for at, (name, _label, _icon) in enumerate(LINKS)]
    return parts[0].union(*parts[1:], all=True).query.sql_with_params()


def _part(model, at):
    owners = [*model.OWNER_PATHS, None][:2]
    by_lead = model._meta.model_name == "campaign"  # a campaign belongs to no case; it is found through its lead
    rows = model.objects.filter(**({"leads__case": ANY_CASE} if by_lead else {"case": ANY_CASE}))
    columns = {
        "at": Value(at),
        "key": F("pk"),
        "shown": Coalesce(NullIf("issued_number", Value("")), "number")
        if _has(model, "issued_number")
        else F("number"),
        "created": F("created_at"),
        "worth": next((_money(name) for name in AMOUNTS if _has(model, name)), _money(None)),
        "money": F("currency") if _has(model, "currency") else Value("", CharField()),
        "owner_1": _key(owners[0]),
        "team_1": _path(owners[0]),
        "owner_2": _key(owners[1]),
        "team_2": _path(owners[1]),
    }
    last = Case(When(status__in=DEAD, then=1), default=0)
    return rows.annotate(**columns).order_by(last, "-pk").values_list(*COLUMNS)[:1]


def _has(model, name):
    try:
        return bool(model._meta.get_field(name).concrete)
    except FieldDoesNotExist:
        return False


def _money(name):
    return Cast(F(name) if name else Value(None), DecimalField(max_digits=20, decimal_places=2))


def _key(path):
    return Cast(F(path) if path else Value(None), BigIntegerField())


def _path(path):
    return Cast(F(f"{path}__team__path") if path else Value(None), TextField())
