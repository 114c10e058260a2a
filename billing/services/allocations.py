"""Rows that say what pays what. Call these with the payment's and the invoice's rows held, payments first.

An invoice's rows are dated in the order they were written, so that on any past day it stood as it then did.
"""

from django.core.exceptions import ValidationError
from django.db.models import Max, Sum
from django.utils.translation import gettext_lazy as _

from billing.models import Allocation, Payment, Period
from billing.services import ledger
from crm import clock, money


def write(payment, invoice, amount, paid, day, *, by, event):
    """Add a row and post it: so much off the invoice with so much of the payment; negative amounts undo. Where the
    day's month is closed already, it happens today."""
    day = max(day, invoice.entries.owed().aggregate(day=Max("day"))["day"])
    day = clock.today() if Period.objects.closed_on(day) else day
    gain = ledger.post_allocation(payment, invoice, amount, paid, day=day, by=by, event=event)
    row = Allocation.objects.create(
        payment=payment, invoice=invoice, amount=amount, paid=paid, gain=gain, allocated_on=day,
        created_by=by if by.pk else None,
    )  # fmt: skip
    payment.forget_balance()
    invoice.forget_balance()
    return row


def in_payments_currency(payment, invoice, amount):
    """What settles this much of the invoice, at the rates of the day the payment came in."""
    return _exchanged(amount, invoice.currency, payment, payment.currency)


def in_invoices_currency(payment, invoice, paid):
    """What so much of the payment settles of the invoice, at the rates of the day the payment came in."""
    return _exchanged(paid, payment.currency, payment, invoice.currency)


def _exchanged(amount, currency, payment, wanted):
    if currency == wanted:
        return amount
    rates = {
        code: payment.rate if code == payment.currency else money.rate_to_base(code, payment.received_on)
        for code in (currency, wanted)
    }
    return money.rounded(amount * rates[currency] / rates[wanted], wanted)


def paid_to(payment):
    """{invoice key: (Σ amount, Σ paid)} of what the payment pays now."""
    rows = payment.allocations.values("invoice").annotate(sum=Sum("amount"), of_payment=Sum("paid"))
    return {row["invoice"]: (row["sum"], row["of_payment"]) for row in rows.exclude(sum=0).order_by("invoice")}


def hold_payers(invoice):
    """Hold the rows of the payments that pay the invoice now, before the invoice itself is held; gives their keys."""
    rows = Payment.objects.select_for_update(of=("self",)).filter(pk__in=_payers(invoice)).order_by("pk")
    return {payment.pk for payment in rows}


def _payers(invoice):
    return set(invoice.allocations.order_by().values_list("payment", flat=True))


def release(invoice, amount, day, *, by, event, payers):
    """Free so much of what pays the invoice, the newest payment first; it becomes the customer's credit."""
    if not _payers(invoice) <= payers:
        raise ValidationError(_("Something was paid on this invoice just now; try again."))
    rows = invoice.allocations.values("payment").annotate(sum=Sum("amount"), of_payment=Sum("paid"))
    rows = list(rows.filter(sum__gt=0).order_by("-payment"))
    payments = Payment.objects.in_bulk([row["payment"] for row in rows])
    for row in rows:
        freed = min(row["sum"], amount)
        if freed > money.ZERO:
            payment = payments[row["payment"]]
            write(payment, invoice, -freed, -part_of(row, freed, payment.currency), day, by=by, event=event)
            amount -= freed


def part_of(row, amount, currency):
    """What of the payment's share goes with this part of what it took off the invoice."""
    if amount == row["sum"]:
        return row["of_payment"]
    return money.rounded(row["of_payment"] * amount / row["sum"], currency)
