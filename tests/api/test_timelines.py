"""Amounts kept from a reader stay out of what happened: on the page's timeline and over the API alike."""

import pytest

from crm import access, events, records
from crm.access import SYSTEM
from leads.models import Campaign
from tests.factories import CampaignFactory, issued_invoice

pytestmark = pytest.mark.django_db
SECRET = "4321.50"


@pytest.fixture
def invoice(people):
    found = issued_invoice(people["sales"])
    events.write(found, "changed", by=SYSTEM, data={"changes": {"gross": ["1000.00", SECRET], "notes": ["", "told"]}})
    events.write(found, "changed", by=SYSTEM, data={"changes": {"lines": [[], [{"unit_price": SECRET}]]}})
    events.write(found, "write_off", by=SYSTEM, data={"amount": SECRET, "text": SECRET})
    return found


@pytest.fixture
def campaign(people):
    found = CampaignFactory(status=Campaign.Status.ACTIVE, budget=1000, owner=people["marketing"])
    found.budget, found.name = SECRET, "told"
    return records.save(found, by=people["marketing"])


ADDRESSES = ("{page}", "/api/v1/events/?record_type={kind}&record_id={pk}")


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("role", ["finance", "service", "operations", "sales"])
def test_an_invoice_s_amounts_are_told_to_those_who_may_see_them(people, browse, invoice, role, address):
    where = address.format(page=invoice.get_absolute_url(), kind="invoice", pk=invoice.pk)
    page = browse(people[role]).get(where).content.decode().replace(",", "")
    assert "told" in page
    assert (SECRET in page) == access.sees_money(people[role], invoice) == (role in ("finance", "sales"))


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("role", ["marketing", "sales"])
def test_a_campaign_s_budget_is_told_to_those_who_may_see_it(people, browse, campaign, role, address):
    where = address.format(page=campaign.get_absolute_url(), kind="campaign", pk=campaign.pk)
    page = browse(people[role]).get(where).content.decode().replace(",", "")
    assert "told" in page
    assert (SECRET in page) == (role == "marketing")
