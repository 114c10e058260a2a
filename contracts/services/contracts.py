"""From draft to closed: what can be done with a contract."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from contracts.models import Contract, ContractLine, Order
from contracts.services import orders, plans
from contracts.services.documents import copied, moment_of, open_for_writing, refuse_future, tell
from contracts.signals import contract_signed
from crm import clock, money, records, work
from crm.access import SYSTEM, authorize, refuse_own
from crm.transitions import advance, locked, require
from opportunities import services as opportunities


@transaction.atomic
def draft_from_quote(quote, *, by):
    """Draft the contract for an accepted quote: its lines one to one, and the usual payment plan. Once per quote."""
    authorize(by, "opportunities.draft_contract_quote", quote)
    locked(quote)
    if known := Contract.objects.filter(quote=quote).first():
        return known
    require(quote, "draft_contract")
    contract = Contract(
        quote=quote,
        opportunity=quote.opportunity,
        title=quote.opportunity.name,
        contact=quote.contact,
        owner=quote.opportunity.owner or quote.owner,
        currency=quote.currency,
        terms=quote.terms,
    )
    save_contract(contract, lines=[copied(line, ContractLine()) for line in quote.lines.all()], by=by)
    advance(quote, "draft_contract", by=by, data={"contract": contract.pk, "text": contract.number})
    return contract


@transaction.atomic
def save_contract(contract, *, lines=None, instalments=None, by, seen=None):
    """Create a contract or change its draft. A new one without a payment plan gets the usual one."""
    if contract.opportunity_id:
        contract.customer, contract.case = contract.opportunity.customer, contract.opportunity.case
    stored = open_for_writing(contract, by, Contract.Status.DRAFT)
    if contract.customer_id is None:
        raise ValidationError({"customer": _("Choose the customer.")})
    _freeze_rate(contract, stored)
    records.save(contract, by=by, seen=seen, lines=lines, instalments=instalments and plans.in_order(instalments))
    if lines is not None:
        records.set_lines(contract, lines)
    if instalments is None and stored is None:
        instalments = plans.usual_plan(contract)
    if instalments is not None:
        plans.set_plan(contract, instalments)
    return contract


def _freeze_rate(contract, stored):
    """The rate of the day the currency was chosen; a contract from a quote keeps the quote's."""
    if stored and stored.currency == contract.currency:
        return
    if contract.quote_id and contract.quote.currency == contract.currency:
        contract.rate = contract.quote.rate
    else:
        contract.rate = money.rate_to_base(contract.currency, clock.today())


@transaction.atomic
def submit(contract, *, by):
    """Hand a draft to finance for review. It needs lines and a payment plan that sums to the total."""
    authorize(by, "contracts.submit_contract", contract)
    locked(contract)
    require(contract, "submit")
    if not contract.lines.exists():
        raise ValidationError(_("A contract needs at least one line."))
    if wrong := plans.in_words(plans.missing(contract), contract.currency):
        raise ValidationError(wrong)
    contract.submitted_by = by if by.pk else None
    contract.save(update_fields=["submitted_by", "updated_at"])
    advance(contract, "submit", by=by)
    return contract


@transaction.atomic
def approve(contract, *, by):
    """Finance agrees to the terms; nobody approves what they submitted."""
    authorize(by, "contracts.approve_contract", contract)
    locked(contract)
    require(contract, "approve")
    refuse_own(by, contract.submitted_by)
    advance(contract, "approve", by=by)
    _tell_sales(contract, gettext_noop("%(who)s approved the contract %(contract)s"), by)
    return contract


@transaction.atomic
def return_(contract, *, reason, by):
    """Finance sends the contract back to be changed, and says why."""
    authorize(by, "contracts.return_contract", contract)
    locked(contract)
    advance(contract, "return", by=by, reason=reason)
    _tell_sales(contract, gettext_noop("%(who)s returned the contract %(contract)s"), by)
    return contract


def _tell_sales(contract, text, by):
    tell(contract, [contract.owner, contract.submitted_by], text, by, contract=contract.number)


@transaction.atomic
def sign(contract, *, signed_on, signed_copy=None, by):
    """Both sides have signed. This wins the opportunity and drafts the order."""
    authorize(by, "contracts.sign_contract", contract)
    locked(contract)
    require(contract, "sign")
    refuse_future(signed_on, "signed_on")
    if signed_copy:
        work.attach(contract, file=signed_copy, by=by)
    contract.signed_on = signed_on
    contract.save(update_fields=["signed_on", "updated_at"])
    advance(contract, "sign", by=by, occurred_at=moment_of(signed_on), data={"signed_on": str(signed_on)})
    _win(contract.opportunity)
    orders.draft_rest(contract, by=by)
    contract_signed.send(Contract, contract=contract, by=by)
    return contract


def _win(opportunity):
    """The deal is won, even where somebody had put it on hold."""
    if opportunity is None:
        return
    locked(opportunity)
    if opportunity.status in opportunity.MOVES["resume"].sources:
        opportunities.resume(opportunity, by=SYSTEM)
    if opportunity.status in opportunity.MOVES["win"].sources:
        opportunities.win(opportunity, by=SYSTEM)


@transaction.atomic
def fulfil(contract, *, by):
    """Everything agreed has been ordered, delivered and accepted."""
    authorize(by, "contracts.fulfil_contract", contract)
    locked(contract)
    require(contract, "fulfil")
    done = {Order.Status.ACCEPTED, Order.Status.COMPLETED, Order.Status.CANCELLED}
    states = set(contract.orders.values_list("status", flat=True))
    if states - done or not states - {Order.Status.CANCELLED}:
        raise ValidationError(_("The customer has not accepted every order of this contract yet."))
    if orders.rest_of(contract):
        raise ValidationError(_("Not everything in this contract has been ordered yet."))
    advance(contract, "fulfil", by=by)
    return contract


@transaction.atomic
def close(contract, *, by):
    """Finance closes the file once the whole total is invoiced and nothing is outstanding."""
    authorize(by, "contracts.close_contract", contract)
    locked(contract)
    require(contract, "close")
    owed = contract.invoices.filter(status__in=contract.invoices.model.OWED)
    if sum((invoice.gross for invoice in owed), money.ZERO) < contract.gross:
        raise ValidationError(_("The contract is not fully invoiced yet."))
    if any(invoice.outstanding > 0 for invoice in owed):
        raise ValidationError(_("Invoices of this contract are still outstanding."))
    advance(contract, "close", by=by)
    return contract


@transaction.atomic
def terminate(contract, *, reason, by):
    """End a signed contract early. Orders not begun are cancelled, running ones put on hold."""
    authorize(by, "contracts.terminate_contract", contract)
    locked(contract)
    amounts = {"net": str(contract.net), "gross": str(contract.gross)}
    advance(contract, "terminate", by=by, reason=reason, data=amounts)
    orders.stop_all(contract, reason=reason)
    tell(contract, [contract.owner], gettext_noop("%(who)s ended the contract %(contract)s early"), by,
         contract=contract.number)  # fmt: skip
    return contract


@transaction.atomic
def void(contract, *, reason, by):
    """Call off a contract nobody has signed. Its quote is free again for another contract."""
    authorize(by, "contracts.void_contract", contract)
    locked(contract)
    quote = contract.quote
    advance(contract, "void", by=by, reason=reason, data={"quote": quote.pk, "text": quote.number} if quote else None)
    contract.quote = None
    contract.save(update_fields=["quote", "updated_at"])
    return contract
