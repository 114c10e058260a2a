"""What can be done with a delivery. The order's row is locked first, so that rivals never plan the same goods."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from contracts.models import Delivery, DeliveryLine, Order
from contracts.services.documents import moment_of, open_for_writing, refuse_future, stand_on
from contracts.services.orders import follow_deliveries
from crm import clock, records
from crm.access import authorize
from crm.models import Product
from crm.transitions import advance, locked, require


@transaction.atomic
def save_delivery(delivery, *, lines=None, by, seen=None):
    """Plan a delivery or change the plan. Without lines, a new one takes all that is left of the order."""
    order = locked(Order.objects.get(pk=delivery.order_id))
    stand_on(delivery, order)
    stored = open_for_writing(delivery, by, Delivery.Status.PLANNED)
    if order.status not in Order.RUNNING:
        raise ValidationError(
            _("%(order)s is %(state)s; no delivery can be planned now."),
            params={"order": order, "state": order.get_status_display()},
        )
    if stored is None:
        lines = _all_the_rest(order) if lines is None else lines
    elif stored.order_id != order.pk:
        raise ValidationError({"order": _("A delivery stays with its order.")})
    records.save(delivery, by=by, seen=seen, lines=lines)
    if lines is not None:
        _set_lines(delivery, order, lines)
    return delivery


@transaction.atomic
def plan(order, *, planned_on, quantities=None, by):
    """Plan a delivery of these quantities ({order line: quantity}), or of all that is left of the order."""
    authorize(by, "contracts.plan_order", order)
    locked(order)
    require(order, "plan")
    lines = None
    if quantities is not None:
        lines = [DeliveryLine(order_line=line, quantity=quantity) for line, quantity in quantities.items()]
    return save_delivery(Delivery(order=order, planned_on=planned_on), lines=lines, by=by)


def _all_the_rest(order):
    lines = [line for line in order.lines.with_delivered() if line.left > 0]
    return [DeliveryLine(order_line=line, quantity=line.left) for line in lines]


def _set_lines(delivery, order, lines):
    """Replace what the delivery holds: never more than the order has left."""
    if not lines:
        raise ValidationError(_("A delivery needs at least one line."))
    delivery.lines.all().delete()
    left = {line.pk: line for line in order.lines.with_delivered()}
    for line in lines:
        of_order = left.get(line.order_line_id)
        if of_order is None:
            raise ValidationError(_("A delivery takes lines of its own order only."))
        if line.quantity > of_order.left:
            raise ValidationError(
                _("%(what)s: only %(left)s left to deliver."),
                params={"what": of_order, "left": f"{of_order.left.normalize():f}"},
            )
        kept = DeliveryLine(delivery=delivery, order_line=of_order, quantity=line.quantity)
        kept.full_clean()
        kept.save()


def _begin(delivery, verb, by):
    """May I, lock, allowed now? The order is locked before the delivery, everywhere."""
    authorize(by, f"contracts.{verb}_delivery", delivery)
    order = locked(delivery.order)
    locked(delivery)
    require(delivery, verb)
    return order


@transaction.atomic
def ship(delivery, *, carrier="", tracking_number="", checklist="", by):
    """Send it off today. Goods need carrier and tracking number, a service the checklist of what is done."""
    order = _begin(delivery, "ship", by)
    if order.status != Order.Status.IN_FULFILMENT:
        raise ValidationError(
            _("%(order)s is %(state)s; nothing can be shipped now."),
            params={"order": order, "state": order.get_status_display()},
        )
    delivery.carrier = carrier or delivery.carrier
    delivery.tracking_number = tracking_number or delivery.tracking_number
    delivery.checklist = checklist or delivery.checklist
    _require_papers(delivery)
    delivery.shipped_on = clock.today()
    delivery.save(update_fields=["carrier", "tracking_number", "checklist", "shipped_on", "updated_at"])
    advance(delivery, "ship", by=by, data={"text": f"{delivery.carrier} {delivery.tracking_number}".strip()})
    return delivery


def _require_papers(delivery):
    goods = delivery.lines.filter(order_line__product__kind=Product.Kind.GOODS).exists()
    if goods or not delivery.checklist:
        absent = [field for field in ("carrier", "tracking_number") if not getattr(delivery, field)]
        if absent and not goods:
            raise ValidationError({"checklist": _("Say what was done.")})
        if absent:
            raise ValidationError({field: _("Goods travel with a carrier and a tracking number.") for field in absent})


@transaction.atomic
def deliver(delivery, *, delivered_on, by):
    """It has arrived. When everything has, so has the order."""
    order = _begin(delivery, "deliver", by)
    refuse_future(delivered_on, "delivered_on")
    if delivery.shipped_on and delivered_on < delivery.shipped_on:
        raise ValidationError({"delivered_on": _("It cannot arrive before it was shipped.")})
    delivery.delivered_on = delivered_on
    delivery.save(update_fields=["delivered_on", "updated_at"])
    moment = moment_of(delivered_on)
    advance(delivery, "deliver", by=by, occurred_at=moment)
    follow_deliveries(order, occurred_at=moment)
    return delivery


@transaction.atomic
def accept(delivery, *, accepted_by, accepted_on, by):
    """The customer has accepted it (验收). When they have accepted every delivery, the order is accepted."""
    order = _begin(delivery, "accept", by)
    refuse_future(accepted_on, "accepted_on")
    if delivery.delivered_on and accepted_on < delivery.delivered_on:
        raise ValidationError({"accepted_on": _("It cannot be accepted before it arrived.")})
    delivery.accepted_by, delivery.accepted_on = accepted_by, accepted_on
    delivery.save(update_fields=["accepted_by", "accepted_on", "updated_at"])
    moment = moment_of(accepted_on)
    advance(delivery, "accept", by=by, occurred_at=moment, data={"text": accepted_by})
    follow_deliveries(order, occurred_at=moment)
    return delivery


@transaction.atomic
def return_(delivery, *, reason, by):
    """It came back. Its quantities can be planned again, and a delivered order is open again."""
    order = _begin(delivery, "return", by)
    advance(delivery, "return", by=by, reason=reason)
    follow_deliveries(order)
    return delivery


@transaction.atomic
def cancel(delivery, *, reason, by):
    """Drop a planned delivery."""
    _begin(delivery, "cancel", by)
    advance(delivery, "cancel", by=by, reason=reason)
    return delivery
