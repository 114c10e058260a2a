"""The only way a signed contract's amounts change: an amendment, with its own review."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from contracts.models import Amendment, AmendmentLine, ContractLine
from contracts.services import orders, plans
from contracts.services.documents import LINE_FIELDS, copied, open_for_writing, stand_on, tell
from crm import clock, money, records
from crm.access import SYSTEM, authorize, refuse_own
from crm.transitions import advance, locked, require


@transaction.atomic
def amend(contract, *, reason, by):
    """Begin to change a signed contract: an amendment with its present lines. One at a time."""
    authorize(by, "contracts.amend_contract", contract)
    locked(contract)
    require(contract, "amend")
    if known := contract.amendments.filter(status__in=Amendment.OPEN).first():
        return known
    return save_amendment(Amendment(contract=contract, reason=reason), by=by)


@transaction.atomic
def save_amendment(amendment, *, lines=None, by, seen=None):
    """Create an amendment or change its draft; what it adds or takes off follows from its lines."""
    contract = locked(amendment.contract)
    stand_on(amendment, contract)
    stored = open_for_writing(amendment, by, Amendment.Status.DRAFT)
    if stored is None:
        require(contract, "amend")
        amendment.currency, amendment.rate = contract.currency, contract.rate
        if lines is None:
            lines = [copied(line, AmendmentLine(), contract_line=line) for line in contract.lines.all()]
    records.save(amendment, by=by, seen=seen, lines=lines)
    if lines is not None:
        records.set_lines(amendment, lines)
    _note_difference(amendment, contract)
    return amendment


def _note_difference(amendment, contract):
    amendment.delta = amendment.gross - contract.gross
    amendment.delta_net = amendment.net - contract.net
    amendment.save(update_fields=["delta", "delta_net", "updated_at"])


@transaction.atomic
def submit(amendment, *, by):
    """Hand the amendment to finance for review."""
    authorize(by, "contracts.submit_amendment", amendment)
    locked(amendment)
    require(amendment, "submit")
    if not amendment.lines.exists():
        raise ValidationError(_("An amendment needs at least one line. To end a contract, terminate it."))
    amendment.submitted_by = by if by.pk else None
    amendment.save(update_fields=["submitted_by", "updated_at"])
    advance(amendment, "submit", by=by)
    return amendment


@transaction.atomic
def return_(amendment, *, reason, by):
    """Finance sends the amendment back to be changed, and says why."""
    authorize(by, "contracts.return_amendment", amendment)
    locked(amendment)
    advance(amendment, "return", by=by, reason=reason)
    _tell_sales(amendment, gettext_noop("%(who)s returned the amendment %(amendment)s"), by)
    return amendment


@transaction.atomic
def withdraw(amendment, *, reason, by):
    """Give an amendment up; the contract stays as it is."""
    authorize(by, "contracts.withdraw_amendment", amendment)
    locked(amendment)
    advance(amendment, "withdraw", by=by, reason=reason)
    return amendment


@transaction.atomic
def approve(amendment, *, by):
    """Let the amendment count from today: the contract takes its lines, the plan and the orders follow."""
    authorize(by, "contracts.approve_amendment", amendment)
    contract = locked(amendment.contract)
    locked(amendment)
    require(amendment, "approve")
    refuse_own(by, amendment.submitted_by)
    require(contract, "amend")
    before = [as_data(line) for line in contract.lines.all()]
    _note_difference(amendment, contract)
    _replace_lines(contract, amendment)
    plans.adjust(contract, amendment.delta, label=amendment.number, due_on=amendment.due_on)
    amendment.approved_on = clock.today()
    amendment.save(update_fields=["approved_on", "updated_at"])
    advance(amendment, "approve", by=by)
    advance(contract, "amend", by=by, reason=amendment.reason, data=_change(amendment, before))
    orders.draft_rest(contract, by=SYSTEM)
    _tell_sales(amendment, gettext_noop("%(who)s approved the amendment %(amendment)s"), by)
    return amendment


def as_data(line):
    """A line as the event log keeps it."""
    return {field: None if (value := getattr(line, field)) is None else str(value) for field in LINE_FIELDS}


def _change(amendment, before):
    return {
        "amendment": amendment.pk,
        "delta": str(amendment.delta),
        "delta_net": str(amendment.delta_net),
        "lines_before": before,
    }


def _replace_lines(contract, amendment):
    invoiced = _invoiced(contract)
    if amendment.gross < invoiced:
        raise ValidationError(_("More than the new total is invoiced already."))
    lines = [copied(line, line.contract_line or ContractLine(contract=contract)) for line in amendment.lines.all()]
    _refuse_below_ordered(contract, lines)
    records.set_lines(contract, lines)


def _invoiced(contract):
    """The gross of all invoices asked for or issued that still stand."""
    dead = (contract.invoices.model.Status.VOID, contract.invoices.model.Status.REVERSED)
    return sum(contract.invoices.exclude(status__in=dead).values_list("gross", flat=True), money.ZERO)


def _refuse_below_ordered(contract, lines):
    """What a confirmed order holds is promised; it cannot be taken out of the contract."""
    kept = {line.pk: line.quantity for line in lines if line.pk}
    ordered = orders.ordered(contract, drafts=False)
    for line in ContractLine.objects.filter(pk__in=ordered):
        if kept.get(line.pk, 0) < ordered[line.pk]:
            raise ValidationError(
                _("%(what)s: confirmed orders already hold %(quantity)s of it."),
                params={"what": line, "quantity": ordered[line.pk].normalize()},
            )


def _tell_sales(amendment, text, by):
    tell(amendment, [amendment.owner, amendment.submitted_by], text, by, amendment=amendment.number)
