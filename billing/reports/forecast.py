"""What should come in, week by week: open invoices by their due day, and instalments not billed yet."""

from datetime import timedelta

from django.db.models import F, Sum
from django.db.models.functions import TruncWeek
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice
from billing.reports import links
from billing.reports.base import in_base
from billing.reports.shape import TEXT, Figure, Row, Table
from contracts.models import Contract, Instalment
from crm import access, money

WEEKS = 13
FIGURES = (
    Figure("week", _("Week"), TEXT),
    Figure("invoices", _("Open invoices")),
    Figure("instalments", _("Instalments to bill")),
    Figure("total", _("Total")),
    Figure("running", _("Running total"), summed=False),
)


def table(asked):
    """From the day asked for: what is late comes first, what is due after the last week comes last."""
    monday = asked.day - timedelta(days=asked.day.weekday())
    after = monday + timedelta(weeks=WEEKS)
    sums = [_weeks(rows, asked.day, monday, after) for rows in (_invoices(asked), _instalments(asked))]
    spans = [("late", None, asked.day - timedelta(days=1))]
    for number in range(WEEKS):
        week = monday + timedelta(weeks=number)
        spans.append((week, max(week, asked.day), week + timedelta(days=6)))
    spans.append(("later", after, None))
    rows, running = [], money.ZERO
    for key, first, last in spans:
        parts = [found.get(key, money.ZERO) for found in sums]
        running += sum(parts)
        values = {"week": _name(key), "invoices": parts[0], "instalments": parts[1], "total": sum(parts)}
        rows.append(Row(values | {"running": running}, {"invoices": _url(first, last)}))
    return Table(FIGURES, rows).with_totals()


def _name(key):
    return {"late": _("Overdue"), "later": _("Later")}.get(key) or f"{key:%Y-%m-%d} –"


def _url(first, last):
    days = {"due_since": first and first.isoformat(), "due_until": last and last.isoformat()}
    return links.invoices(open="true", **days)


def _invoices(asked):
    owed = asked.invoices().with_balance().filter(status__in=Invoice.OWED, balance__gt=0)
    return owed.annotate(base=in_base())


def _instalments(asked):
    signed = access.visible(Contract.objects.filter(status__in=Contract.BINDING), asked.user)
    planned = Instalment.objects.filter(contract__in=signed).exclude(invoices__in=Invoice.objects.counted())
    return planned.annotate(base=in_base("amount", "contract__rate"))


def _weeks(rows, day, monday, after):
    """{"late", the Monday of a week, "later": Σ} of rows with a due day."""
    found = {}
    sums = rows.order_by().values(late=F("due_on")).annotate(week=TruncWeek("due_on"), sum=Sum("base"))
    for row in sums:
        key = "late" if row["late"] < day else "later" if row["late"] >= after else row["week"]
        found[key] = found.get(key, money.ZERO) + row["sum"]
    return found
