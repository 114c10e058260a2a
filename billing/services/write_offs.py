"""Giving up what will not be paid: finance asks, a manager approves; paid after all, it is owed again."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from billing.models import Invoice, LedgerEntry, WriteOff
from billing.services import ledger
from crm import clock, records, work
from crm.access import authorize, refuse_own
from crm.transitions import advance, locked, require


@transaction.atomic
def ask_write_off(invoice, *, reason, amount=None, by):
    """Ask to give up what is outstanding on an invoice, or a part of it. A manager decides."""
    authorize(by, "billing.write_off_invoice", invoice)
    locked(invoice)
    require(invoice, "write_off")
    if invoice.write_offs.filter(status=WriteOff.Status.ASKED).exists():
        raise ValidationError(_("A write-off of this invoice already waits for approval."))
    amount = invoice.outstanding if amount is None else amount
    _refuse_beyond(invoice, amount)
    write_off = WriteOff(
        invoice=invoice, amount=amount, reason=reason[:500], customer=invoice.customer, owner=invoice.owner,
        case=invoice.case, submitted_by=by if by.pk else None,
    )  # fmt: skip
    advance(invoice, "write_off", by=by, reason=reason, data={"amount": str(amount), "text": str(amount)})
    return records.save(write_off, by=by)


def _refuse_beyond(invoice, amount):
    if amount <= 0:
        raise ValidationError({"amount": _("Give an amount above zero.")})
    if amount > invoice.outstanding:
        raise ValidationError({"amount": _("Only %(left)s of the invoice is owed.") % {"left": invoice.outstanding}})


@transaction.atomic
def approve_write_off(write_off, *, by):
    """Take the amount off what is owed, as a bad debt of today. Nobody approves what they asked for."""
    authorize(by, "billing.approve_writeoff", write_off)
    invoice = locked(Invoice.objects.get(pk=write_off.invoice_id))
    locked(write_off)
    require(write_off, "approve")
    refuse_own(by, write_off.submitted_by)
    require(invoice, "write_off")
    _refuse_beyond(invoice, write_off.amount)
    write_off.written_off_on = clock.today()
    event = _decide(write_off, "approve", by)
    kind = LedgerEntry.Kind.WRITE_OFF
    ledger.post_write_off(kind, invoice, write_off.amount, day=write_off.written_off_on, by=by, event=event)
    _tell(write_off, gettext_noop("%(who)s approved the write-off of %(invoice)s"), by)
    return write_off


@transaction.atomic
def decline_write_off(write_off, *, reason, by):
    """Refuse the write-off; the invoice stays owed."""
    authorize(by, "billing.decline_writeoff", write_off)
    locked(write_off)
    require(write_off, "decline")
    _decide(write_off, "decline", by, reason)
    _tell(write_off, gettext_noop("%(who)s declined the write-off of %(invoice)s"), by)
    return write_off


@transaction.atomic
def reverse_write_off(write_off, *, reason, by):
    """The customer pays after all: what was given up is owed again from today."""
    authorize(by, "billing.reverse_writeoff", write_off)
    invoice = locked(Invoice.objects.get(pk=write_off.invoice_id))
    locked(write_off)
    require(write_off, "reverse")
    if invoice.status not in Invoice.OWED:
        raise ValidationError(_("The invoice was taken back; nothing is owed on it any more."))
    write_off.reversed_on = clock.today()
    write_off.save(update_fields=["reversed_on", "updated_at"])
    event = advance(write_off, "reverse", by=by, reason=reason)
    kind = LedgerEntry.Kind.RECOVERY
    ledger.post_write_off(kind, invoice, -write_off.amount, day=write_off.reversed_on, by=by, event=event)
    return write_off


def _decide(write_off, verb, by, reason=""):
    write_off.decided_by = by if by.pk else None
    write_off.save(update_fields=["decided_by", "written_off_on", "updated_at"])
    return advance(write_off, verb, by=by, reason=reason)


def _tell(write_off, text, by):
    work.notify(
        write_off.submitted_by, text, url=write_off.get_absolute_url(), who=str(by), invoice=str(write_off.invoice)
    )
