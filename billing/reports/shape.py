"""The one shape every report of the books has: what is asked, and the table it answers with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice, LedgerEntry, Payment
from crm import access, clock
from crm.access import ALL

TERMS = "billing.view_invoice_terms"
MONEY, TEXT, PERCENT, DAYS, DATE, COUNT = "money", "text", "percent", "days", "date", "count"
MOST_MONTHS = 60


@dataclass(frozen=True)
class Figure:
    """A column: `kind` says how its values read; money is in the base currency."""

    key: str
    label: object
    kind: str = MONEY
    summed: bool = True  # does a sum over the rows mean anything?


@dataclass
class Row:
    """A line: its values by column, and the addresses of the records behind them."""

    values: dict
    urls: dict = field(default_factory=dict)


@dataclass
class Table:
    figures: tuple
    rows: list
    totals: dict | None = None
    total_urls: dict = field(default_factory=dict)

    def with_totals(self):
        """The same with the sums of the columns that can be summed."""
        summed = [figure.key for figure in self.figures if figure.kind in (MONEY, COUNT) and figure.summed]
        self.totals = {key: sum(row.values.get(key) or 0 for row in self.rows) for key in summed}
        return self


@dataclass(frozen=True)
class Report:
    key: str
    title: object
    about: object  # what is counted, in a sentence
    table: Callable  # of an Asked
    permission: str = TERMS
    cuts: dict = field(default_factory=dict)  # key -> words; the first is the default
    on_day: bool = False  # as of a day, instead of from month to month


@dataclass(frozen=True)
class Asked:
    """Who asks, for which days, and how the rows are to be told apart."""

    user: object
    first: date
    last: date
    day: date
    cut: str = ""

    def sees_all(self, permission=TERMS):
        return access.scope(self.user, permission) == ALL

    def invoices(self, permission=TERMS):
        return access.visible(Invoice.objects.all(), self.user, permission)

    def payments(self, permission="billing.view_payment"):
        return access.visible(Payment.objects.all(), self.user, permission)

    def of_invoices(self, permission=TERMS):
        """The ledger entries of the invoices this person sees."""
        entries = LedgerEntry.objects.exclude(invoice=None)
        return entries if self.sees_all(permission) else entries.filter(invoice__in=self.invoices(permission))

    def of_payments(self, permission="billing.view_payment"):
        """The ledger entries of the payments this person sees."""
        entries = LedgerEntry.objects.exclude(payment=None)
        return entries if self.sees_all(permission) else entries.filter(payment__in=self.payments(permission))


def asked(user, report, query):
    """What a person asks of a report: `from` and `to` as months, `as_of` as a day, `cut`. Raises ValidationError."""
    today = clock.today()
    last = _month(query.get("to"), today)
    first = _month(query.get("from"), _months_back(last, 11))
    day = _day(query.get("as_of"), today)
    if first > last:
        raise ValidationError({"from": _("The first month is after the last.")})
    if _months_back(last, MOST_MONTHS - 1) > first:
        raise ValidationError({"from": _("At most five years at once.")})
    cut = query.get("cut") or next(iter(report.cuts), "")
    if report.cuts and cut not in report.cuts:
        raise ValidationError({"cut": _("The rows cannot be told apart like this.")})
    return Asked(user, first, month_end(last), day, cut)


def _month(text, otherwise):
    """The first day of the month named `2026-03`."""
    if not text:
        return otherwise.replace(day=1)
    try:
        return date.fromisoformat(f"{text[:7]}-01")
    except ValueError as wrong:
        raise ValidationError({"from": _("Give a month such as 2026-03.")}) from wrong


def _day(text, otherwise):
    try:
        return parse_date(text or "") or otherwise
    except ValueError as wrong:
        raise ValidationError({"as_of": _("Give a day such as 2026-03-31.")}) from wrong


def _months_back(day, count):
    months = day.year * 12 + day.month - 1 - count
    return date(months // 12, months % 12 + 1, 1)


def month_end(first):
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def months(first, last):
    """[(first day, last day)] of each month."""
    found = []
    while first <= last:
        found.append((first, month_end(first)))
        first = month_end(first) + timedelta(days=1)
    return found


def month_name(first):
    return f"{first:%Y-%m}"
