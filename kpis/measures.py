"""What can be counted: each measure is rows of records, every one with its day, its amount and whose it is.

Summed over a period the rows are the number; listed they are what stands behind it. So the two cannot disagree.
Amounts are in the base currency; days are days of the business time zone.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from babel.numbers import get_currency_precision
from django.db.models import BigIntegerField, DateField, DecimalField, F, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Round, TruncDate

from crm import access, clock
from crm.models import Company

AMOUNT = DecimalField(max_digits=20, decimal_places=6)
NONE = Value(None, output_field=BigIntegerField())


def one():
    return Value(1)


def in_base(expression):
    """A money expression rounded to the smallest unit of the base currency."""
    digits = get_currency_precision(Company.current().base_currency)
    return Round(expression, precision=digits, output_field=AMOUNT)


def first_of(*paths):
    """The first of these people that is known."""
    return Coalesce(*(F(path) for path in paths))


@dataclass(frozen=True)
class Source:
    """One record type that counts into a measure: which rows, on which day, how much, and for whom."""

    rows: Callable[[], QuerySet]
    day: str = ""  # the field with the business day,
    moment: str = ""  # or the one with the moment that falls on it
    value: Callable = one
    person: object = F("owner_id")
    customer: object = F("customer_id")
    case: object = F("case_id")
    seen_through: str = ""  # the relation to the record whose scope decides who sees the row
    only: Callable | None = None  # a last condition on the rows as counted

    def counted(self, cut, first, last):
        """The rows of a cut from one day to another, each with its `on_day`, `counts` and whose it is (`of_…`)."""
        rows = self.rows().order_by().filter(**self._between(first, last))
        rows = rows.annotate(
            on_day=self._day(),
            counts=Cast(self.value(), AMOUNT),
            of_person=Cast(self.person, BigIntegerField()),
            of_customer=Cast(self.customer, BigIntegerField()),
            of_case=Cast(self.case, BigIntegerField()),
        )
        return cut.narrow(self.only(rows) if self.only else rows)

    def seen(self, rows, user, *, money):
        """Those of the rows that the user may see, amounts included where the measure is money."""
        ruling = rows.model._meta.get_field(self.seen_through).related_model if self.seen_through else rows.model
        apart = access.MONEY_APART.get(ruling._meta.model_name) if money else None
        allowed = access.visible(ruling.objects.all(), user)
        if apart:
            allowed = access.visible(allowed, user, apart)
        return rows.filter(**{f"{self.seen_through or 'pk'}__in": allowed.values("pk")})

    def _between(self, first, last):
        if self.day:
            return {f"{self.day}__range": (first, last)}
        end = clock.day_start(last + timedelta(1))
        return {f"{self.moment}__gte": clock.day_start(first), f"{self.moment}__lt": end}

    def _day(self):
        if self.day:
            return Cast(self.day, DateField())
        return TruncDate(self.moment, tzinfo=clock.business_zone())


@dataclass(frozen=True)
class Measure:
    """Something counted or summed, from one or several record types."""

    label: str
    sources: tuple[Source, ...]
    money: bool = False
    divisible: bool = True  # can it be told apart by person, team and channel?

    def only(self, condition, label):
        """The same measure under a further condition."""
        return replace(self, label=label, sources=tuple(replace(source, only=condition) for source in self.sources))
