"""Taking invoices back, in part or whole."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from billing.models import CreditNote, Invoice
from billing.services import ledger
from billing.services.allocations import hold_payers, release
from billing.services.numbers import give_number
from billing.services.periods import refuse_closed
from crm import clock, money, records, search
from crm.access import authorize
from crm.transitions import advance, locked, require


@transaction.atomic
def save_credit_note(note, *, by, seen=None):
    """Draft a credit note over a part of an issued invoice, never more than is left of it."""
    if note.pk and CreditNote.objects.get(pk=note.pk).status != CreditNote.Status.DRAFT:
        raise PermissionDenied(_("An issued credit note stays as it is."))
    if note.invoice_id is None:
        raise ValidationError({"invoice": _("Say which invoice is credited.")})
    invoice = Invoice.objects.select_for_update(of=("self",)).get(pk=note.invoice_id)
    if note._state.adding:
        note.owner, note.customer, note.case = invoice.owner, invoice.customer, invoice.case
    _split_tax(note, invoice)
    return records.save(note, by=by, seen=seen)


def _split_tax(note, invoice):
    """Set net and tax in the proportion of the invoice; the note that takes the rest takes the rest of the tax."""
    require(invoice, "reverse")
    left, tax_left = creditable(invoice)
    invoice.read_balance()
    if note.amount is not None and left - invoice.written_off < note.amount <= left:
        raise ValidationError({"amount": _("A part of this invoice was written off; take the write-off back first.")})
    if note.amount is None or note.amount > left:
        raise ValidationError({"amount": _("At most %(left)s is left to credit.") % {"left": left}})
    share = money.rounded(invoice.tax * note.amount / invoice.gross, invoice.currency)
    note.tax = tax_left if note.amount == left else min(share, tax_left)
    note.net = note.amount - note.tax


def creditable(invoice):
    """(amount, tax) of the invoice that no effective credit note has taken back yet."""
    taken = invoice.credit_notes.effective().aggregate(amount=Sum("amount"), tax=Sum("tax"))
    return invoice.gross - (taken["amount"] or 0), invoice.tax - (taken["tax"] or 0)


@transaction.atomic
def issue_credit_note(note, *, by):
    """Number the credit note and take its amount off the invoice. What was paid beyond the rest becomes the customer's
    credit again; an invoice taken back in full is reversed."""
    authorize(by, "billing.issue_creditnote", note)
    locked(note)
    require(note, "issue")
    invoice = Invoice.objects.get(pk=note.invoice_id)
    payers = hold_payers(invoice)
    locked(invoice)
    _split_tax(note, invoice)
    today = clock.today()
    refuse_closed(today)
    note.issued_on = today
    give_number(note, today)
    note.save()
    search.index(note)
    invoice.read_balance()
    event = advance(note, "issue", by=by, data={"issued_number": note.issued_number})
    beyond = max(note.amount - invoice.balance, money.ZERO)
    release(invoice, beyond, today, by=by, event=event, payers=payers)
    ledger.post_credit_note(note, invoice, by=by, event=event)
    invoice.forget_balance()
    if creditable(invoice)[0] == 0:
        advance(invoice, "reverse", by=by, reason=note.reason)
    return note


@transaction.atomic
def reverse_invoice(invoice, *, reason, by):
    """Take back all that is left of an issued invoice by a credit note (红冲)."""
    authorize(by, "billing.reverse_invoice", invoice)
    locked(invoice)
    require(invoice, "reverse")
    note = CreditNote(invoice=invoice, amount=creditable(invoice)[0], reason=reason[:300])
    note = issue_credit_note(save_credit_note(note, by=by), by=by)
    invoice.refresh_from_db()
    return note
