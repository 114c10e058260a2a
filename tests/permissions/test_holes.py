"""Ways around the access table that were once open, each closed for good."""

from decimal import Decimal

import pytest

from crm import clock
from crm.access import SYSTEM
from leads import services as leads
from tests.factories import CampaignFactory, CaseFactory, CustomerFactory, LeadFactory

pytestmark = pytest.mark.django_db


def test_a_customer_is_not_handed_over_by_an_edit(call, people):
    customer = CustomerFactory(owner=people["sales"])
    answer = call(people["sales_support"]).patch(f"/api/v1/customers/{customer.pk}/", {"owner": people["colleague"].pk})
    customer.refresh_from_db()
    assert (answer.status_code, customer.owner) == (400, people["sales"])


def test_what_a_campaign_cost_is_not_read_in_its_timeline(browse, call, people):
    campaign = CampaignFactory(status="active", owner=people["marketing"], budget=100000)
    leads.book_spend(campaign, amount=Decimal("8642.97"), spent_on=clock.today(), by=SYSTEM)
    for reader, told in (("sales", False), ("marketing", True)):
        assert ("8642.97" in call(people[reader]).get("/api/v1/events/").content.decode()) is told
    assert "8,642.97" not in browse(people["sales"]).get(campaign.get_absolute_url()).content.decode()


def test_campaigns_are_not_ranked_by_a_budget_one_does_not_see(call, people):
    for budget in (3, 1, 2):
        CampaignFactory(budget=budget, owner=people["marketing"])

    def ranked(who):
        rows = call(people[who]).get("/api/v1/campaigns/", {"o": "budget"}).json()["results"]
        return [row["id"] for row in rows]

    assert ranked("sales") == sorted(ranked("marketing"), reverse=True) != ranked("marketing")


def test_a_follow_up_can_be_logged_on_a_campaign(browse, people):
    campaign = CampaignFactory(owner=people["marketing"])
    address = f"{campaign.get_absolute_url()}follow-up/"
    assert browse(people["marketing"]).post(address, {"kind": "call", "summary": "Hello"}).status_code == 302


def test_a_case_out_of_sight_is_not_found(call, people):
    case = CaseFactory()
    LeadFactory(owner=people["stranger"], status="assigned", case=case)
    assert call(people["sales"]).get(f"/api/v1/cases/{case.pk}/").status_code == 404


def test_the_schema_is_for_those_who_signed_in(client):
    assert client.get("/api/v1/schema/").status_code == 401


def test_a_case_is_not_told_by_its_campaign(call, people):
    lead = LeadFactory(owner=people["stranger"], status="assigned", campaign=CampaignFactory(), case=CaseFactory())
    assert call(people["sales"]).get(f"/api/v1/cases/{lead.case_id}/").status_code == 404
    assert call(people["stranger"]).get(f"/api/v1/cases/{lead.case_id}/").status_code == 200


def test_a_form_that_never_was_is_not_found_whatever_its_key(client):
    assert client.get("/forms/lead/%00/").status_code == 404
