"""The pages of contracts, orders and deliveries: wiring, scope, languages, query counts."""

from decimal import Decimal

import pytest
from django.urls import reverse

from billing import services as billing
from contracts.models import Contract, Delivery
from contracts.services import amendments
from contracts.tasks import remind_instalments
from crm import clock, queues
from crm.access import SYSTEM
from crm.models import Notification
from opportunities.models import Quote
from tests.factories import (
    ContactFactory,
    CustomerFactory,
    OpportunityFactory,
    QuoteFactory,
    drafted_contract,
    payment_of,
    planned_delivery,
    running_order,
)

pytestmark = pytest.mark.django_db
LISTS = ("/contracts/", "/orders/", "/orders/board/", "/deliveries/", "/amendments/")
NO_LINES = {"lines-TOTAL_FORMS": 0, "lines-INITIAL_FORMS": 0, "plan-TOTAL_FORMS": 0, "plan-INITIAL_FORMS": 0}


@pytest.fixture
def chain(people):
    """One order on its way, with everything around it."""
    order = running_order(people["sales"])
    order.contract.contact = ContactFactory(customer=order.customer)
    order.contract.save()
    planned_delivery(order, Decimal(4))
    amendments.amend(order.contract, reason="More", by=SYSTEM)
    return order


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("role", ["sales", "sales_support", "operations", "finance", "manager"])
def test_every_page_opens_for_every_role_that_may_see_it(people, chain, browse, role, language):
    people[role].language = language
    people[role].save()
    client = browse(people[role])
    records = [chain, chain.contract, chain.deliveries.get(), chain.contract.amendments.get()]
    pages = [*LISTS, *(record.get_absolute_url() for record in records), chain.customer.get_absolute_url()]
    assert {page: client.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)


def test_service_sees_orders_but_not_contracts(people, chain, browse):
    client = browse(people["service"])
    assert client.get(chain.get_absolute_url()).status_code == 200
    assert client.get(chain.contract.get_absolute_url()).status_code == 403


@pytest.mark.parametrize("language", ["zh", "en"])
def test_contract_and_order_come_as_pdf(people, chain, browse, language):
    client = browse(people["sales"])
    for record in (chain.contract, chain):
        answer = client.get(f"{record.get_absolute_url()}paper.{language}.pdf")
        assert answer.content.startswith(b"%PDF")
    assert client.get(f"{chain.get_absolute_url()}paper.fr.pdf").status_code == 404
    assert browse(people["stranger"]).get(f"{chain.get_absolute_url()}paper.en.pdf").status_code == 404


def test_the_list_of_deliveries_takes_a_fixed_number_of_queries(people, browse, django_assert_max_num_queries):
    order = running_order(people["sales"])
    for _ in range(10):
        planned_delivery(order, quantity=1)
    client = browse(people["sales"])
    client.get("/deliveries/")
    with django_assert_max_num_queries(8):
        client.get("/deliveries/")


def test_the_board_takes_a_fixed_number_of_queries(people, browse, django_assert_max_num_queries):
    for _ in range(12):
        running_order(people["sales"])
    client = browse(people["operations"])
    client.get("/orders/board/")
    with django_assert_max_num_queries(9):
        client.get("/orders/board/")


def test_an_accepted_quote_offers_its_contract_and_then_shows_it(people, browse):
    quote = QuoteFactory(opportunity=OpportunityFactory(owner=people["sales"]), status="accepted")
    client = browse(people["sales_support"])
    assert "Draft contract" in client.get(quote.get_absolute_url()).content.decode()
    answer = client.post(reverse("opportunities:quote_act", args=[quote.pk, "draft_contract"]))
    contract = Contract.objects.get()
    assert answer.url == contract.get_absolute_url()
    page = client.get(quote.get_absolute_url()).content.decode()
    assert contract.number in page
    assert "/draft_contract/" not in page


def test_a_rep_writes_a_contract_for_a_customer(people, browse):
    customer = CustomerFactory(owner=people["sales"])
    client = browse(people["sales"])
    assert client.get(f"/contracts/new/?customer={customer.pk}").status_code == 200
    line = {"description": "Seats", "quantity": 2, "unit_price": 100, "tax_rate": 6}
    body = NO_LINES | {"title": "CRM", "customer": customer.pk, "currency": "CNY", "lines-TOTAL_FORMS": 1}
    answer = client.post("/contracts/new/", body | {f"lines-0-{key}": value for key, value in line.items()})
    contract = Contract.objects.get()
    assert answer.url == contract.get_absolute_url()
    assert (contract.gross, contract.owner, contract.instalments.count()) == (212, people["sales"], 3)


def test_the_form_says_what_the_plan_lacks_while_one_types(people, browse):
    body = NO_LINES | {
        "currency": "CNY", "lines-TOTAL_FORMS": 1, "plan-TOTAL_FORMS": 1,
        "lines-0-description": "Seats", "lines-0-quantity": 1, "lines-0-unit_price": 100, "lines-0-tax_rate": 0,
        "plan-0-due_on": "2026-01-01", "plan-0-amount": 60,
    }  # fmt: skip
    client = browse(people["sales"])
    assert "¥40.00 short" in client.post("/contracts/preview/", body).content.decode()
    full = client.post("/contracts/preview/", body | {"plan-0-amount": 100}).content.decode()
    assert "sums to the total" in full


