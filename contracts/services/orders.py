"""What can be done with an order. Its lines take quantities of the contract's lines, at the contract's prices."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from contracts.models import Contract, Delivery, Order, OrderLine
from contracts.services.documents import copied, open_for_writing, stand_on, tell
from contracts.signals import order_accepted, order_confirming
from crm import records
from crm.access import SYSTEM, authorize
from crm.transitions import advance, locked, require


def ordered(contract, *, besides=None, drafts=True):
    """{contract line's key: quantity taken by orders that are not cancelled}."""
    skipped = [Order.Status.CANCELLED] if drafts else [Order.Status.CANCELLED, Order.Status.DRAFT]
    lines = OrderLine.objects.filter(order__contract=contract, contract_line__isnull=False)
    if besides is not None and besides.pk:
        lines = lines.exclude(order=besides)
    rows = lines.exclude(order__status__in=skipped).order_by().values_list("contract_line")
    return dict(rows.annotate(taken=Sum("quantity")))


def rest_of(contract, *, besides=None):
    """What no order takes yet: [(contract line, quantity)]."""
    taken = ordered(contract, besides=besides)
    left = [(line, line.quantity - taken.get(line.pk, 0)) for line in contract.lines.select_related("product")]
    return [(line, quantity) for line, quantity in left if quantity > 0]


@transaction.atomic
def save_order(order, *, lines=None, by, seen=None):
    """Create an order or change its draft. Without lines, a new order takes all that the contract has left."""
    contract = locked(Contract.objects.get(pk=order.contract_id))
    stand_on(order, contract)
    stored = open_for_writing(order, by, Order.Status.DRAFT)
    if stored is None:
        _require_signed(contract)
        order.promised_on = order.promised_on or contract.promised_on
    elif stored.contract_id != contract.pk:
        raise ValidationError({"contract": _("An order stays with its contract.")})
    order.currency, order.rate = contract.currency, contract.rate
    if stored is None and lines is None:
        lines = _all_the_rest(contract)
    if lines is not None:
        lines = _priced(order, contract, lines)
    records.save(order, by=by, seen=seen, lines=lines)
    if lines is not None:
        records.set_lines(order, lines)
    return order


def _require_signed(contract):
    if contract.status != Contract.Status.SIGNED:
        raise ValidationError({"contract": _("Orders need a signed contract.")})


def _all_the_rest(contract):
    rest = rest_of(contract)
    if not rest:
        raise ValidationError({"contract": _("Everything in this contract has been ordered already.")})
    return [OrderLine(contract_line=line, quantity=quantity) for line, quantity in rest]


def _priced(order, contract, lines):
    """The lines with the contract's prices; together they may not take more than the contract has left."""
    taken = ordered(contract, besides=order)
    offered = {line.pk: line for line in contract.lines.all()}
    left = {key: line.quantity - taken.get(key, 0) for key, line in offered.items()}
    for line in lines:
        key = line.contract_line_id
        if key is None and line.pk:
            continue  # brought in from elsewhere, without a line in the contract
        if key not in offered:
            raise ValidationError(_("An order takes lines of its own contract only."))
        if line.quantity > left[key]:
            raise ValidationError(
                _("%(what)s: only %(left)s left in the contract."),
                params={"what": offered[key], "left": f"{left[key].normalize():f}"},
            )
        left[key] -= line.quantity
        copied(offered[key], line, quantity=line.quantity)
    return lines


def draft_rest(contract, *, by):
    """See that one draft takes what the contract holds and no confirmed order takes yet."""
    draft, *others = [*contract.orders.filter(status=Order.Status.DRAFT).order_by("pk"), None]
    for other in filter(None, others):
        _drop(other)
    rest = rest_of(contract, besides=draft)
    if not rest:
        return _drop(draft) if draft else None
    lines = [OrderLine(contract_line=line, quantity=quantity) for line, quantity in rest]
    return save_order(draft or Order(contract=contract), lines=lines, by=by)


def _drop(draft, reason=""):
    advance(draft, "cancel", by=SYSTEM, reason=reason)


@transaction.atomic
def confirm(order, *, by):
    """Release the order to operations. It needs a signed contract."""
    authorize(by, "contracts.confirm_order", order)
    _require_signed(locked(order.contract))
    locked(order)
    require(order, "confirm")
    if not order.lines.exists():
        raise ValidationError(_("An order needs at least one line."))
    order_confirming.send(Order, order=order)
    advance(order, "confirm", by=by)
    return order


@transaction.atomic
def start(order, *, by):
    """Operations begin to fulfil the order."""
    authorize(by, "contracts.start_order", order)
    locked(order)
    advance(order, "start", by=by)
    return order


@transaction.atomic
def hold(order, *, reason, by):
    """Stop work on the order for a while; its owner is told why."""
    authorize(by, "contracts.hold_order", order)
    _hold(locked(order), reason=reason, by=by)
    tell(order, [order.owner], gettext_noop("%(who)s put the order %(order)s on hold"), by, order=order.number)
    return order


def _hold(order, *, reason, by):
    held_from = order.status
    advance(order, "hold", by=by, reason=reason)
    order.held_from = held_from
    order.save(update_fields=["held_from", "updated_at"])


@transaction.atomic
def resume(order, *, by):
    """Go on where the order was put on hold."""
    authorize(by, "contracts.resume_order", order)
    contract = locked(order.contract)
    locked(order)
    require(order, "resume")
    _require_signed(contract)
    advance(order, "resume", by=by, to=order.held_from or Order.Status.CONFIRMED)
    follow_deliveries(order)
    return order


@transaction.atomic
def complete(order, *, by):
    """The customer has accepted everything and nothing is left to do."""
    authorize(by, "contracts.complete_order", order)
    locked(order)
    advance(order, "complete", by=by)
    return order


@transaction.atomic
def cancel(order, *, reason, by):
    """Call an order off, before anything of it is shipped or invoiced; planned deliveries go with it."""
    authorize(by, "contracts.cancel_order", order)
    locked(order)
    require(order, "cancel")
    if order.deliveries.filter(status__in=(Delivery.Status.SHIPPED, *Delivery.ARRIVED)).exists():
        raise ValidationError(_("Part of this order is on its way or delivered; it can no longer be cancelled."))
    status = order.invoices.model.Status
    if order.invoices.exclude(status__in=(status.VOID, status.REVERSED)).exists():
        raise ValidationError(_("This order is invoiced; it can no longer be cancelled."))
    for delivery in order.deliveries.filter(status=Delivery.Status.PLANNED):
        advance(delivery, "cancel", by=SYSTEM, reason=reason)
    advance(order, "cancel", by=by, reason=reason)
    return order


def stop_all(contract, *, reason):
    """After the contract has ended: drafts are cancelled, running orders wait on hold for a decision."""
    for order in contract.orders.filter(status=Order.Status.DRAFT):
        _drop(order, reason)
    for order in contract.orders.filter(status__in=Order.RUNNING):
        _hold(order, reason=reason, by=SYSTEM)


def follow_deliveries(order, *, occurred_at=None):
    """Move the order as its deliveries go: delivered, accepted by the customer, or open again after a return."""
    Status = Order.Status
    arrived = all(line.delivered >= line.quantity for line in order.lines.with_delivered())
    if order.status == Status.IN_FULFILMENT and arrived:
        advance(order, "deliver", by=SYSTEM, occurred_at=occurred_at)
    elif order.status == Status.DELIVERED and not arrived:
        advance(order, "reopen", by=SYSTEM, occurred_at=occurred_at)
    waiting = order.deliveries.filter(status__in=Delivery.LIVING).exclude(status=Delivery.Status.ACCEPTED)
    if order.status == Status.DELIVERED and not waiting.exists():
        advance(order, "accept", by=SYSTEM, occurred_at=occurred_at)
        order_accepted.send(Order, order=order, by=SYSTEM)
