"""The rules of campaigns and leads."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from crm import events
from crm.access import SYSTEM
from crm.models import Company, Task
from crm.transitions import IllegalMove
from leads import services
from leads.models import Lead
from tests.factories import CampaignFactory, LeadFactory

pytestmark = pytest.mark.django_db


def test_claiming_a_lead_makes_it_mine_and_is_logged(people):
    lead = LeadFactory()
    services.claim(lead, by=people["sales"])
    lead.refresh_from_db()
    assert (lead.owner, lead.status) == (people["sales"], Lead.Status.ASSIGNED)
    event = events.of_record(lead).get(verb="claim")
    assert (event.from_state, event.to_state, event.actor, event.acting_role) == (
        "new",
        "assigned",
        people["sales"],
        "sales",
    )
    assert event.case_id == lead.case_id


def test_a_lead_somebody_holds_cannot_be_claimed(people):
    lead = LeadFactory(owner=people["colleague"], status=Lead.Status.ASSIGNED)
    with pytest.raises(IllegalMove):
        services.claim(lead, by=people["sales"])


def test_nobody_holds_more_open_leads_than_the_company_allows(people):
    Company.objects.create(open_leads_limit=1)
    services.claim(LeadFactory(), by=people["sales"])
    with pytest.raises(ValidationError, match="open lead"):
        services.claim(LeadFactory(), by=people["sales"])


def test_who_returned_a_lead_leaves_it_to_others_for_some_days(people):
    lead = LeadFactory()
    services.claim(lead, by=people["sales"])
    services.return_to_pool(lead, reason="No budget", by=people["sales"])
    with pytest.raises(ValidationError, match="returned this lead"):
        services.claim(lead, by=people["sales"])
    services.claim(lead, by=people["colleague"])


def test_a_call_is_logged_with_its_next_step_as_a_task(people):
    lead = LeadFactory(owner=people["sales"], status=Lead.Status.ASSIGNED)
    services.contact(lead, kind="call", summary="Wants 20 seats", next_step="Send offer", by=people["sales"])
    lead.refresh_from_db()
    assert lead.status == Lead.Status.CONTACTED
    assert Task.objects.get(record_type="lead", record_id=lead.pk).title == "Send offer"


@pytest.mark.parametrize(("budget", "timing", "grade"), [(1000, "now", "A"), (None, "year", "C"), (1000, "", "B")])
def test_qualifying_proposes_a_grade_from_budget_and_timing(people, budget, timing, grade):
    lead = LeadFactory(owner=people["sales"], status=Lead.Status.CONTACTED)
    services.qualify(lead, need="CRM", budget=budget, timing=timing, by=people["sales"])
    lead.refresh_from_db()
    assert (lead.status, lead.grade) == (Lead.Status.QUALIFIED, grade)


def test_qualifying_needs_a_budget_or_a_timing(people):
    lead = LeadFactory(owner=people["sales"], status=Lead.Status.CONTACTED)
    with pytest.raises(ValidationError) as refusal:
        services.qualify(lead, need="CRM", by=people["sales"])
    assert "budget" in refusal.value.message_dict


def test_a_lead_without_follow_up_goes_back_to_the_pool(people):
    long_ago = timezone.now() - timedelta(days=60)
    lead = LeadFactory(owner=people["sales"], status=Lead.Status.ASSIGNED, last_contact_at=long_ago)
    services.recycle(lead, by=SYSTEM)
    lead.refresh_from_db()
    assert (lead.owner, lead.status) == (None, Lead.Status.NEW)


def test_a_campaign_starts_only_with_budget_and_dates(people):
    campaign = CampaignFactory()
    with pytest.raises(ValidationError):
        services.activate(campaign, by=people["marketing"])


def test_sales_may_not_start_campaigns(people):
    with pytest.raises(PermissionDenied):
        services.activate(CampaignFactory(budget=1), by=people["sales"])
