"""What was booked, billed and collected: by month, customer, owner or team."""

from collections import defaultdict

from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce, TruncMonth
from django.utils.translation import gettext_lazy as _

from billing.models import LedgerEntry
from billing.reports import links
from billing.reports.base import BASE, in_base
from billing.reports.shape import TEXT, Figure, Row, Table, month_name, months
from contracts.models import Amendment, Contract
from crm import access, money

Kind = LedgerEntry.Kind
CUTS = {"month": _("Month"), "customer": _("Customer"), "owner": _("Owner"), "team": _("Team")}
PATHS = {  # the key and the name of a row, seen from what has an owner and a customer
    "customer": ("customer", "customer__name"),
    "owner": ("owner", "owner__name"),
    "team": ("owner__team", "owner__team__name"),
}
BILLED = (Kind.INVOICE, Kind.VOID, Kind.CREDIT_NOTE)
RECEIPTS = (Kind.PAYMENT, Kind.BOUNCE, Kind.REVERSAL, Kind.REFUND)
FIGURES = (Figure("booked", _("Booked")), Figure("billed", _("Billed")), Figure("collected", _("Collected")))


def table(asked):
    """Booked on the day of signing, with amendments on theirs; billed less credited; collected less given back. All
    with tax, in the base currency."""
    found = defaultdict(lambda: dict.fromkeys(("booked", "billed", "collected"), money.ZERO))
    for figure, sums in (("booked", _booked(asked)), ("billed", _billed(asked)), ("collected", _collected(asked))):
        for key, name, amount in sums:
            found[key, name][figure] += amount
    if asked.cut == "month":
        rows = [Row({"name": month_name(m), **found[m, None]}, _urls(m, end)) for m, end in months_of(asked)]
    else:
        lines = sorted(found.items(), key=lambda line: (-line[1]["collected"], -line[1]["billed"], str(line[0][1])))
        rows = [Row({"name": name or "—", **sums}, _urls_of(asked, key)) for (key, name), sums in lines]
    return Table((Figure("name", CUTS[asked.cut], TEXT), *FIGURES), rows).with_totals()


def months_of(asked):
    return months(asked.first, asked.last)


def _grouped(rows, asked, day, prefix, amount):
    """[(key, name, Σ)] of rows that happened on a day, told apart as asked."""
    rows = rows.filter(**{f"{day}__range": (asked.first, asked.last)}).order_by()
    if asked.cut == "month":
        sums = rows.values(key=TruncMonth(day)).annotate(sum=Sum(amount))
        return [(row["key"], None, row["sum"]) for row in sums]
    key, name = (F(f"{prefix}{path}") for path in PATHS[asked.cut])
    sums = rows.values(key=key, name=name).annotate(sum=Sum(amount))
    return [(row["key"], row["name"], row["sum"]) for row in sums]


def _booked(asked):
    approved = Amendment.objects.filter(status=Amendment.Status.APPROVED)
    contracts = access.visible(Contract.objects.all(), asked.user)
    added = approved.filter(contract=OuterRef("pk")).order_by().values("contract").annotate(sum=Sum("delta"))
    as_signed = F("gross") - Coalesce(Subquery(added.values("sum"), output_field=BASE), money.ZERO, output_field=BASE)
    signed = contracts.filter(status__in=(*Contract.BINDING, Contract.Status.TERMINATED)).annotate(first=as_signed)
    later = approved.filter(contract__in=contracts)
    return [
        *_grouped(signed, asked, "signed_on", "", in_base("first")),
        *_grouped(later, asked, "approved_on", "contract__", in_base("delta", "contract__rate")),
    ]


def _billed(asked):
    return _grouped(asked.of_invoices().owed().filter(kind__in=BILLED), asked, "day", "invoice__", F("base"))


def _collected(asked):
    return _grouped(asked.of_payments().held().filter(kind__in=RECEIPTS), asked, "day", "payment__", -F("base"))


def _urls(first, last, **narrowed):
    since, until = first.isoformat(), last.isoformat()
    return {
        "booked": links.contracts(signed_since=since, signed_until=until, **narrowed),
        "billed": links.invoices(issued_since=since, issued_until=until, **narrowed),
        "collected": links.payments(received_since=since, received_until=until, **narrowed),
    }


def _urls_of(asked, key):
    return _urls(asked.first, asked.last, **{asked.cut: key}) if key else {}
