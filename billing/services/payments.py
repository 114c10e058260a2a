"""Registering, confirming, allocating and undoing payments."""

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from billing.models import Invoice, LedgerEntry, Payment
from billing.services import allocations, ledger
from billing.services.periods import refuse_closed
from crm import access, clock, money, records, work
from crm.access import authorize
from crm.transitions import advance, locked, require

UNDONE = {"bounce": LedgerEntry.Kind.BOUNCE, "reverse": LedgerEntry.Kind.REVERSAL}


@transaction.atomic
def register_payment(payment, *, proof=None, by, seen=None):
    """Note money a customer says they paid. The same bank reference is registered once, however often it is sent."""
    _belong(payment, by)
    authorize(by, "billing.add_payment", payment)
    if payment.received_on is None or payment.received_on > clock.today():
        raise ValidationError({"received_on": _("Give the day it was received, not one in the future.")})
    refuse_closed(payment.received_on, "received_on")
    payment.submitted_by = by if by.pk else None
    payment.rate = money.rate_to_base(payment.currency, payment.received_on)
    known = _known(payment)
    if known:
        return known
    records.save(payment, by=by, seen=seen)
    if proof:
        work.attach(payment, file=proof, by=by)
    return payment


def _belong(payment, by):
    """Take customer, currency and case from the invoice it is meant for."""
    invoice = payment.invoice
    if invoice:
        payment.customer, payment.case = payment.customer or invoice.customer, invoice.case
    known = [record.owner for record in (invoice, payment.customer) if record and record.owner]
    payment.owner = known[0] if known else payment.owner
    if payment.owner is None and by.pk:
        payment.owner = by


def _known(payment):
    """The payment already registered with this reference; a different one under the same reference is refused."""
    if not payment.reference:
        return None
    with connection.cursor() as cursor:  # whoever sends the same reference at the same time waits here
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"{payment.method}:{payment.reference}"])
    undone = (Payment.Status.BOUNCED, Payment.Status.REVERSED)
    same = Payment.objects.filter(method=payment.method, reference=payment.reference)
    known = same.exclude(status__in=undone).first()
    if known and (known.customer_id, known.amount, known.currency) != (
        payment.customer_id, payment.amount, payment.currency,
    ):  # fmt: skip
        raise ValidationError({"reference": _("Another payment with this reference is already registered.")})
    return known


@transaction.atomic
def record_payment(
    invoice, *, amount, received_on, method=Payment.Method.TRANSFER, reference="", payer="", note="", bank_fee=None,
    proof=None, by,
):  # fmt: skip
    """Note money received for an invoice. Finance confirms it in the same act; from sales it is a claim to confirm."""
    authorize(by, "billing.record_payment_invoice", invoice)
    invoice.refresh_from_db()
    require(invoice, "record_payment")
    payment = Payment(
        invoice=invoice, customer=invoice.customer, amount=amount, currency=invoice.currency, method=method,
        received_on=received_on, reference=reference, payer=payer, note=note, bank_fee=bank_fee or money.ZERO,
    )  # fmt: skip
    payment = register_payment(payment, proof=proof, by=by)
    if access.allows(by, "billing.confirm_payment", payment) and payment.status == Payment.Status.REGISTERED:
        confirm(payment, by=by)
    invoice.forget_balance()
    return payment


@transaction.atomic
def confirm(payment, *, by):
    """Mark money as received, once. It pays the invoice it was meant for, as far as that is still owed; the rest stays
    as the customer's credit."""
    authorize(by, "billing.confirm_payment", payment)
    locked(payment)
    if payment.status == Payment.Status.CONFIRMED:
        return payment
    require(payment, "confirm")
    refuse_closed(payment.received_on, "received_on")
    event = advance(payment, "confirm", by=by)
    ledger.post_receipt(payment, by=by, event=event)
    if payment.invoice_id:
        _pay_what_it_was_meant_for(payment, by, event)
    _tell_owner(payment, by)
    return payment


def _pay_what_it_was_meant_for(payment, by, event):
    """As much of the invoice as the payment is worth and the invoice is owed."""
    invoice = locked(Invoice.objects.get(pk=payment.invoice_id))
    amount, paid = allocations.in_invoices_currency(payment, invoice, payment.available), payment.available
    if amount > invoice.outstanding:
        amount = invoice.outstanding
        paid = min(allocations.in_payments_currency(payment, invoice, amount), paid)
    if amount > 0 and paid > 0:
        allocations.write(payment, invoice, amount, paid, payment.received_on, by=by, event=event)


def _tell_owner(payment, by):
    if payment.owner and payment.owner != by:
        text = gettext_noop("%(who)s confirmed the payment %(payment)s of %(customer)s")
        work.notify(
            payment.owner, text, url=payment.get_absolute_url(), who=str(by), payment=str(payment),
            customer=str(payment.customer),
        )  # fmt: skip


