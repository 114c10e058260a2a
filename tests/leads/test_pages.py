"""The pages of campaigns and leads: wiring, scope, query counts."""

import pytest
from django.urls import reverse

from crm import work
from leads.models import Lead
from tests.factories import CampaignFactory, LeadFactory

pytestmark = pytest.mark.django_db
LIST = "/leads/"


def test_the_list_shows_my_leads_and_the_pool_but_not_a_strangers(people, browse):
    mine = LeadFactory(owner=people["sales"], status="assigned")
    pooled = LeadFactory()
    strangers = LeadFactory(owner=people["stranger"], status="assigned")
    page = browse(people["sales"]).get(LIST).content.decode()
    assert mine.company_name in page
    assert pooled.company_name in page
    assert strangers.company_name not in page


def test_a_strangers_lead_is_not_found(people, browse):
    lead = LeadFactory(owner=people["stranger"], status="assigned")
    assert browse(people["sales"]).get(lead.get_absolute_url()).status_code == 404


def test_the_list_takes_a_fixed_number_of_queries(people, browse, django_assert_max_num_queries):
    LeadFactory.create_batch(30, owner=people["sales"], status="assigned", campaign=CampaignFactory())
    client = browse(people["sales"])
    client.get(LIST)
    with django_assert_max_num_queries(8):
        client.get(LIST)


def test_a_rep_logs_a_lead_and_it_is_theirs(people, browse):
    answer = browse(people["sales"]).post("/leads/new/", {"company_name": "华兴制造", "phone": "13800001111"})
    lead = Lead.objects.get()
    assert answer.status_code == 302
    assert (lead.owner, lead.status) == (people["sales"], "assigned")
    assert lead.case_id


def test_a_bad_form_loses_nothing_that_was_typed(people, browse):
    answer = browse(people["sales"]).post("/leads/new/", {"company_name": "华兴制造", "email": "nonsense"})
    assert answer.status_code == 422
    assert "华兴制造" in answer.content.decode()


def test_claiming_by_one_click(people, browse):
    lead = LeadFactory()
    browse(people["sales"]).post(reverse("leads:lead_act", args=[lead.pk, "claim"]))
    lead.refresh_from_db()
    assert lead.owner == people["sales"]


def test_a_record_page_shows_strip_timeline_and_next_act(people, browse):
    lead = LeadFactory(owner=people["sales"], status="assigned")
    page = browse(people["sales"]).get(lead.get_absolute_url()).content.decode()
    assert "chain-strip" in page
    assert "Log contact" in page


def test_a_long_timeline_shows_its_latest_entries_first_and_all_on_demand(people, browse):
    lead = LeadFactory(owner=people["sales"])
    for number in range(20):
        work.comment(lead, text=f"word {number:02d}", by=people["sales"])
    page = browse(people["sales"]).get(lead.get_absolute_url())
    assert [f"word {number:02d}" in timeline_of(page) for number in (19, 8, 7)] == [True, True, False]
    everything = browse(people["sales"]).get(f"{lead.get_absolute_url()}?timeline=all")
    assert "word 00" in timeline_of(everything)
    assert "?timeline=all" not in timeline_of(everything)


def timeline_of(response):
    return response.content.decode().split('id="timeline"')[1].split("</section>")[0]
