"""How the receivables moved from month to month, from the ledger."""

from django.db.models import Q, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext_lazy as _

from billing.models import LedgerEntry
from billing.reports import links
from billing.reports.shape import TEXT, Figure, Row, Table, month_name, months
from crm import money

Kind, Account = LedgerEntry.Kind, LedgerEntry.Account
MOVEMENTS = {  # what moves the receivables, and the kinds of voucher it consists of
    "billed": (Kind.INVOICE, Kind.VOID),
    "credited": (Kind.CREDIT_NOTE,),
    "collected": (Kind.ALLOCATION, Kind.DEALLOCATION),
    "written_off": (Kind.WRITE_OFF, Kind.RECOVERY),
}
NAMES = ("opening", *MOVEMENTS, "exchange", "closing")
FIGURES = (
    Figure("month", _("Month"), TEXT),
    Figure("opening", _("Opening balance"), summed=False),
    Figure("billed", _("Billed")),
    Figure("credited", _("Credited")),
    Figure("collected", _("Collected")),
    Figure("written_off", _("Written off")),
    Figure("exchange", _("Exchange differences")),
    Figure("closing", _("Closing balance"), summed=False),
)


def roll_forward(first, last, entries=None):
    """{opening, billed, credited, collected, written_off, exchange, closing} in the base currency, signed, so that all
    before the closing sum to it. Collected is what the money was worth when it came in; what it differs by from the
    worth of the invoices is the exchange."""
    entries = LedgerEntry.objects.all() if entries is None else entries
    opening = _opening(entries, first)
    sums = entries.filter(day__range=(first, last)).order_by().values("account", "kind").annotate(sum=Sum("base"))
    return _rolled(opening, sums)


def _opening(entries, first):
    return entries.owed().filter(day__lt=first).aggregate(sum=Sum("base", default=money.ZERO))["sum"]


def _rolled(opening, sums):
    """The movement of one span, of sums per account and kind."""
    found = {"opening": opening} | dict.fromkeys((*MOVEMENTS, "exchange"), money.ZERO)
    for row in sums:
        name = next((name for name, kinds in MOVEMENTS.items() if row["kind"] in kinds), None)
        if row["account"] == Account.RECEIVABLE:
            found[name] += row["sum"]
        elif row["account"] == Account.EXCHANGE and name == "collected":
            found["collected"] += row["sum"]
            found["exchange"] -= row["sum"]
    return found | {"closing": sum(found.values(), money.ZERO)}


def by_month(entries, first, last):
    """[(first day, last day, roll-forward)] of each month, in two queries."""
    moved = entries.filter(Q(account=Account.RECEIVABLE) | Q(account=Account.EXCHANGE), day__range=(first, last))
    sums = moved.order_by().values("account", "kind", month=TruncMonth("day")).annotate(sum=Sum("base"))
    sums, found, opening = list(sums), [], _opening(entries, first)
    for begin, end in months(first, last):
        rolled = _rolled(opening, [row for row in sums if row["month"] == begin])
        opening = rolled["closing"]
        found.append((begin, end, rolled))
    return found


def table(asked):
    rows = [
        Row({"month": month_name(begin), **rolled}, _urls(begin, end))
        for begin, end, rolled in by_month(asked.of_invoices(), asked.first, asked.last)
    ]
    return Table(FIGURES, rows).with_totals()


def _urls(first, last):
    since, until = first.isoformat(), last.isoformat()
    return {
        "billed": links.invoices(issued_since=since, issued_until=until),
        "credited": links.notes(issued_since=since, issued_until=until),
        "written_off": links.write_offs(written_off_since=since, written_off_until=until),
        "closing": links.invoices(as_of=until),
    }
