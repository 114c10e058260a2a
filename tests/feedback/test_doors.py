"""Tickets and surveys through page and API; the customer's survey page."""

import pytest

from crm import verbs
from feedback.models import SurveyInvitation, Ticket
from tests.factories import CustomerFactory
from tests.feedback.factories import TicketFactory, accepted_order, survey_for

pytestmark = pytest.mark.django_db

INPUT = {"answer": {"text": "Hello"}, "resolve": {"resolution": "Done"}, "reopen": {"reason": "Again"}}


@pytest.mark.parametrize("role", ["service", "operations", "sales"])
@pytest.mark.parametrize("verb", sorted(verbs.of(Ticket)))
@pytest.mark.parametrize("state", ["new", "in_progress", "resolved"])
def test_both_doors_have_the_same_effect_and_the_same_refusal(state, verb, role, people, browse, call):
    by_page, by_api = (TicketFactory(status=state, contact__customer__owner=people["sales"]) for _ in range(2))
    page = browse(people[role]).post(f"/tickets/{by_page.pk}/{verb}/", INPUT.get(verb, {}))
    api = call(people[role]).post(f"/api/v1/tickets/{by_api.pk}/{verb}/", INPUT.get(verb, {}))
    by_page.refresh_from_db()
    by_api.refresh_from_db()
    assert by_page.status == by_api.status
    refused = (page.status_code, api.status_code)
    assert refused in [(302, 200), (403, 403), (409, 409), (422, 409)], refused


def test_a_ticket_is_written_down_on_the_page(people, browse):
    customer = CustomerFactory(owner=people["sales"])
    form = {"subject": "Broken", "customer": customer.pk, "kind": "defect", "priority": "high"}
    assert browse(people["service"]).post("/tickets/new/", form).status_code == 302
    assert Ticket.objects.get().response_due_at


def test_a_ticket_is_written_down_over_the_api(people, call):
    customer = CustomerFactory(owner=people["sales"])
    made = call(people["service"]).post("/api/v1/tickets/", {"subject": "Broken", "customer": customer.pk})
    assert made.status_code == 201, made.json()
    assert made.json()["resolution_due_at"]
    assert made.json()["case"]


def test_the_customer_answers_on_a_page_without_login(client, people):
    survey, key = survey_for(accepted_order(people["sales"]))
    assert client.get(f"/s/{key}/").status_code == 200
    assert client.post(f"/s/{key}/", {}).status_code == 422
    client.post(f"/s/{key}/", {"score": 4})
    survey.refresh_from_db()
    assert (survey.status, survey.score) == ("answered", 4)
    assert "Thank you" in client.get(f"/s/{key}/", headers={"accept-language": "en"}).content.decode()


def test_a_wrong_key_tells_nothing(client, people):
    survey_for(accepted_order(people["sales"]))
    assert client.get("/s/" + "0" * 64 + "/").status_code == 404


def test_the_key_itself_is_not_kept(people):
    survey, key = survey_for(accepted_order(people["sales"]))
    assert key not in str(SurveyInvitation.objects.filter(pk=survey.pk).values())


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("role", ["sales", "sales_support", "operations", "finance", "service", "manager"])
def test_every_page_opens_for_every_role_that_may(role, language, people, browse):
    people[role].language = language
    people[role].save()
    order = accepted_order(people["sales"])
    ticket = TicketFactory(contact=order.customer.contacts.first(), order=order)
    survey, _key = survey_for(order)
    client = browse(people[role])
    for address in ("/tickets/", "/surveys/", ticket.get_absolute_url(), survey.get_absolute_url(), "/"):
        assert client.get(address).status_code == 200, address


@pytest.mark.parametrize("role", ["marketing", "admin"])
def test_tickets_are_none_of_marketings_business(role, people, browse):
    assert browse(people[role]).get("/tickets/").status_code == 403


@pytest.mark.parametrize("address", ["/tickets/", "/surveys/"])
def test_lists_take_a_fixed_number_of_queries(address, people, browse, django_assert_max_num_queries):
    for _ in range(8):
        survey_for(TicketFactory(order=accepted_order(people["sales"]), status="resolved").order)
    client = browse(people["service"])
    client.get(address)
    with django_assert_max_num_queries(8):
        client.get(address)
