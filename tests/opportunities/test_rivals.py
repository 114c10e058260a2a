"""Many at once: exactly one wins, the others get a clean answer."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from crm.access import CUSTOMER
from crm.models import Contact, Customer
from crm.transitions import IllegalMove
from leads.models import Lead
from opportunities import quoting, services
from opportunities.models import Opportunity, Quote
from tests.factories import LeadFactory, OpportunityFactory, QuoteFactory

pytestmark = pytest.mark.django_db(transaction=True)
RIVALS = 20


def at_once(act):
    """Run `act(number)` in twenty threads; what each got: True, or its refusal."""

    def attempt(number):
        try:
            act(number)
            return True
        except ValidationError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(RIVALS) as pool:
        return list(pool.map(attempt, range(RIVALS)))


def test_of_twenty_who_convert_one_lead_one_does(people):
    lead = LeadFactory(owner=people["sales"], status="qualified")

    def convert(number):
        mine = Lead.objects.get(pk=lead.pk)
        services.open_from_lead(mine, opportunity_name=f"Deal {number}", amount=1, by=people["sales"])

    outcomes = at_once(convert)
    assert outcomes.count(True) == 1
    assert all(isinstance(outcome, IllegalMove) for outcome in outcomes if outcome is not True)
    assert (Opportunity.objects.count(), Customer.objects.count(), Contact.objects.count()) == (1, 1, 1)


def test_of_twenty_quotes_of_one_deal_accepted_at_once_one_is(people):
    deal = OpportunityFactory(owner=people["sales"])
    keys = [QuoteFactory(opportunity=deal, status="sent").pk for _ in range(RIVALS)]
    outcomes = at_once(lambda number: quoting.accept(Quote.objects.get(pk=keys[number]), by=CUSTOMER))
    assert outcomes.count(True) == 1
    assert Quote.objects.filter(status="accepted").count() == 1
