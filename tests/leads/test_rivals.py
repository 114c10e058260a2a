"""Many at once: one wins, the others get a clean answer."""

import pytest

from crm import events
from crm.models import Company
from leads import enquiries, services
from leads.models import Lead
from tests.factories import CampaignFactory, LeadFactory, TeamFactory, UserFactory
from tests.rivals import RIVALS, all_at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_twenty_who_claim_one_lead_exactly_one_gets_it():
    team = TeamFactory()
    reps = [UserFactory(team=team) for _number in range(RIVALS)]
    lead = LeadFactory()
    answers = all_at_once(lambda number: services.claim(Lead.objects.get(pk=lead.pk), by=reps[number]))
    winners = [answer for answer in answers if isinstance(answer, Lead)]
    assert len(winners) == 1
    lead.refresh_from_db()
    assert lead.owner == winners[0].owner
    assert events.of_record(lead).filter(verb="claim").count() == 1


def test_who_claims_many_at_once_holds_no_more_than_the_limit():
    Company.objects.create(open_leads_limit=3)
    rep, leads = UserFactory(team=TeamFactory()), LeadFactory.create_batch(8)
    all_at_once(lambda number: services.claim(Lead.objects.get(pk=leads[number].pk), by=rep), times=8)
    assert Lead.objects.filter(owner=rep).count() == 3


def test_an_enquiry_sent_many_times_at_once_is_one_lead():
    campaign = CampaignFactory(status="active")
    all_at_once(
        lambda _number: enquiries.receive(
            campaign, Lead(company_name="A", phone="13800001111"), consent="Yes", submission="same"
        ),
        times=8,
    )
    assert Lead.objects.count() == 1
