"""Opportunities and quotes over the API."""

import pytest

from opportunities.models import Opportunity, Quote
from tests.factories import CustomerFactory, LeadFactory, OpportunityFactory, ProductFactory, QuoteFactory

pytestmark = pytest.mark.django_db
DEALS, QUOTES = "/api/v1/opportunities/", "/api/v1/quotes/"


@pytest.fixture
def deal(people):
    return OpportunityFactory(owner=people["sales"])


def test_converting_tells_what_the_lead_has_become(people, call):
    lead = LeadFactory(owner=people["sales"], status="qualified")
    answer = call(people["sales"]).post(
        f"/api/v1/leads/{lead.pk}/convert/", {"opportunity_name": "20 seats", "amount": "5000"}
    )
    assert answer.status_code == 200, answer.json()
    assert answer.json()["status"] == "converted"
    assert answer.json()["result"] == {"record_type": "opportunity", "id": Opportunity.objects.get().pk}


def test_a_deal_is_created_and_changed(people, call):
    customer = CustomerFactory(owner=people["sales"])
    client = call(people["sales"])
    made = client.post(DEALS, {"name": "20 seats", "customer": customer.pk, "amount": "5000"})
    assert made.status_code == 201, made.json()
    assert (made.json()["status"], made.json()["probability"]) == ("discovery", 10)
    changed = client.patch(f"{DEALS}{made.json()['id']}/", {"amount": "6000", "status": "won"})
    assert (changed.json()["amount"], changed.json()["status"]) == ("6000.00", "discovery")


def test_a_customer_out_of_sight_cannot_be_used(people, call):
    customer = CustomerFactory(owner=people["stranger"])
    answer = call(people["sales"]).post(DEALS, {"name": "20 seats", "customer": customer.pk, "amount": "5000"})
    assert answer.status_code == 400
    assert "customer" in answer.json()["errors"]


def test_a_quote_is_written_with_its_lines_as_one(people, call, deal):
    product = ProductFactory(price=100)
    client = call(people["sales_support"])
    lines = [{"product": product.pk, "quantity": "3"}, {"description": "Training", "unit_price": "500"}]
    made = client.post(QUOTES, {"opportunity": deal.pk, "lines": lines})
    assert made.status_code == 201, made.json()
    assert (made.json()["net"], made.json()["gross"]) == ("800.00", "904.00")
    kept = made.json()["lines"][0] | {"quantity": "5"}
    changed = client.patch(f"{QUOTES}{made.json()['id']}/", {"lines": [kept]})
    assert changed.json()["net"] == "500.00"
    assert [line["id"] for line in changed.json()["lines"]] == [kept["id"]]


def test_a_line_needs_a_price_or_a_product(people, call, deal):
    answer = call(people["sales"]).post(QUOTES, {"opportunity": deal.pk, "lines": [{"description": "Training"}]})
    assert answer.status_code == 400
    assert "lines.0.unit_price" in answer.json()["errors"]


def test_a_submitted_quote_is_not_changed(people, call, deal):
    quote = QuoteFactory(opportunity=deal, status="approved")
    answer = call(people["sales"]).patch(f"{QUOTES}{quote.pk}/", {"terms": "Other"})
    assert answer.status_code == 409
    assert "send" in answer.json()["legal"]


def test_the_customers_link_is_told_to_who_may_send(people, call, deal):
    quote = QuoteFactory(opportunity=deal, status="approved")
    sent = call(people["sales"]).post(f"{QUOTES}{quote.pk}/send/", {"language": "en"})
    assert "/q/" in sent.json()["customer_link"]
    assert call(people["finance"]).get(f"{QUOTES}{quote.pk}/").json()["customer_link"] is None


def test_a_new_version_is_the_result_of_revising(people, call, deal):
    quote = QuoteFactory(opportunity=deal, status="sent")
    answer = call(people["sales_support"]).post(f"{QUOTES}{quote.pk}/revise/", {})
    version = Quote.objects.get(version_of=quote)
    assert answer.json()["status"] == "superseded"
    assert answer.json()["result"] == {"record_type": "quote", "id": version.pk}


def test_lists_are_filtered_as_on_the_pages(people, call, deal):
    OpportunityFactory(owner=people["sales"], status="lost")
    client = call(people["sales"])
    assert client.get(f"{DEALS}?open=true&count=true").json()["count"] == 1
    assert client.get(f"{DEALS}?status=lost&count=true").json()["count"] == 1
    assert client.get(f"{QUOTES}?expired=true&count=true").json()["count"] == 0


@pytest.mark.parametrize("address", [DEALS, QUOTES])
def test_lists_take_a_fixed_number_of_queries(people, call, address, django_assert_max_num_queries):
    for _ in range(10):
        QuoteFactory(opportunity=OpportunityFactory(owner=people["sales"]))
    client = call(people["sales"])
    client.get(address)
    with django_assert_max_num_queries(5):
        client.get(address)
