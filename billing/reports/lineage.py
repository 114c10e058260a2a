"""Where the cash came from: each receipt through what it pays, along the chain, up to the campaign."""

from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing.models import LedgerEntry
from billing.reports.business import RECEIPTS
from billing.reports.movements import MOVEMENTS
from billing.reports.shape import TEXT, Figure, Row, Table
from crm import money
from leads.models import Campaign, Lead

PERMISSION = "billing.view_campaign_cash"
FIGURES = (Figure("campaign", _("Campaign"), TEXT), Figure("cash", _("Cash it brought")))


def attributed(entries):
    """The entries by which money of payments pays invoices of chains that began with a campaign's lead."""
    leads = Lead.objects.filter(case=OuterRef("invoice__case")).order_by("pk")
    paying = entries.held().filter(kind__in=MOVEMENTS["collected"])
    return paying.annotate(campaign=Subquery(leads.values("campaign")[:1])).exclude(campaign=None)


def receipts(entries):
    """All that came in less what went back, in the base currency."""
    came = entries.held().filter(kind__in=RECEIPTS)
    return -came.aggregate(sum=Sum("base", default=money.ZERO))["sum"]


def by_campaign(entries):
    """[(campaign key, name, cash)], the most first; what pays nothing yet or has no campaign is the rest."""
    sums = attributed(entries).order_by().values("campaign").annotate(sum=Sum("base"))
    cash = {row["campaign"]: row["sum"] for row in sums if row["sum"]}
    names = dict(Campaign.objects.filter(pk__in=cash).values_list("pk", "name"))
    return sorted(((key, names[key], amount) for key, amount in cash.items()), key=lambda row: (-row[2], row[1]))


def by_month(campaign):
    """[(month, cash)] that a campaign brought."""
    rows = attributed(LedgerEntry.objects.all()).filter(campaign=campaign.pk)
    sums = rows.values(month=TruncMonth("day")).annotate(sum=Sum("base")).order_by("month")
    return [(row["month"], row["sum"]) for row in sums if row["sum"]]


def table(asked):
    """Σ by campaign and what is not attributed are all receipts, to the cent."""
    entries = asked.of_payments(PERMISSION).filter(day__range=(asked.first, asked.last))
    found = by_campaign(entries)
    rest = receipts(entries) - sum((cash for _key, _name, cash in found), money.ZERO)
    rows = [
        Row({"campaign": name, "cash": cash}, {"campaign": reverse("leads:campaign_detail", args=[key])})
        for key, name, cash in found
    ]
    rows.append(Row({"campaign": _("Not attributed to a campaign"), "cash": rest}))
    return Table(FIGURES, rows).with_totals()