@transaction.atomic
def allocate(payment, *, invoice, amount, paid=None, by):
    """Let a part of a payment pay `amount` of an invoice of the same customer, never more than either side has left.
    Where their currencies differ, `paid` of the payment settles it; by default at the rates of the day it came in."""
    authorize(by, "billing.allocate_payment", payment)
    locked(payment)
    require(payment, "allocate")
    invoice = locked(Invoice.objects.get(pk=invoice.pk))
    if paid is None or invoice.currency == payment.currency:
        paid = allocations.in_payments_currency(payment, invoice, amount)
    _refuse_allocation(payment, invoice, amount, paid)
    if payment.case_id is None:
        payment.case = invoice.case
        payment.save(update_fields=["case", "updated_at"])
    event = advance(payment, "allocate", by=by, data={"amount": str(amount), "text": f"{invoice} · {amount}"})
    allocations.write(payment, invoice, amount, paid, payment.received_on, by=by, event=event)
    return payment


def _refuse_allocation(payment, invoice, amount, paid):
    if invoice.customer_id != payment.customer_id:
        raise ValidationError({"invoice": _("This invoice belongs to another customer.")})
    if amount <= 0 or paid <= 0:
        raise ValidationError({"amount": _("Give an amount above zero.")})
    if paid > payment.available:
        raise ValidationError({"amount": _("Only %(left)s of the payment is left.") % {"left": payment.available}})
    if amount > invoice.outstanding:
        raise ValidationError({"amount": _("Only %(left)s of the invoice is owed.") % {"left": invoice.outstanding}})


@transaction.atomic
def unconfirm(payment, *, by):
    """Make a payment confirmed by mistake the claim again that it was; what it paid is owed again, as of the day it was
    received."""
    authorize(by, "billing.unconfirm_payment", payment)
    locked(payment)
    require(payment, "unconfirm")
    refuse_closed(payment.received_on)
    _refuse_refunded(payment)
    _hold_paid(payment)
    payment.refund_asked = money.ZERO
    payment.save(update_fields=["refund_asked", "updated_at"])
    event = advance(payment, "unconfirm", by=by)
    _take_back(payment, payment.received_on, LedgerEntry.Kind.REVERSAL, by, event)
    return payment


@transaction.atomic
def deallocate(payment, *, invoice, reason="", by):
    """Undo what the payment pays of an invoice: it is owed again, and the money is the customer's credit."""
    authorize(by, "billing.deallocate_payment", payment)
    locked(payment)
    require(payment, "deallocate")
    invoice = locked(Invoice.objects.get(pk=invoice.pk))
    amount, paid = allocations.paid_to(payment).get(invoice.pk, (money.ZERO, money.ZERO))
    if not amount:
        raise ValidationError({"invoice": _("This payment pays nothing of the invoice.")})
    data = {"amount": str(amount), "text": f"{invoice} · {amount}"}
    event = advance(payment, "deallocate", by=by, reason=reason, data=data)
    allocations.write(payment, invoice, -amount, -paid, clock.today(), by=by, event=event)
    return payment


@transaction.atomic
def bounce(payment, *, reason, happened_on=None, fee_returned=False, by):
    """The bank took the money back; what it paid is owed again. Its fee stays spent, unless the bank returned it."""
    authorize(by, "billing.bounce_payment", payment)
    return _undo(payment, "bounce", reason, happened_on, by, fee_returned=fee_returned or not payment.bank_fee)


@transaction.atomic
def reverse_payment(payment, *, reason, happened_on=None, by):
    """Take back a payment confirmed by mistake; what it paid is owed again."""
    authorize(by, "billing.reverse_payment", payment)
    return _undo(payment, "reverse", reason, happened_on, by)


def _undo(payment, verb, reason, day, by, *, fee_returned=True):
    locked(payment)
    require(payment, verb)
    day = day or clock.today()
    if not payment.received_on <= day <= clock.today():
        raise ValidationError({"happened_on": _("Give a day since the payment was received, not one in the future.")})
    refuse_closed(day, "happened_on")
    _refuse_refunded(payment)
    _hold_paid(payment)
    was_received = payment.status in Payment.RECEIVED
    payment.undone_on, payment.refund_asked = day, money.ZERO
    payment.save(update_fields=["undone_on", "refund_asked", "updated_at"])
    data = {"fee_returned": fee_returned} if payment.bank_fee else None
    event = advance(payment, verb, by=by, reason=reason, data=data)
    if was_received:
        _take_back(payment, day, UNDONE[verb], by, event, fee_returned=fee_returned)
    return payment


def _refuse_refunded(payment):
    if payment.refunds.exists():
        raise ValidationError(_("A part of this payment was refunded already."))


def _hold_paid(payment):
    for invoice in Invoice.objects.filter(pk__in=allocations.paid_to(payment)).order_by("pk"):
        locked(invoice)


def _take_back(payment, day, kind, by, event, *, fee_returned=True):
    """The negative of each row still in force, as it is now that the invoices are held, and of the receipt."""
    sums = allocations.paid_to(payment)
    invoices = Invoice.objects.in_bulk(sums)
    for key, (amount, paid) in sums.items():
        allocations.write(payment, invoices[key], -amount, -paid, day, by=by, event=event)
    ledger.post_undone(kind, payment, fee_returned=fee_returned, day=day, by=by, event=event)
