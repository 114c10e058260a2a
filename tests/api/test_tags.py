"""ETag and If-Match: what one has, and that nothing is overwritten unseen."""

import pytest

from crm.models import Customer
from leads.models import Lead
from tests.factories import CustomerFactory, LeadFactory, issued_invoice

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(people):
    return CustomerFactory(owner=people["sales"], region="北京")


def path(customer):
    return f"/api/v1/customers/{customer.pk}/"


def test_what_is_unchanged_is_not_sent_again(people, call, customer):
    client = call(people["sales"])
    tag = client.get(path(customer))["ETag"]
    again = client.get(path(customer), HTTP_IF_NONE_MATCH=tag)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    client.patch(path(customer), {"region": "上海"})
    assert client.get(path(customer), HTTP_IF_NONE_MATCH=tag).status_code == 200


def test_a_change_answers_with_the_tag_that_reading_then_gives(people, call, customer):
    client = call(people["sales"])
    changed = client.patch(path(customer), {"region": "上海"})
    assert changed["ETag"] == client.get(path(customer))["ETag"]


def test_people_who_are_shown_different_things_have_different_tags(people, call):
    invoice = issued_invoice(owner=people["sales"])
    address = f"/api/v1/invoices/{invoice.pk}/"
    tags = {call(people[role]).get(address)["ETag"] for role in ("sales", "finance", "service")}
    assert len(tags) == 3


def test_a_stale_change_is_refused_with_what_changed_and_by_whom(people, call, customer):
    tag = call(people["sales"]).get(path(customer))["ETag"]
    call(people["manager"]).patch(path(customer), {"region": "上海"})
    refused = call(people["sales"]).patch(path(customer), {"region": "广州"}, HTTP_IF_MATCH=tag)
    assert refused.status_code == 412
    (told,) = refused.json()["changes"]
    assert (told["field"], told["old"], told["new"], told["by"]) == ("region", "北京", "上海", "Manager")
    assert Customer.objects.get().region == "上海"


def test_a_fresh_change_is_accepted_by_tag_version_or_star(people, call, customer):
    client = call(people["sales"])
    assert (
        client.patch(path(customer), {"region": "一"}, HTTP_IF_MATCH=client.get(path(customer))["ETag"]).status_code
        == 200
    )
    assert (
        client.patch(path(customer), {"region": "二"}, HTTP_IF_MATCH=f'"customer-{customer.pk}-v2"').status_code == 200
    )
    assert client.patch(path(customer), {"region": "三"}, HTTP_IF_MATCH="*").status_code == 200


def test_a_stale_verb_is_refused_and_does_nothing(people, call):
    lead = LeadFactory(owner=people["sales"], status="assigned")
    client = call(people["sales"])
    client.patch(f"/api/v1/leads/{lead.pk}/", {"need": "CRM"})
    refused = client.post(
        f"/api/v1/leads/{lead.pk}/disqualify/", {"reason": "spam"}, HTTP_IF_MATCH=f'"lead-{lead.pk}-v1"'
    )
    assert (refused.status_code, Lead.objects.get().status) == (412, "assigned")


@pytest.mark.parametrize("tag", ['"nonsense"', "nonsense", '"customer-1-v99999999999999999999"', ""])
def test_a_tag_of_something_else_never_matches(people, call, customer, tag):
    assert call(people["sales"]).patch(path(customer), {"region": "广州"}, HTTP_IF_MATCH=tag).status_code == 412


def test_a_tag_tells_nothing_about_an_unseen_record(people, call, customer):
    refused = call(people["stranger"]).patch(path(customer), {"region": "广州"}, HTTP_IF_MATCH='"nonsense"')
    assert refused.status_code == 404
