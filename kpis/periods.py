"""Periods of the business calendar: a month, a quarter, a year, or any run of days."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from crm import clock

MONTHS = {"month": 1, "quarter": 3, "year": 12}


def month_start(day):
    return day.replace(day=1)


def months_later(day, count):
    """The same day some months later or, with a negative count, earlier; the month's last day where there is none."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def month_starts(first, last):
    """The first days of all months from one day to another."""
    found, month = [], month_start(first)
    while month <= last:
        found.append(month)
        month = months_later(month, 1)
    return found


@dataclass(frozen=True)
class Period:
    """A run of business days, both ends included. `span` is month, quarter, year or custom."""

    first: date
    last: date
    span: str = "custom"

    def __str__(self):
        if self.span == "month":
            return f"{self.first:%Y-%m}"
        if self.span == "quarter":
            return _("%(year)s Q%(quarter)s") % {"year": self.first.year, "quarter": (self.first.month + 2) // 3}
        if self.span == "year":
            return str(self.first.year)
        return f"{self.first} – {self.last}"

    @property
    def key(self):
        """How the period is named in an address: 2026-03, 2026-Q1, 2026; '' for any run of days."""
        if self.span == "quarter":
            return f"{self.first.year}-Q{(self.first.month + 2) // 3}"
        return "" if self.span == "custom" else str(self)

    @property
    def query(self):
        """The parameters of an address that stand for this period."""
        if self.span == "custom":
            return {"from": self.first.isoformat(), "to": self.last.isoformat()}
        return {"period": self.key}

    def until(self, day):
        """The part of the period that is over by the end of a day."""
        return Period(self.first, max(self.first, min(self.last, day)), self.span)

    def previous(self):
        """The period just before: of the same kind, or as many days."""
        if self.span == "custom":
            days = (self.last - self.first).days + 1
            return Period(self.first - timedelta(days), self.first - timedelta(1))
        return of(self.span, months_later(self.first, -MONTHS[self.span]))

    def year_before(self):
        """The same period of last year."""
        if self.span == "custom":
            return Period(months_later(self.first, -12), months_later(self.last, -12))
        return of(self.span, months_later(self.first, -12))

    def compared(self, other):
        """The other period cut to as many days as have passed of this one, so that like stands against like."""
        today = clock.today()
        if not self.first <= today < self.last:
            return other
        return other.until(other.first + (today - self.first))

    def trailing_year(self):
        """The twelve months up to the period's end."""
        return Period(months_later(self.last, -12) + timedelta(1), self.last)


def of(span, day):
    """The month, quarter or year in which a day lies."""
    count = MONTHS[span]
    first = date(day.year, (day.month - 1) // count * count + 1, 1)
    return Period(first, months_later(first, count) - timedelta(1), span)


def named(key):
    """The period of a name such as 2026-03, 2026-Q1 or 2026. Raises ValueError for any other."""
    year, _dash, part = key.partition("-")
    if not part:
        return of("year", date(int(year), 1, 1))
    if part.startswith("Q"):
        return of("quarter", date(int(year), int(part[1:]) * 3 - 2, 1))
    return of("month", date(int(year), int(part), 1))


def asked(query):
    """The period an address asks for: `period`, or `from` and `to`; the present year where it asks for none.

    Raises ValueError for what is no period.
    """
    if query.get("from") and query.get("to"):
        first, last = date.fromisoformat(query["from"]), date.fromisoformat(query["to"])
        return Period(min(first, last), max(first, last))
    return named(query["period"]) if query.get("period") else of("year", clock.today())


def offered():
    """The periods to pick from, newest first: months of a year, quarters of two, three years."""
    today = clock.today()
    steps = (("month", 13), ("quarter", 9), ("year", 3))
    return [[of(span, months_later(today, -MONTHS[span] * back)) for back in range(count)] for span, count in steps]
