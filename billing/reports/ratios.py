"""How well the money comes in, month by month: days sales outstanding, collection rate, overdue and bad debts."""

from datetime import timedelta

from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from billing.models import LedgerEntry
from billing.reports import links
from billing.reports.business import BILLED
from billing.reports.shape import DAYS, PERCENT, TEXT, Figure, Row, Table, month_name, months
from crm import clock, money

Kind = LedgerEntry.Kind
SETTLED = (Kind.ALLOCATION, Kind.DEALLOCATION)
LOST = (Kind.WRITE_OFF, Kind.RECOVERY)
WINDOW = 90  # days of billing that the outstanding is set against
FIGURES = (
    Figure("month", _("Month"), TEXT),
    Figure("outstanding", _("Outstanding"), summed=False),
    Figure("billed", _("Billed in 90 days"), summed=False),
    Figure("dso", _("DSO"), DAYS),
    Figure("overdue", _("Overdue"), summed=False),
    Figure("overdue_ratio", _("Overdue ratio"), PERCENT),
    Figure("due", _("Fell due")),
    Figure("collected", _("of it collected")),
    Figure("collection_rate", _("Collection rate"), PERCENT),
    Figure("bad_debt", _("Written off")),
    Figure("bad_debt_ratio", _("Bad debt ratio"), PERCENT),
)


def table(asked):
    """As of the end of each month, today's for the present one."""
    spans = [
        (first, min(last, clock.today())) for first, last in months(asked.first, asked.last) if first <= clock.today()
    ]
    sums = asked.of_invoices().owed().aggregate(**{key: value for span in spans for key, value in _sums(*span)})
    rows = [Row(_figures(first, sums), _urls(first, last)) for first, last in spans]
    return Table(FIGURES, rows)


def _sums(first, last):
    """The sums of one month, all of one query; what fell due counts as it stood when the month ended."""
    until, due = Q(day__lte=last), Q(invoice__due_on__range=(first, last))
    conditions = {
        "outstanding": until,
        "overdue": until & Q(invoice__due_on__lt=last),
        "recent": until & Q(day__gt=last - timedelta(days=WINDOW), kind__in=BILLED),
        "due": until & due & Q(kind__in=BILLED),
        "settled": until & due & Q(kind__in=SETTLED),
        "month": until & Q(day__gte=first, kind__in=BILLED),
        "lost": until & Q(day__gte=first, kind__in=LOST),
    }
    for name, condition in conditions.items():
        yield f"{name}_{first:%Y%m}", Sum("base", filter=condition, default=money.ZERO)


def _figures(first, sums):
    of = {name: sums[f"{name}_{first:%Y%m}"] for name in (
        "outstanding", "overdue", "recent", "due", "settled", "month", "lost",
    )}  # fmt: skip
    return {
        "month": month_name(first),
        "outstanding": of["outstanding"],
        "billed": of["recent"],
        "dso": share(of["outstanding"] * WINDOW, of["recent"]),
        "overdue": of["overdue"],
        "overdue_ratio": share(of["overdue"], of["outstanding"]),
        "due": of["due"],
        "collected": -of["settled"],
        "collection_rate": share(-of["settled"], of["due"]),
        "bad_debt": -of["lost"],
        "bad_debt_ratio": share(-of["lost"], of["month"]),
    }


def share(part, whole):
    """None where there is nothing to divide by."""
    return part / whole if whole > 0 else None


def _urls(first, last):
    since, until = first.isoformat(), last.isoformat()
    return {
        "outstanding": links.invoices(as_of=until),
        "due": links.invoices(due_since=since, due_until=until),
        "bad_debt": links.write_offs(written_off_since=since, written_off_until=until),
    }
