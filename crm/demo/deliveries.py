"""Orders and their deliveries: some in parts, some late, a few refused at the door."""

from datetime import timedelta
from decimal import Decimal

from contracts.models import Delivery, DeliveryLine
from crm.access import SYSTEM, Role
from crm.demo import texts
from crm.demo.aftersales import follow_up_on, need_help
from crm.models import Product


def fulfil(thread, deal, order):
    """From the draft order to the completed one; then the customer is asked how it went."""
    thread.wait(0.2, 2)
    thread.move(order, "confirm", deal.rep)
    operator = thread.story.random.choice(thread.story.people.by_role[Role.OPERATIONS])
    _start(thread, order, operator)
    _deliver_all(thread, deal, order, operator)
    late = (thread.day - order.promised_on).days
    thread.aside(follow_up_on, deal, order, late)
    thread.aside(need_help, deal, order)
    thread.wait(0.5, 4)
    thread.move(order, "complete", operator)


def _start(thread, order, operator):
    thread.wait(0.3, 2.5)
    if thread.suffers(0.05):
        order.held_from = order.status
        thread.move(order, "hold", operator, reason=texts.ORDER_HELD)
        thread.wait(6, 25)
        thread.move(order, "resume", operator, to=order.held_from)
    thread.move(order, "start", operator)


def _deliver_all(thread, deal, order, operator):
    """All shipments are planned, then each is shipped, arrives and is accepted, one after the other."""
    shipments = _plan(thread, order, operator)
    for at, delivery in enumerate(shipments):
        _ship(thread, delivery, operator)
        while thread.suffers(0.02):
            delivery = _refused(thread, order, delivery, operator)
            _ship(thread, delivery, operator)
        thread.wait(0.5, 3)
        delivery.delivered_on = thread.day
        thread.move(delivery, "deliver", operator)
        if at == len(shipments) - 1:
            thread.move(order, "deliver", SYSTEM)
        thread.wait(0.5, 6)
        delivery.accepted_on, delivery.accepted_by = thread.day, deal.contact.name
        thread.move(delivery, "accept", operator, data={"text": deal.contact.name})
    thread.move(order, "accept", SYSTEM)


def _plan(thread, order, operator):
    """Goods in one to three shipments, services in a visit of their own."""
    random = thread.story.random
    goods = [line for line in order.lines_told if line.product.kind == Product.Kind.GOODS]
    services = [line for line in order.lines_told if line.product.kind == Product.Kind.SERVICE]
    count = random.choices((1, 2, 3), (55, 35, 10))[0]
    loads = [*_loads(goods, count), [(line, line.quantity) for line in services]]
    loads = [load for load in loads if load]
    days = max((order.promised_on - thread.day).days - 4, 4)
    slip = 0 if random.random() < 0.82 or thread.fate.goes_well else random.randrange(6, 30)
    found = []
    for at, load in enumerate(loads, start=1):
        thread.sleep_until(thread.at + timedelta(minutes=random.randrange(5, 40)))
        planned = thread.day + timedelta(days=max(days * at // len(loads), 1))
        found.append(_delivery(thread, order, load, planned, operator))
        found[-1].leaves_on = planned + timedelta(days=slip)
    return found


def _loads(lines, count):
    """The quantities of each shipment; together they are what was ordered."""
    loads = [[] for _part in range(count)]
    for line in lines:
        share = (line.quantity // count).quantize(Decimal(1))
        for at in range(count):
            quantity = line.quantity - share * (count - 1) if at == count - 1 else share
            if quantity > 0:
                loads[at].append((line, quantity))
    return loads


def _delivery(thread, order, load, planned, operator):
    delivery = Delivery(order=order, case=order.case, customer=order.customer, owner=order.owner, planned_on=planned)
    lines = [DeliveryLine(delivery=delivery, order_line=line, quantity=quantity) for line, quantity in load]
    delivery.load = load
    return thread.create(delivery, operator, parts=lines)


def _ship(thread, delivery, operator):
    """Goods leave with a carrier and its number, services with their checklist."""
    story = thread.story
    days = (delivery.leaves_on - thread.day).days
    thread.wait(max(days - 1, 0.2), max(days, 1))
    if any(line.product.kind == Product.Kind.GOODS for line, _quantity in delivery.load):
        delivery.carrier = story.random.choice(texts.CARRIERS)
        delivery.tracking_number = f"HT{thread.day:%y%m}{story.random.randrange(10**8):08d}"
    else:
        delivery.checklist = texts.CHECKLIST
    delivery.shipped_on = thread.day
    words = f"{delivery.carrier} {delivery.tracking_number}".strip()
    thread.move(delivery, "ship", operator, data={"text": words})


def _refused(thread, order, delivery, operator):
    """It comes back, and the same load is planned again."""
    thread.wait(1, 4)
    thread.move(delivery, "return", operator, reason=texts.DELIVERY_RETURNED)
    thread.wait(0.3, 1)
    again = _delivery(thread, order, delivery.load, thread.day + timedelta(days=3), operator)
    again.leaves_on = again.planned_on
    return again
