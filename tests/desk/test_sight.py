"""The page and the endpoint by which an administrator learns what a user sees and does, and why."""

import pytest

from crm.access import GRANTS
from crm.desk import sight
from tests.factories import CustomerFactory, LeadFactory
from tests.factories import signed_contract as contract_of

pytestmark = pytest.mark.django_db


def asked(browse, people, who, record=""):
    return browse(people["admin"]).get(f"/users/{people[who].pk}/sight/", {"record": record} if record else {})


def test_every_permission_has_words_of_its_own():
    nameless = [permission for permission in GRANTS if "_" in sight.label(permission) or "." in sight.label(permission)]
    assert nameless == [], "name it in crm/desk/sight.py"


def test_an_administrator_reads_what_a_rep_may_do(browse, people):
    LeadFactory(owner=people["sales"])
    page = asked(browse, people, "sales").content.decode()
    assert "own records" in page
    assert "Qualify" in page


def test_a_record_is_told_by_the_address_of_its_page(browse, people):
    customer = CustomerFactory(owner=people["stranger"], name="Secret Ltd")
    page = asked(browse, people, "sales", f"http://testserver{customer.get_absolute_url()}").content.decode()
    assert "Sales does not see" in page
    assert "Stranger (South)" in page
    assert "Secret Ltd" not in page  # the administrator sees no customers either


def test_a_record_is_told_by_its_number(browse, people):
    contract = contract_of(people["sales"])
    page = asked(browse, people, "manager", contract.number).content.decode()
    assert "Manager sees Contract" in page
    assert "for the team North and those below" in page


def test_a_record_nobody_knows_is_refused_in_words(browse, people):
    answer = asked(browse, people, "sales", "C-1999-00001")
    assert answer.status_code == 422
    assert "There is no such record" in answer.content.decode()


def test_the_count_is_what_the_user_sees_now(people):
    LeadFactory.create_batch(2, owner=people["sales"])
    LeadFactory(owner=people["stranger"])
    lines = {line.reason.permission: line for group in sight.overview(people["sales"]) for line in group.lines}
    assert lines["leads.view_lead"].records == 2
    assert lines["leads.qualify_lead"].records == 2


def test_the_api_tells_the_same(call, people):
    lead = LeadFactory(owner=people["stranger"])
    client = call(people["admin"])
    lines = client.get(f"/api/v1/users/{people['sales'].pk}/access/").json()
    assert {line["permission"] for line in lines} == GRANTS.keys()
    first = client.get(f"/api/v1/users/{people['sales'].pk}/access/", {"record": lead.number}).json()[0]
    assert (first["permission"], first["allowed"], first["scope"]) == ("leads.view_lead", False, "own")


@pytest.mark.parametrize("role", ["sales", "manager", "boss", "finance"])
def test_only_administrators_ask(browse, call, people, role):
    other = people["colleague"].pk
    assert browse(people[role]).get(f"/users/{other}/sight/").status_code == 403
    assert call(people[role]).get(f"/api/v1/users/{other}/access/").status_code == 403


def test_somebody_switched_off_is_explained(people):
    people["sales"].is_active = False
    reason = sight.overview(people["sales"])[0].lines[0].reason
    assert (reason.allowed, reason.text) == (False, "Sales may not sign in, so nothing is allowed.")


def test_the_number_of_queries_does_not_grow_with_the_records(people, django_assert_max_num_queries):
    LeadFactory.create_batch(5, owner=people["sales"])
    with django_assert_max_num_queries(120):
        sight.overview(people["manager"])
