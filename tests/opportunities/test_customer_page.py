"""The customer's page behind the secret link."""

from datetime import timedelta

import pytest

from crm import clock, events
from crm.links import key_of
from opportunities import quoting
from opportunities.models import Quote
from tests.factories import OpportunityFactory, QuoteFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def quote(people):
    quote = QuoteFactory(opportunity=OpportunityFactory(owner=people["sales"]), discount=5)
    quoting.submit(quote, by=people["sales"])
    return quoting.send(quote, by=people["sales"])


@pytest.fixture
def address(quote):
    return f"/q/{key_of(quote)}/"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_customer_reads_the_quote_without_login(client, quote, address, language):
    page = client.get(address, headers={"Accept-Language": language})
    assert page.status_code == 200
    assert quote.number in page.content.decode()
    assert "10,735.00" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert client.get(f"{address}quote.pdf").content[:5] == b"%PDF-"


def test_the_first_opening_is_noted_and_told_to_the_owner(people, client, quote, address):
    client.get(address)
    client.get(address)
    quote.refresh_from_db()
    assert quote.viewed_at
    assert events.of_record(quote).filter(verb="viewed", acting_role="customer").count() == 1
    assert people["sales"].notifications.filter(text__contains="opened").count() == 1


def test_a_colleague_who_looks_is_not_the_customer(people, browse, quote, address):
    browse(people["sales"]).get(address)
    quote.refresh_from_db()
    assert quote.viewed_at is None


def test_accepting_takes_a_name_and_happens_once(client, quote, address):
    assert client.post(address, {"answer": "accept"}).status_code == 422
    assert client.post(address, {"answer": "accept", "accepted_by": "张伟"}).status_code == 302
    again = client.post(address, {"answer": "accept", "accepted_by": "张伟"})
    assert again.status_code == 422
    quote.refresh_from_db()
    assert quote.status == Quote.Status.ACCEPTED
    assert events.of_record(quote).filter(verb="accept").count() == 1


def test_declining_says_why(client, quote, address):
    assert client.post(address, {"answer": "decline", "reason": ""}).status_code == 422
    assert client.post(address, {"answer": "decline", "reason": "Too dear"}).status_code == 302
    assert events.of_record(quote).get(verb="decline").reason == "Too dear"


def test_past_its_validity_the_page_takes_no_acceptance(client, quote, address):
    Quote.objects.update(valid_until=clock.today() - timedelta(days=1))
    assert "Accept this quote" not in client.get(address, headers={"Accept-Language": "en"}).content.decode()
    assert client.post(address, {"answer": "accept", "accepted_by": "张伟"}).status_code == 422
    assert Quote.objects.get().status == Quote.Status.SENT


def test_unknown_replaced_and_unsent_links_answer_alike(people, client, quote, address):
    unknown = client.get("/q/nonsense/")
    quoting.revise(quote, by=people["sales"])
    replaced = client.get(address)
    assert (unknown.status_code, replaced.status_code) == (404, 404)
    assert client.get(f"{address}quote.pdf").status_code == 404
    draft = Quote.objects.get(status="draft")
    assert client.get(f"/q/{key_of(draft)}/").status_code == 404
    assert quote.number not in replaced.content.decode()