def test_the_totals_of_a_stored_contract_follow_what_is_typed(people, browse):
    contract = drafted_contract(people["sales"])
    line, part = contract.lines.get(), contract.instalments.first()
    body = NO_LINES | {
        "currency": "CNY", "lines-TOTAL_FORMS": 1, "lines-INITIAL_FORMS": 1, "lines-0-id": line.pk,
        "lines-0-product": line.product_id, "lines-0-quantity": 5, "lines-0-unit_price": 1000, "lines-0-tax_rate": 13,
        "plan-TOTAL_FORMS": 1, "plan-INITIAL_FORMS": 1, "plan-0-id": part.pk, "plan-0-due_on": "2026-01-01",
        "plan-0-amount": 5000, "lines-0-contract": contract.pk, "plan-0-contract": contract.pk,
    }  # fmt: skip
    page = browse(people["sales"]).post("/contracts/preview/", body).content.decode()
    assert "5,650.00" in page
    assert "¥650.00 short" in page


def test_a_plan_that_was_typed_wrong_keeps_what_was_typed(people, browse):
    contract = drafted_contract(people["sales"])
    body = NO_LINES | {
        "title": "Warehouse", "customer": contract.customer_id, "currency": "CNY",
        "plan-TOTAL_FORMS": 1, "plan-0-label": "Deposit", "plan-0-amount": "much", "plan-0-due_on": "2026-01-01",
    }  # fmt: skip
    answer = browse(people["sales"]).post(f"/contracts/{contract.pk}/edit/", body)
    assert answer.status_code == 422
    assert "Warehouse" in answer.content.decode()


def test_a_delivery_is_planned_on_the_orders_page(people, browse):
    order = running_order(people["sales"])
    client = browse(people["operations"])
    address = reverse("contracts:order_act", args=[order.pk, "plan"])
    assert address in client.get(order.get_absolute_url()).content.decode()
    field = f"quantity_{order.lines.get().pk}"
    assert field in client.get(address).content.decode()
    refused = client.post(address, {"planned_on": "2026-02-01", field: 11})
    assert "only 10 left" in refused.content.decode()
    client.post(address, {"planned_on": "2026-02-01", field: 4})
    assert Delivery.objects.get().lines.get().quantity == 4
    client.post(f"/deliveries/{Delivery.objects.get().pk}/edit/", {"planned_on": "2026-02-02", field: 10})
    assert Delivery.objects.get().lines.get().quantity == 10
    assert address not in client.get(order.get_absolute_url()).content.decode()


def test_a_draft_orders_quantities_are_edited_at_the_contracts_price(people, browse):
    order = running_order(people["sales"])
    type(order).objects.filter(pk=order.pk).update(status="draft")
    line = order.lines.get()
    body = {
        "lines-TOTAL_FORMS": 1, "lines-INITIAL_FORMS": 1, "lines-0-id": line.pk, "lines-0-order": order.pk,
        "lines-0-quantity": 4, "lines-0-unit_price": 1,
    }  # fmt: skip
    client = browse(people["sales"])
    assert "4,520.00" in client.post(f"/orders/preview/?order={order.pk}", body).content.decode()
    client.post(f"/orders/{order.pk}/edit/", body)
    order.refresh_from_db()
    assert (order.gross, order.lines.get().unit_price) == (Decimal("4520.00"), 1000)


def test_cards_move_on_the_board_by_the_acts_that_lead_there(people, browse):
    order = running_order(people["sales"])
    client, move = browse(people["operations"]), reverse("contracts:order_board_move", args=[order.pk])
    asked = client.post(move, {"stage": "on_hold"}, headers={"HX-Request": "true"})
    assert "dialog-heading" in asked.content.decode()
    refused = client.post(move, {"stage": "accepted"})
    assert refused.status_code == 409
    type(order).objects.filter(pk=order.pk).update(status="confirmed")
    assert client.post(move, {"stage": "in_fulfilment"}).status_code == 204


def test_each_role_finds_its_work_at_home(people, browse):
    def labels(role):
        return {found.label for found in queues.collect(queues.QUEUES, people[role]) if found and found.count}

    contract = drafted_contract(people["sales"])
    assert "Contract drafts to hand in" in labels("sales")
    Contract.objects.filter(pk=contract.pk).update(status="in_review", status_since=clock.days_ago(30))
    assert "Contracts to review" in labels("finance")
    assert "Contracts that are stuck" in labels("manager")
    Contract.objects.filter(pk=contract.pk).update(status="draft", submitted_by=people["sales"])
    assert "Contracts returned by finance" in labels("sales")
    planned_delivery(running_order(people["sales"]))
    assert "Deliveries due" in labels("operations")
    QuoteFactory(opportunity=OpportunityFactory(owner=people["sales"]), status="accepted")
    assert Quote.objects.filter(status="accepted").exists()
    assert "Accepted quotes waiting for a contract" in labels("sales_support")
    assert browse(people["operations"]).get("/").status_code == 200


def test_due_instalments_are_reminded_of_once(people):
    contract = running_order(people["sales"]).contract
    assert remind_instalments(None) == {"reminded": 1}
    assert remind_instalments(None) == {"reminded": 0}
    told = Notification.objects.filter(url=contract.get_absolute_url(), text__contains="falls due")
    assert {note.user for note in told} == {people["sales"], people["finance"]}


def test_a_paid_instalment_is_not_reminded_of(people):
    contract = running_order(people["sales"]).contract
    first = contract.instalments.first()
    request = contract.invoices.get(instalment=first)
    invoice = billing.issue_invoice(billing.approve_invoice(request, by=SYSTEM), by=SYSTEM)
    billing.confirm(payment_of(invoice, first.amount), by=SYSTEM)
    assert remind_instalments(None) == {"reminded": 0}
