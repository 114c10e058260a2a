"""What waits at home in marketing and leads, and the campaign's own numbers."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm import clock, jobs, work
from leads import services, tasks
from leads.models import Lead
from tests.factories import CampaignFactory, LeadFactory

pytestmark = pytest.mark.django_db


def home(browse, user):
    return browse(user).get("/").content.decode()


def days_ago(count):
    return timezone.now() - timedelta(days=count)


def test_sales_see_their_leads_to_contact_and_the_pool(people, browse):
    LeadFactory(company_name="Mine", owner=people["sales"], status="assigned", assigned_at=days_ago(5))
    LeadFactory(company_name="Pooled")
    LeadFactory(company_name="Strange", owner=people["stranger"], status="assigned")
    page = home(browse, people["sales"])
    assert "Leads to contact" in page and "Mine" in page and "overdue" in page
    assert "In the pool, to claim" in page and "Pooled" in page
    assert "Strange" not in page


def test_a_promise_waits_until_it_is_ticked_off(people, browse):
    lead = LeadFactory(owner=people["sales"], status="assigned")
    today = {"owner": people["sales"], "by": people["sales"], "due_on": clock.today()}
    task = work.add_task(title="Call back", record=lead, **today)
    work.add_task(title="Much later", **{**today, "due_on": clock.today() + timedelta(days=9)})
    page = home(browse, people["sales"])
    assert f"Call back · {lead.company_name}" in page and "Much later" not in page
    browse(people["sales"]).post(f"/tasks/{task.pk}/done/")
    assert "Call back" not in home(browse, people["sales"])


def test_marketing_sees_what_sales_returned_and_why_until_somebody_takes_it(people, browse):
    lead = LeadFactory(company_name="Back again")
    services.claim(lead, by=people["sales"])
    services.return_to_pool(lead, reason="Wrong number", by=people["sales"])
    assert "Wrong number" in home(browse, people["marketing"])
    services.claim(lead, by=people["colleague"])
    assert "Wrong number" not in home(browse, people["marketing"])


def test_marketing_sees_campaigns_by_how_much_of_the_budget_is_spent(people, browse):
    campaign = CampaignFactory(name="Spring fair", status="active", budget=1000)
    services.book_spend(campaign, amount=250, spent_on=clock.today(), by=people["marketing"])
    assert "(25%)" in home(browse, people["marketing"])


def test_a_manager_sees_what_nobody_in_the_team_contacted(people, browse):
    late = {"status": "assigned", "assigned_at": days_ago(4)}
    LeadFactory(company_name="Forgotten", owner=people["sales"], **late)
    LeadFactory(company_name="Elsewhere", owner=people["stranger"], **late)
    page = home(browse, people["manager"])
    assert "Forgotten" in page and "Elsewhere" not in page


def test_home_takes_no_more_queries_for_more_rows(people, browse):
    client = browse(people["sales"])
    counts = []
    for _turn in range(3):
        LeadFactory.create_batch(3, owner=people["sales"], status="assigned", assigned_at=days_ago(3))
        LeadFactory.create_batch(2)
        with CaptureQueriesContext(connection) as queries:
            client.get("/")
        counts.append(len(queries))
    assert counts[2] <= counts[1]


def test_a_campaigns_page_counts_its_leads_and_its_money(people, browse):
    campaign = CampaignFactory(status="active", budget=1000)
    LeadFactory.create_batch(3, campaign=campaign)
    LeadFactory(campaign=campaign, owner=people["sales"], status="assigned")
    services.book_spend(campaign, amount=1200, spent_on=clock.today(), by=people["marketing"])
    page = browse(people["marketing"]).get(campaign.get_absolute_url()).content.decode()
    assert f"campaign={campaign.pk}&amp;status=new" in page
    assert "120%" in page and "More is spent" in page
    assert "120%" not in browse(people["sales"]).get(campaign.get_absolute_url()).content.decode()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("role", ["marketing", "sales", "manager", "finance", "sales_support"])
def test_every_page_opens_for_every_role_that_may(people, browse, role, language):
    people[role].language = language
    people[role].save()
    campaign = CampaignFactory(status="active", budget=100, owner=people["marketing"])
    lead = LeadFactory(campaign=campaign, owner=people["sales"], status="assigned")
    for address in ("/", "/leads/", "/campaigns/", lead.get_absolute_url(), campaign.get_absolute_url()):
        assert browse(people[role]).get(address).status_code == 200


def test_the_form_brings_the_right_keyboard_and_watches_for_duplicates(people, browse):
    page = browse(people["sales"]).get("/leads/new/").content.decode()
    assert 'type="tel"' in page and 'type="email"' in page and 'inputmode="decimal"' in page
    assert 'hx-get="/leads/similar/"' in page


# By night


def recycle():
    job = jobs.enqueue("leads.recycle")
    jobs.run(job.pk)
    job.refresh_from_db()
    return job


def test_untouched_leads_go_back_to_the_pool_by_night_and_their_owner_is_told(people):
    held = {"owner": people["sales"], "status": Lead.Status.CONTACTED}
    forgotten = LeadFactory(last_contact_at=days_ago(40), **held)
    tended = LeadFactory(last_contact_at=days_ago(2), **held)
    assert recycle().result == {"recycled": 1}
    forgotten.refresh_from_db()
    tended.refresh_from_db()
    assert (forgotten.owner, forgotten.status) == (None, Lead.Status.NEW)
    assert tended.owner == people["sales"]
    assert people["sales"].notifications.count() == 1
    assert recycle().result == {"recycled": 0}


def test_recycling_runs_at_two_in_the_morning():
    every = jobs.TASKS["leads.recycle"].every
    assert (every.hour, every.minute) == ({2}, {0})
    assert tasks.recycle is jobs.TASKS["leads.recycle"].function
