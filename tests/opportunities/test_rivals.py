"""Many at once: exactly one wins, the others get a clean answer."""

import pytest

from crm.access import CUSTOMER
from crm.models import Contact, Customer
from crm.transitions import IllegalMove
from leads.models import Lead
from opportunities import quoting, services
from opportunities.models import Opportunity, Quote
from tests.factories import LeadFactory, OpportunityFactory, QuoteFactory
from tests.rivals import RIVALS, all_at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_twenty_who_convert_one_lead_one_does(people):
    lead = LeadFactory(owner=people["sales"], status="qualified")

    def convert(number):
        mine = Lead.objects.get(pk=lead.pk)
        return services.open_from_lead(mine, opportunity_name=f"Deal {number}", amount=1, by=people["sales"])

    outcomes = all_at_once(convert)
    assert sum(isinstance(outcome, IllegalMove) for outcome in outcomes) == RIVALS - 1
    assert (Opportunity.objects.count(), Customer.objects.count(), Contact.objects.count()) == (1, 1, 1)


def test_of_twenty_quotes_of_one_deal_accepted_at_once_one_is(people):
    deal = OpportunityFactory(owner=people["sales"])
    keys = [QuoteFactory(opportunity=deal, status="sent").pk for _ in range(RIVALS)]
    outcomes = all_at_once(lambda number: quoting.accept(Quote.objects.get(pk=keys[number]), by=CUSTOMER))
    assert sum(isinstance(outcome, Quote) for outcome in outcomes) == 1
    assert Quote.objects.filter(status="accepted").count() == 1
