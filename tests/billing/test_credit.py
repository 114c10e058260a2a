"""How much a customer may owe: orders above the limit, or of a customer on hold, wait for a manager."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from billing import exposure, services
from billing.models import CreditLimit, CreditRelease
from billing.services import credit
from contracts.services import contracts, orders
from crm import clock
from crm.access import SYSTEM
from tests.factories import UserFactory, drafted_contract, issued_invoice, payment_of, signed_contract

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(people):
    """A draft order under a signed contract over 11,300."""
    contract = drafted_contract(people["sales"])
    contracts.submit(contract, by=SYSTEM)
    contracts.approve(contract, by=SYSTEM)
    contracts.sign(contract, signed_on=clock.today(), by=SYSTEM)
    return contract.orders.get()


def limited(order, amount):
    return CreditLimit.objects.create(customer=order.customer, limit=amount)


def ask(order, by):
    return credit.ask_release(CreditRelease(order=order, reason="Pays tomorrow"), by=by)


def test_exposure_is_what_is_owed_and_what_is_signed_but_not_invoiced(people):
    contract = signed_contract(people["sales"], amounts=[(1, 1000, 0)])
    customer = contract.customer
    assert exposure.of_customer(customer) == (0, 1000)
    invoice = issued_invoice(customer=customer, gross=400, contract=contract)
    assert exposure.of_customer(customer) == (400, 600)
    services.confirm(payment_of(invoice, 300), by=people["finance"])
    assert exposure.of_customer(customer) == (100, 600)
    services.confirm(payment_of(None, 50, customer=customer), by=people["finance"])
    assert exposure.of_customer(customer) == (50, 600)


def test_what_a_credit_note_takes_back_can_be_invoiced_again_and_counts(people):
    contract = signed_contract(people["sales"], amounts=[(1, 1000, 0)])
    invoice = issued_invoice(customer=contract.customer, gross=400, contract=contract)
    services.reverse_invoice(invoice, reason="Wrong", by=people["finance"])
    assert exposure.of_customer(contract.customer) == (0, 1000)


def test_each_contract_counts_at_its_own_rate(people):
    contract = signed_contract(people["sales"], amounts=[(1, 1000, 0)], currency="USD", rate=Decimal("7.1"))
    signed_contract(people["sales"], amounts=[(1, 1000, 0)], customer=contract.customer)
    assert exposure.of_customer(contract.customer).total == 8100


def test_without_a_limit_or_within_it_an_order_is_confirmed(people, order):
    limited(order, 11300)
    assert orders.confirm(order, by=people["sales"]).status == "confirmed"


def test_above_the_limit_it_is_refused(people, order):
    limited(order, Decimal("11299.99"))
    with pytest.raises(ValidationError, match="used up"):
        orders.confirm(order, by=people["sales"])
    order.refresh_from_db()
    assert order.status == "draft"


def test_on_hold_it_is_refused_even_within_the_limit(people, order):
    limit = limited(order, 1_000_000)
    credit.hold(limit, reason="Insolvency filed", by=people["finance"])
    with pytest.raises(ValidationError, match="Insolvency filed"):
        orders.confirm(order, by=people["sales"])
    credit.lift(limit, by=people["manager"])
    assert orders.confirm(order, by=people["sales"]).status == "confirmed"


def test_a_released_order_is_confirmed_in_spite_of_the_limit(people, order):
    limited(order, 100)
    release = ask(order, people["sales"])
    assert (release.limit, release.exposure) == (100, 11300)
    with pytest.raises(ValidationError):
        orders.confirm(order, by=people["sales"])
    credit.approve_release(release, by=people["manager"])
    assert orders.confirm(order, by=people["sales"]).status == "confirmed"


def test_declined_it_stays_refused_and_may_be_asked_for_again(people, order):
    limited(order, 100)
    credit.decline_release(ask(order, people["sales"]), reason="No", by=people["manager"])
    with pytest.raises(ValidationError):
        orders.confirm(order, by=people["sales"])
    assert ask(order, people["sales"]).status == "asked"


def test_a_release_is_asked_for_once_and_only_where_credit_stands_in_the_way(people, order):
    with pytest.raises(ValidationError, match="needs no release"):
        ask(order, people["sales"])
    limited(order, 100)
    ask(order, people["sales"])
    with pytest.raises(ValidationError, match="already waits"):
        ask(order, people["sales"])


def test_nobody_releases_what_they_asked_for(people, order):
    limited(order, 100)
    both = UserFactory(roles=["manager"], team=people["boss"].team)
    with pytest.raises(PermissionDenied, match="yourself"):
        credit.approve_release(ask(order, both), by=both)


@pytest.mark.parametrize("role", ["sales", "sales_support", "finance", "operations", "service", "admin", "marketing"])
def test_only_a_manager_releases_and_lifts(people, order, role):
    limit = limited(order, 100)
    release = ask(order, people["sales"])
    with pytest.raises(PermissionDenied):
        credit.approve_release(release, by=people[role])
    credit.hold(limit, reason="?", by=people["manager"])
    with pytest.raises(PermissionDenied):
        credit.lift(limit, by=people[role])


def test_on_the_pages_sales_ask_and_the_manager_decides(people, order, browse):
    limit = limited(order, 100)
    client = browse(people["sales"])
    page = client.get(f"/orders/{order.pk}/").content.decode()
    assert f"/credit-releases/new/?order={order.pk}" in page and "used up" in page
    client.post(f"/credit-releases/new/?order={order.pk}", {"order": order.pk, "reason": "Pays tomorrow"})
    release = CreditRelease.objects.get()
    assert client.post(f"/credit-releases/{release.pk}/approve/").status_code == 403
    client = browse(people["manager"])
    assert str(order) in client.get("/").content.decode()
    client.post(f"/credit-releases/{release.pk}/approve/")
    release.refresh_from_db()
    assert release.status == "approved"
    assert client.get(f"/credit-limits/{limit.pk}/").status_code == 200
    assert "Signed, not yet invoiced" in client.get(f"/customers/{order.customer_id}/").content.decode()


def test_over_the_api_a_limit_is_set_and_an_order_released(people, order, call):
    finance, sales, manager = (call(people[role]) for role in ("finance", "sales", "manager"))
    answer = finance.post("/api/v1/credit-limits/", {"customer": order.customer_id, "limit": "100"}, format="json")
    assert (answer.status_code, answer.json()["exposure"]) == (201, "11300.00")
    assert sales.post(f"/api/v1/orders/{order.pk}/confirm/", {}, format="json").status_code == 400
    asked = sales.post("/api/v1/credit-releases/", {"order": order.pk, "reason": "x"}, format="json").json()
    manager.post(f"/api/v1/credit-releases/{asked['id']}/approve/", {}, format="json")
    answer = sales.post(f"/api/v1/orders/{order.pk}/confirm/", {}, format="json")
    assert answer.json()["status"] == "confirmed"
