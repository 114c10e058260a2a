"""How the receivables moved from the beginning of a span of days to its end, from the ledger."""

from django.db.models import Q, Sum

from billing.models import LedgerEntry
from billing.reports.base import total
from crm import money

Kind = LedgerEntry.Kind
MOVEMENTS = {  # what moves the receivables, and the kinds of voucher it consists of
    "billed": (Kind.INVOICE, Kind.VOID),
    "credited": (Kind.CREDIT_NOTE,),
    "collected": (Kind.ALLOCATION, Kind.DEALLOCATION),
    "written_off": (Kind.WRITE_OFF, Kind.RECOVERY),
}


def roll_forward(first, last, invoices=None):
    """{opening, billed, credited, collected, written_off, exchange, closing} in the base currency, signed, so that all
    before the closing sum to it. Collected is what the money was worth when it came in; what it differs by from the
    worth of the invoices is the exchange."""
    entries = LedgerEntry.objects.until(last)
    if invoices is not None:
        entries = entries.filter(invoice__in=invoices.values("pk"))
    within = Q(day__gte=first)
    sums = {"opening": total_of(~within), "closing": total_of(Q())}
    sums |= {name: total_of(within & Q(kind__in=kinds)) for name, kinds in MOVEMENTS.items()}
    found = entries.owed().aggregate(**sums)
    gain = entries.filter(within, account=LedgerEntry.Account.EXCHANGE).aggregate(sum=total("base"))["sum"]
    found["collected"], found["exchange"] = found["collected"] + gain, -gain
    names = ("opening", *MOVEMENTS, "exchange", "closing")
    return {name: found[name] for name in names}


def total_of(condition):
    return Sum("base", filter=condition, default=money.ZERO)
