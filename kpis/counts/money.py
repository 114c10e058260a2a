"""The measures of money: contracts, invoices, cash, what winning customers costs, and the market."""

from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce, TruncMonth
from django.utils.translation import gettext_lazy as _

from billing.models import CreditNote, Invoice, Payment, Refund
from contracts.models import Amendment, Contract
from kpis.measures import AMOUNT, NONE, Measure, Source, first_of, in_base
from kpis.models import Cost, IndustrySales
from leads.models import Lead, Spend

SIGNED = (*Contract.BINDING, Contract.Status.TERMINATED)
ISSUED = (*Invoice.OWED, Invoice.Status.REVERSED)
RECEIVED = (Payment.Status.CONFIRMED, Payment.Status.REFUNDED)


def summed(rows, field, link):
    """A subquery: the sum of a field over the rows that point at the outer one; 0 where there are none."""
    sums = rows.filter(**{link: OuterRef("pk")}).order_by().values(link).annotate(sum=Sum(field)).values("sum")
    return Coalesce(Subquery(sums, output_field=AMOUNT), Value(Decimal(0)), output_field=AMOUNT)


# Contracts: as signed, what amendments changed, what a termination takes away


def signed_contracts():
    return Contract.objects.filter(status__in=SIGNED)


def as_signed():
    """The net value on the day of signing: today's lines less what approved amendments added since."""
    amended = summed(Amendment.objects.filter(status=Amendment.Status.APPROVED), "delta_net", "contract")
    return in_base((F("net") - amended) * F("rate"))


def fallen_away():
    """What a terminated contract no longer brings: its net value less what was invoiced and not credited."""
    billed = summed(Invoice.objects.filter(status__in=ISSUED), "net", "contract")
    credited = summed(CreditNote.objects.filter(status__in=CreditNote.EFFECTIVE), "net", "invoice__contract")
    return in_base((billed - credited - F("net")) * F("rate"))


def first_contracts():
    """Of each customer the contract signed first; of two on one day the one written first."""
    same_day = Q(signed_on=OuterRef("signed_on"), pk__lt=OuterRef("pk"))
    earlier = signed_contracts().filter(Q(signed_on__lt=OuterRef("signed_on")) | same_day)
    return signed_contracts().exclude(customer=None).exclude(Exists(earlier.filter(customer=OuterRef("customer"))))


SELLER = first_of("owner_id", "customer__owner_id")
REVENUE = Measure(
    _("Contracts signed, amendments and terminations, net of tax"),
    (
        Source(signed_contracts, day="signed_on", value=as_signed, person=SELLER),
        Source(
            lambda: Amendment.objects.filter(status=Amendment.Status.APPROVED),
            day="approved_on",
            value=lambda: in_base(F("delta_net") * F("contract__rate")),
            person=first_of("contract__owner_id", "contract__customer__owner_id"),
            customer=F("contract__customer_id"),
            case=F("contract__case_id"),
            seen_through="contract",
        ),
        Source(
            lambda: Contract.objects.filter(status=Contract.Status.TERMINATED),
            moment="status_since",
            value=fallen_away,
            person=SELLER,
        ),
    ),
    money=True,
)
CONTRACTS_SIGNED = Measure(_("Contracts signed"), (Source(signed_contracts, day="signed_on", person=SELLER),))
NEW_CUSTOMERS = Measure(
    _("Customers who signed their first contract"), (Source(first_contracts, day="signed_on", person=SELLER),)
)

# Invoices and cash


BILLED = Measure(
    _("Invoices issued less credit notes, net of tax"),
    (
        Source(
            lambda: Invoice.objects.filter(status__in=ISSUED),
            day="issued_on",
            value=lambda: in_base(F("net") * F("rate")),
            person=first_of("contract__owner_id", "owner_id", "customer__owner_id"),
        ),
        Source(
            lambda: CreditNote.objects.filter(status__in=CreditNote.EFFECTIVE),
            day="issued_on",
            value=lambda: in_base(-F("net") * F("invoice__rate")),
            person=first_of("invoice__contract__owner_id", "invoice__owner_id", "invoice__customer__owner_id"),
            customer=F("invoice__customer_id"),
            case=F("invoice__case_id"),
            seen_through="invoice",
        ),
    ),
    money=True,
)
PAYER_OF = first_of("customer__owner_id", "owner_id")
COLLECTED = Measure(
    _("Payments confirmed less refunds"),
    (
        Source(
            lambda: Payment.objects.filter(status__in=RECEIVED),
            day="received_on",
            value=lambda: in_base(F("amount") * F("rate")),
            person=PAYER_OF,
        ),
        Source(
            lambda: Refund.objects.filter(payment__status__in=RECEIVED),
            day="refunded_on",
            value=lambda: in_base(-F("amount") * F("payment__rate")),
            person=first_of("payment__customer__owner_id", "payment__owner_id"),
            customer=F("payment__customer_id"),
            case=F("payment__case_id"),
            seen_through="payment",
        ),
    ),
    money=True,
)

# What winning customers costs


ACQUISITION = Measure(
    _("Campaign spend, and sales and marketing costs"),
    (
        Source(
            lambda: Spend.objects.all(),
            day="spent_on",
            value=lambda: in_base(F("amount") * F("rate")),
            person=NONE,
            customer=NONE,
            case=NONE,
            seen_through="campaign",
        ),
        Source(
            lambda: Cost.objects.all(),
            day="month",
            value=lambda: in_base(F("amount")),
            person=NONE,
            customer=NONE,
            case=NONE,
        ),
    ),
    money=True,
    divisible=False,
)

# The market


def known_market():
    """The market's size: the figure of the whole market or, in months without one, those of its segments."""
    whole = IndustrySales.objects.filter(month=OuterRef("month"), industry="")
    return IndustrySales.objects.filter(Q(industry="") | ~Exists(whole))


def in_known_market(rows):
    """Only what was sold in months, and to industries, for which the market's size is known."""
    market = IndustrySales.objects.filter(month=OuterRef("in_month"))
    known = Exists(market.filter(Q(industry="") | Q(industry=OuterRef("customer__industry"))))
    return rows.annotate(in_month=TruncMonth("on_day")).filter(known)


MARKET = Measure(
    _("Sales of the whole industry"),
    (
        Source(
            known_market,
            day="month",
            value=lambda: in_base(F("amount") * F("rate")),
            person=NONE,
            customer=NONE,
            case=NONE,
        ),
    ),
    divisible=False,
)
REVENUE_IN_MARKET = REVENUE.only(in_known_market, _("Revenue in months whose market size is known"))


def collected_by_channel(cut, first, last):
    """[(channel, sum)] of the cash collected, the largest first; '' stands for cash that began with no known lead."""
    began = Lead.objects.filter(case=OuterRef("of_case")).order_by("pk").values("channel")[:1]
    sums = {}
    for source in COLLECTED.sources:
        rows = source.counted(cut, first, last).annotate(channel=Coalesce(Subquery(began), Value("")))
        for channel, amount in rows.values("channel").annotate(sum=Sum("counts")).values_list("channel", "sum"):
            sums[channel] = sums.get(channel, 0) + amount
    return sorted(sums.items(), key=lambda found: -found[1])
