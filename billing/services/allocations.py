"""Rows that say what pays what. Call these with the payment's and the invoice's rows held.

An invoice's rows are dated in the order they were written, so that on any past day it stood as it then did.
"""

from django.db.models import Max, Sum

from billing.models import Allocation, Payment
from billing.services.periods import refuse_closed
from crm import money


def write(payment, invoice, amount, day, *, by):
    """Add a row; negative amounts undo."""
    day = max(day, _last_day(invoice))
    refuse_closed(day)
    row = Allocation.objects.create(
        payment=payment, invoice=invoice, amount=amount, allocated_on=day, created_by=by if by.pk else None
    )
    payment.forget_balance()
    invoice.forget_balance()
    return row


def _last_day(invoice):
    """The last day on which anything happened to the invoice's money."""
    paid = invoice.allocations.aggregate(day=Max("allocated_on"))["day"]
    credited = invoice.credit_notes.effective().aggregate(day=Max("issued_on"))["day"]
    return max(filter(None, [invoice.issued_on, paid, credited]))


def paid_to(payment):
    """{invoice key: Σ amount} of what the payment pays now."""
    rows = payment.allocations.values("invoice").annotate(sum=Sum("amount")).exclude(sum=0).order_by("invoice")
    return {row["invoice"]: row["sum"] for row in rows}


def release(invoice, amount, day, *, by):
    """Free so much of what pays the invoice, the newest payment first; it becomes the customer's credit."""
    rows = invoice.allocations.values("payment").annotate(sum=Sum("amount")).filter(sum__gt=0).order_by("-payment")
    sums = [(row["payment"], row["sum"]) for row in rows]
    payments = Payment.objects.in_bulk([key for key, _paid in sums])
    for key, paid in sums:
        freed = min(paid, amount)
        if freed > money.ZERO:
            write(payments[key], invoice, -freed, day, by=by)
            amount -= freed
