"""What must hold among the documents themselves: each rule is one query for what breaks it."""

from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from billing.models import CreditNote, Invoice, Payment
from billing.models.sums import AMOUNT
from contracts.models import Contract
from crm import money


def plans():
    """Σ payment plan = contract total."""
    signed = Contract.objects.filter(status__in=Contract.BINDING).annotate(found=Sum("instalments__amount"))
    return signed.exclude(found=None).exclude(found=F("gross"))


def contracts():
    """Σ invoiced − credited ≤ contract total."""
    invoices = Invoice.objects.counted().filter(contract=OuterRef("pk"))
    notes = CreditNote.objects.effective().filter(invoice__contract=OuterRef("pk"))
    found = _sum(invoices, "contract", "gross") - _sum(notes, "invoice__contract", "amount")
    return Contract.objects.annotate(found=found).filter(found__gt=F("gross"))


def _sum(rows, group, field):
    sums = rows.order_by().values(group).annotate(sum=Sum(field)).values("sum")
    return Coalesce(Subquery(sums, output_field=AMOUNT), money.ZERO, output_field=AMOUNT)


def lines():
    """An invoice is the sum of its lines."""
    rows = Invoice.objects.annotate(found=Sum("lines__gross"), net_found=Sum("lines__net")).exclude(found=None)
    return rows.filter(~Q(found=F("gross")) | ~Q(net_found=F("net")) | ~Q(gross=F("net") + F("tax")))


def outstanding():
    """0 ≤ outstanding ≤ total."""
    owed = Invoice.objects.with_balance().filter(status__in=Invoice.OWED).annotate(found=F("balance"))
    return owed.filter(Q(found__lt=0) | Q(found__gt=F("gross")))


def settled():
    """What is reversed owes nothing; what is not issued or is void is paid by nothing."""
    rows = Invoice.objects.with_balance().annotate(found=F("balance")).exclude(status__in=Invoice.OWED)
    reversed_ = Q(status=Invoice.Status.REVERSED)
    return rows.filter(reversed_ & ~Q(found=0) | ~reversed_ & ~Q(found=F("gross")))


def payments():
    """Σ allocations and refunds of a payment ≤ its amount; one that is not confirmed pays nothing."""
    rows = Payment.objects.with_unallocated().annotate(found=F("allocated") + F("refunded"), gross=F("amount"))
    received = Q(status__in=Payment.RECEIVED)
    return rows.filter(received & (Q(found__gt=F("amount")) | Q(found__lt=0)) | ~received & ~Q(found=0))


RULES = {
    "plan": (_("The payment plan sums to the contract's total"), plans),
    "contract": (_("No more is invoiced than the contract is worth"), contracts),
    "lines": (_("An invoice is the sum of its lines"), lines),
    "outstanding": (_("Nothing is paid or credited beyond an invoice's total"), outstanding),
    "settled": (_("A reversed or void invoice owes nothing and is paid by nothing"), settled),
    "payment": (_("A payment pays no more than it brought"), payments),
}
