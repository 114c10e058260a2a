"""VAT by rate: what was issued less what was credited."""

from collections import defaultdict

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from billing.models import LedgerEntry
from billing.reports.shape import TEXT, Figure, Row, Table
from crm import money
from crm.templatetags.formatting import plain

Account, Kind = LedgerEntry.Account, LedgerEntry.Kind
PERMISSION = "billing.view_tax_report"
FIGURES = (
    Figure("rate", _("Tax rate"), TEXT),
    Figure("issued_net", _("Issued, net")),
    Figure("issued_tax", _("Issued, tax")),
    Figure("credited_net", _("Credited, net")),
    Figure("credited_tax", _("Credited, tax")),
    Figure("net", _("Net")),
    Figure("tax", _("Output VAT")),
)
PARTS = {Account.REVENUE: "net", Account.OUTPUT_TAX: "tax"}


def table(asked):
    entries = asked.of_invoices(PERMISSION).filter(account__in=PARTS, day__range=(asked.first, asked.last))
    sums = entries.order_by().values("tax_rate", "account", "kind").annotate(sum=Sum("base"))
    found = defaultdict(lambda: dict.fromkeys((figure.key for figure in FIGURES[1:]), money.ZERO))
    for row in sums:
        part, way = PARTS[row["account"]], "credited" if row["kind"] == Kind.CREDIT_NOTE else "issued"
        found[row["tax_rate"]][f"{way}_{part}"] -= row["sum"]
        found[row["tax_rate"]][part] -= row["sum"]
    rows = [Row({"rate": f"{plain(rate)} %", **found[rate]}) for rate in sorted(found, reverse=True)]
    return Table(FIGURES, rows).with_totals()
