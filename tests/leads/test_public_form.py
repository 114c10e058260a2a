"""A campaign's form for outsiders."""

import re
import time

import pytest

from crm import events
from leads import public_form
from leads.models import Lead
from tests.factories import CampaignFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(people):
    return CampaignFactory(status="active", owner=people["marketing"])


def address(campaign):
    return f"/forms/lead/{campaign.form_key}/"


def filled_in(campaign, seconds_ago=60, **changed):
    known = {"company_name": "华兴制造", "contact_name": "张伟", "phone": "13800001111", "consent": "on"}
    return {**known, "stamp": public_form.stamp(campaign, time.time() - seconds_ago), **changed}


def test_an_enquiry_becomes_a_lead_of_the_campaign_in_the_pool(client, campaign, people):
    answer = client.post(address(campaign), filled_in(campaign), follow=True)
    assert "Thank you" in answer.content.decode() or "谢谢" in answer.content.decode()
    lead = Lead.objects.get()
    assert (lead.campaign, lead.channel, lead.status, lead.owner) == (campaign, "website", "new", None)
    assert lead.case_id
    assert "华兴制造" in str(people["marketing"].notifications.get())


def test_the_words_agreed_to_are_kept(client, campaign):
    client.post(address(campaign), filled_in(campaign), headers={"accept-language": "en"})
    lead = Lead.objects.get()
    event = events.of_record(lead).get(verb="consented")
    assert lead.consent
    assert (event.data["text"], event.acting_role) == (str(public_form.CONSENT), "customer")


def test_without_consent_nothing_is_kept_and_nothing_typed_is_lost(client, campaign):
    answer = client.post(address(campaign), filled_in(campaign, consent=""))
    assert answer.status_code == 422
    assert "华兴制造" in answer.content.decode()
    assert not Lead.objects.exists()


def test_a_phone_or_an_e_mail_is_needed_to_answer(client, campaign):
    assert client.post(address(campaign), filled_in(campaign, phone="")).status_code == 422
    assert client.post(address(campaign), filled_in(campaign, phone="", email="a@example.com")).status_code == 302


def test_sending_twice_makes_one_lead(client, campaign):
    form = filled_in(campaign)
    assert client.post(address(campaign), form).status_code == client.post(address(campaign), form).status_code == 302
    assert Lead.objects.count() == 1


def test_a_program_that_fills_in_every_field_is_thanked_and_leaves_no_lead(client, campaign):
    assert client.post(address(campaign), filled_in(campaign, website="http://spam")).status_code == 302
    assert not Lead.objects.exists()


@pytest.mark.parametrize("stamp", ["", "forged"])
def test_a_form_that_we_did_not_hand_out_is_not_taken(client, campaign, stamp):
    assert client.post(address(campaign), filled_in(campaign, stamp=stamp)).status_code == 422
    assert not Lead.objects.exists()


def test_a_form_of_another_campaign_is_not_taken(client, campaign):
    other = CampaignFactory(status="active")
    assert client.post(address(campaign), filled_in(other)).status_code == 422


def test_faster_than_a_person_is_asked_to_wait(client, campaign):
    answer = client.post(address(campaign), filled_in(campaign, seconds_ago=1))
    assert answer.status_code == 422
    assert not Lead.objects.exists()


def test_one_address_sends_only_so_many(client, campaign):
    for _turn in range(public_form.TRIES):
        client.post(address(campaign), filled_in(campaign, phone="", email=""))
    answer = client.post(address(campaign), filled_in(campaign))
    assert answer.status_code == 429
    assert "华兴制造" in answer.content.decode()
    assert not Lead.objects.exists()


def test_the_form_may_be_shown_inside_other_sites_and_only_the_form(client, campaign):
    form = client.get(address(campaign))
    assert "frame-ancestors *" in form["Content-Security-Policy"]
    assert "X-Frame-Options" not in form
    login = client.get("/account/login/")
    assert "frame-ancestors 'none'" in login["Content-Security-Policy"]
    assert login["X-Frame-Options"] == "DENY"


def test_the_form_needs_no_cookie(campaign):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    assert strict.post(address(campaign), filled_in(campaign)).status_code == 302


@pytest.mark.parametrize(("language", "words"), [("en", "Talk to us"), ("zh-CN", 'lang="zh-hans"')])
def test_the_form_speaks_the_browsers_language(client, campaign, language, words):
    assert words in client.get(address(campaign), headers={"accept-language": language}).content.decode()


def without_token(answer):
    return re.sub(r'"X-CSRFToken": "\w+"', "", answer.content.decode())


def test_a_form_that_is_over_and_one_that_never_was_look_alike(client):
    over = client.get(address(CampaignFactory(status="completed")))
    never = client.get("/forms/lead/nothing/")
    assert over.status_code == never.status_code == 404
    assert without_token(over) == without_token(never)


def test_marketing_finds_the_form_on_the_campaigns_page(browse, people, campaign):
    page = browse(people["marketing"]).get(campaign.get_absolute_url()).content.decode()
    assert f"http://testserver{address(campaign)}" in page
    assert "&lt;iframe" in page
    assert "iframe" not in browse(people["sales"]).get(campaign.get_absolute_url()).content.decode()
