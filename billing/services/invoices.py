"""Requesting, approving, issuing and voiding invoices."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from billing.models import Invoice
from billing.services import billable, ledger
from billing.services.numbers import give_number
from billing.services.periods import refuse_closed
from contracts.models import Contract, Instalment
from crm import access, clock, money, records, search, work
from crm.access import authorize, refuse_own
from crm.models import Company
from crm.transitions import advance, locked, require


def request_invoice(*, by, contract=None, instalment=None, order=None, **details):
    """Ask finance to bill a contract, an instalment of its plan, or what an order has delivered."""
    return save_invoice(Invoice(contract=contract, instalment=instalment, order=order, **details), by=by)


@transaction.atomic
def save_invoice(invoice, *, lines=None, by, seen=None):
    """Request an invoice, or change the request. Without lines they are taken from what it is for. All invoices of a
    contract together never exceed it."""
    adding = invoice._state.adding
    if adding:
        belong(invoice, by)
    else:
        _require_request(Invoice.objects.select_for_update().get(pk=invoice.pk))
    contract = _locked_contract(invoice)
    _require_binding(contract)
    if adding and lines is None:
        lines = billable.lines_for(invoice)
    if adding and not lines:
        raise ValidationError(_("An invoice needs at least one line."))
    if adding:
        invoice.submitted_by = by if by.pk else None
    invoice.returned_reason = ""
    before = (invoice.net, invoice.tax)
    records.save(invoice, by=by, seen=seen, lines=lines)
    if lines is not None:
        _set_lines(invoice, lines, by=by, before=before)
    _refuse_over_contract(invoice, contract)
    return invoice


def belong(invoice, by):
    """Take customer, owner, case and currency from the contract; the rate is today's."""
    if invoice.order:
        invoice.contract = invoice.order.contract
    if invoice.instalment:
        invoice.contract = invoice.contract or invoice.instalment.contract
    contract = invoice.contract
    if contract:
        invoice.customer, invoice.owner, invoice.case = contract.customer, contract.owner, contract.case
        invoice.currency = contract.currency
    elif invoice.customer:
        invoice.owner = invoice.customer.owner or invoice.owner
    if invoice.customer:
        invoice.billing_title = invoice.billing_title or invoice.customer.billing_titles.first()
    if invoice.owner is None and by.pk:
        invoice.owner = by
    invoice.rate = money.rate_to_base(invoice.currency, clock.today())


def _require_request(invoice):
    if invoice.status != Invoice.Status.DRAFT:
        raise PermissionDenied(_("Only a request can be changed; an approved or issued invoice stays as it is."))


def _locked_contract(invoice):
    """The contract with its row held, so that two requests at once cannot both take the rest."""
    if invoice.contract_id is None:
        return None
    return Contract.objects.select_for_update(of=("self",)).get(pk=invoice.contract_id)


def _require_binding(contract):
    if contract is not None and contract.status not in Contract.BINDING:
        raise ValidationError({"contract": _("Only a signed contract can be invoiced.")})


def _set_lines(invoice, lines, *, by, before):
    if not lines:
        raise ValidationError(_("An invoice needs at least one line."))
    for line in lines:
        if line.order_line and line.order_line.order_id != invoice.order_id:
            line.order_line = None
    records.set_lines(invoice, lines)
    if invoice.gross <= 0:
        raise ValidationError(_("An invoice needs an amount."))
    if before != (invoice.net, invoice.tax) and by.pk:
        invoice.submitted_by = by
        invoice.save(update_fields=["submitted_by"])


def _refuse_over_contract(invoice, contract):
    if contract is None:
        return
    over = billable.invoiced(contract.invoices.all()) - contract.gross
    if over > 0:
        raise ValidationError(
            _("With this invoice %(over)s %(currency)s more than the contract's total would be invoiced."),
            params={"over": over, "currency": contract.currency},
        )


@transaction.atomic
def approve_invoice(invoice, *, by):
    """Find a request right. Nobody approves what they requested."""
    authorize(by, "billing.approve_invoice", invoice)
    locked(invoice)
    require(invoice, "approve")
    refuse_own(by, invoice.submitted_by)
    if not invoice.lines.exists():
        raise ValidationError(_("An invoice needs at least one line."))
    _refuse_over_contract(invoice, _locked_contract(invoice))
    if invoice.returned_reason:
        invoice.returned_reason = ""
        invoice.save(update_fields=["returned_reason", "updated_at"])
    advance(invoice, "approve", by=by)
    return invoice


@transaction.atomic
def return_invoice(invoice, *, reason, by):
    """Give a request back with the reason; who requested it is told."""
    authorize(by, "billing.return_invoice", invoice)
    locked(invoice)
    advance(invoice, "return", by=by, reason=reason)
    invoice.returned_reason = reason[:500]
    invoice.save(update_fields=["returned_reason", "updated_at"])
    text = gettext_noop("%(who)s returned the invoice request %(invoice)s")
    work.notify(
        invoice.submitted_by or invoice.owner, text, url=invoice.get_absolute_url(), who=str(by), invoice=str(invoice)
    )
    return invoice


