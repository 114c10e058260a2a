"""The rules of orders and deliveries."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from contracts.models import Delivery, DeliveryLine, Order, OrderLine
from contracts.services import contracts, deliveries, orders, save_delivery, save_order
from contracts.signals import order_accepted
from crm import clock
from crm.access import SYSTEM
from crm.transitions import IllegalMove
from tests.factories import ProductFactory, drafted_contract, planned_delivery, running_order

pytestmark = pytest.mark.django_db
PARCEL = {"carrier": "SF", "tracking_number": "SF123"}


@pytest.fixture
def order(people):
    return running_order(people["sales"])


def arrived(delivery):
    deliveries.ship(delivery, **PARCEL, by=SYSTEM)
    return deliveries.deliver(delivery, delivered_on=clock.today(), by=SYSTEM)


def accepted(delivery):
    return deliveries.accept(arrived(delivery), accepted_by="李敏", accepted_on=clock.today(), by=SYSTEM)


# Orders


def test_an_order_is_not_confirmed_without_a_signed_contract(people):
    order = running_order(people["sales"])
    Order.objects.filter(pk=order.pk).update(status="draft")
    type(order.contract).objects.filter(pk=order.contract_id).update(status="approved")
    with pytest.raises(ValidationError, match="signed contract"):
        orders.confirm(order, by=people["sales"])


@pytest.mark.parametrize("role", ["operations", "finance", "sales_support"])
def test_only_sales_confirm_orders(people, role, order):
    with pytest.raises(PermissionDenied):
        orders.confirm(order, by=people[role])


def test_orders_never_take_more_than_the_contract_holds(people, order):
    line = OrderLine(contract_line=order.contract.lines.get(), quantity=Decimal(1))
    with pytest.raises(ValidationError, match="only 0 left"):
        save_order(Order(contract=order.contract), lines=[line], by=people["sales"])


def test_an_orders_prices_are_the_contracts(people):
    contract = drafted_contract(people["sales"])
    contracts.submit(contract, by=SYSTEM)
    contracts.approve(contract, by=SYSTEM)
    contracts.sign(contract, signed_on=clock.today(), by=SYSTEM)
    order = contract.orders.get()
    line = order.lines.get()
    line.quantity, line.unit_price = Decimal(4), Decimal(1)
    save_order(order, lines=[line], by=people["sales"])
    assert (order.lines.get().unit_price, order.gross) == (1000, Decimal("4520.00"))
    rest = save_order(Order(contract=contract), by=people["sales"])
    assert rest.lines.get().quantity == 6


def test_an_order_takes_lines_of_its_own_contract_only(people, order):
    other = drafted_contract(people["stranger"]).lines.get()
    with pytest.raises(ValidationError, match="own contract"):
        save_order(
            Order(contract=order.contract), lines=[OrderLine(contract_line=other, quantity=1)], by=people["sales"]
        )


def test_operations_never_change_an_order(people, order):
    with pytest.raises(PermissionDenied):
        save_order(order, by=people["operations"])


def test_a_held_order_goes_on_where_it_stood(people, order):
    orders.hold(order, reason="Payment late", by=people["operations"])
    orders.resume(order, by=people["operations"])
    assert order.status == Order.Status.IN_FULFILMENT


def test_an_order_is_cancelled_with_its_planned_deliveries(people, order):
    delivery = planned_delivery(order)
    orders.cancel(order, reason="Withdrawn", by=people["manager"])
    delivery.refresh_from_db()
    assert (order.status, delivery.status) == ("cancelled", "cancelled")


def test_an_order_on_its_way_is_not_cancelled(people, order):
    deliveries.ship(planned_delivery(order, 1), **PARCEL, by=people["operations"])
    with pytest.raises(ValidationError, match="on its way"):
        orders.cancel(order, reason="Withdrawn", by=people["manager"])


def test_an_invoiced_order_is_not_cancelled(people, order):
    order.invoices.create(customer=order.customer, contract=order.contract, case=order.case, gross=100)
    with pytest.raises(ValidationError, match="invoiced"):
        orders.cancel(order, reason="Withdrawn", by=people["manager"])


# Deliveries


def test_a_delivery_takes_all_that_is_left_where_nothing_is_said(order):
    planned_delivery(order, 4)
    assert planned_delivery(order).lines.get().quantity == 6


def test_no_more_is_planned_than_was_ordered(people, order):
    planned_delivery(order, 7)
    line = DeliveryLine(order_line=order.lines.get(), quantity=Decimal(4))
    with pytest.raises(ValidationError, match="only 3 left"):
        save_delivery(Delivery(order=order, planned_on=clock.today()), lines=[line], by=people["operations"])


def test_goods_travel_with_carrier_and_tracking_number(people, order):
    with pytest.raises(ValidationError) as refusal:
        deliveries.ship(planned_delivery(order), carrier="SF", by=people["operations"])
    assert list(refusal.value.message_dict) == ["tracking_number"]


def test_a_service_goes_out_with_its_checklist(people):
    order = running_order(people["sales"], product=ProductFactory(kind="service"))
    delivery = planned_delivery(order)
    with pytest.raises(ValidationError) as refusal:
        deliveries.ship(delivery, by=people["operations"])
    assert list(refusal.value.message_dict) == ["checklist"]
    deliveries.ship(delivery, checklist="Installed\nTrained", by=people["operations"])
    assert delivery.status == "shipped"


@pytest.mark.parametrize("role", ["sales", "sales_support", "finance", "service", "manager"])
def test_only_operations_ship(people, order, role):
    with pytest.raises(PermissionDenied):
        deliveries.ship(planned_delivery(order), **PARCEL, by=people[role])


def test_nothing_arrives_before_it_was_shipped(people, order):
    delivery = deliveries.ship(planned_delivery(order), **PARCEL, by=SYSTEM)
    with pytest.raises(ValidationError, match="before it was shipped"):
        deliveries.deliver(delivery, delivered_on=clock.today() - timedelta(days=1), by=people["operations"])


def test_nothing_is_shipped_from_an_order_on_hold(people, order):
    delivery = planned_delivery(order)
    orders.hold(order, reason="Stop", by=people["operations"])
    with pytest.raises(ValidationError, match="nothing can be shipped"):
        deliveries.ship(delivery, **PARCEL, by=people["operations"])


def test_the_order_follows_its_two_deliveries(people, order):
    heard = []
    order_accepted.connect(listener := lambda **told: heard.append(told["order"]))
    first, second = planned_delivery(order, 4), planned_delivery(order)
    accepted(first)
    order.refresh_from_db()
    assert order.status == "in_fulfilment"
    arrived(second)
    order.refresh_from_db()
    assert order.status == "delivered"
    deliveries.accept(second, accepted_by="李敏", accepted_on=clock.today(), by=people["operations"])
    order_accepted.disconnect(listener)
    order.refresh_from_db()
    assert (order.status, heard) == ("accepted", [order])
    orders.complete(order, by=people["operations"])
    contracts.fulfil(order.contract, by=people["operations"])


def test_a_return_opens_the_order_again_and_its_goods_can_be_planned(people, order):
    delivery = arrived(planned_delivery(order))
    deliveries.return_(delivery, reason="Broken", by=people["operations"])
    order.refresh_from_db()
    assert order.status == "in_fulfilment"
    assert planned_delivery(order).lines.get().quantity == 10


def test_an_accepted_delivery_is_not_returned(people, order):
    with pytest.raises(IllegalMove):
        deliveries.return_(accepted(planned_delivery(order)), reason="X", by=people["operations"])


@pytest.mark.django_db(transaction=True)
def test_rivals_never_plan_the_same_goods(people):
    order = running_order(people["sales"])

    def plan(_):
        try:
            planned_delivery(Order.objects.get(pk=order.pk), Decimal(4))
            return True
        except ValidationError:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(plan, range(8)))
    assert results.count(True) == 2
    assert order.lines.with_delivered().get().planned == 8