@transaction.atomic
def issue_invoice(invoice, *, by):
    """Give the invoice its number and day, and keep the buyer as of now. From here on it never changes."""
    authorize(by, "billing.issue_invoice", invoice)
    locked(invoice)
    require(invoice, "issue")
    _refuse_over_contract(invoice, _locked_contract(invoice))
    today = clock.today()
    refuse_closed(today)
    invoice.rate = money.rate_to_base(invoice.currency, today)
    invoice.issued_on = today
    invoice.due_on = max(invoice.due_on or today + timedelta(days=Company.current().payment_days), today)
    invoice.buyer = _buyer(invoice)
    give_number(invoice, today)
    invoice.save()
    search.index(invoice)
    event = advance(invoice, "issue", by=by, data={"issued_number": invoice.issued_number})
    ledger.post_invoice(invoice, by=by, event=event)
    return invoice


@transaction.atomic
def note_tax_number(invoice, *, number, code="", by):
    """Keep the number the tax authority's platform gave the invoice. One number belongs to one invoice."""
    authorize(by, "billing.note_tax_number_invoice", invoice)
    locked(invoice)
    require(invoice, "note_tax_number")
    if (invoice.tax_invoice_number, invoice.tax_invoice_code) == (number, code):
        return invoice
    taken = Invoice.objects.filter(tax_invoice_number=number, tax_invoice_code=code).exclude(pk=invoice.pk).first()
    if taken:
        raise ValidationError({"number": _("Invoice %(invoice)s has this number.") % {"invoice": taken}})
    invoice.tax_invoice_number, invoice.tax_invoice_code = number, code
    invoice.save(update_fields=["tax_invoice_number", "tax_invoice_code", "updated_at"])
    search.index(invoice)
    advance(invoice, "note_tax_number", by=by, data={"text": " ".join(filter(None, [code, number]))})
    return invoice


def _buyer(invoice):
    """The billing title as it is on this day; without one, the customer's own name."""
    title = invoice.billing_title or invoice.customer.billing_titles.first()
    if title is None:
        return {"title": invoice.customer.name, "address": invoice.customer.address}
    return {
        "title": title.title,
        "tax_number": title.tax_number,
        "address": title.address,
        "bank_account": title.bank_account,
    }


@transaction.atomic
def void_invoice(invoice, *, reason, by):
    """Cancel a request, or an unpaid invoice within the month of its issue; later only a credit note takes it back."""
    authorize(by, "billing.void_invoice", invoice)
    locked(invoice)
    require(invoice, "void")
    was_owed = invoice.status in Invoice.OWED
    if was_owed:
        _refuse_void(invoice)
        invoice.voided_on = clock.today()
        invoice.save(update_fields=["voided_on", "updated_at"])
    event = advance(invoice, "void", by=by, reason=reason)
    if was_owed:
        ledger.post_void(invoice, by=by, event=event)
    return invoice


def _refuse_void(invoice):
    today = clock.today()
    if invoice.outstanding != invoice.gross:
        raise ValidationError(_("Something was paid or credited on this invoice; reverse it by a credit note."))
    if invoice.write_offs.filter(status="asked").exists():
        raise ValidationError(_("A write-off of this invoice already waits for approval."))
    if (invoice.issued_on.year, invoice.issued_on.month) != (today.year, today.month):
        raise ValidationError(_("This invoice is from an earlier period; reverse it by a credit note."))
    refuse_closed(invoice.issued_on)


def request_due(contract=None, *, by=access.SYSTEM):
    """Request the invoices of the instalments that fall due within the reminder time and have none yet."""
    until = clock.today() + timedelta(days=Company.current().reminder_days)
    due = Instalment.objects.filter(due_on__lte=until, contract__status__in=Contract.BINDING)
    due = due.exclude(invoices__in=Invoice.objects.counted()).select_related("contract__customer", "contract__owner")
    asked = [_request(instalment, by) for instalment in (due.filter(contract=contract) if contract else due)]
    return [invoice for invoice in asked if invoice]


@transaction.atomic
def _request(instalment, by):
    """One instalment's invoice; None where meanwhile it has one, or the contract was billed otherwise."""
    Contract.objects.select_for_update(of=("self",)).get(pk=instalment.contract_id)
    if instalment.invoices.counted().exists():
        return None
    left = instalment.contract.gross - billable.invoiced(instalment.contract.invoices.all())
    if left < instalment.amount:
        return None
    return request_invoice(contract=instalment.contract, instalment=instalment, due_on=instalment.due_on, by=by)
