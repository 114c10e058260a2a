"""Campaigns and leads over the API: the same verbs, scope and refusals as on the pages."""

import pytest

from leads.models import Lead
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db


def test_creating_reading_and_listing_a_lead(people, call):
    client = call(people["sales"])
    made = client.post("/api/v1/leads/", {"company_name": "华兴制造", "phone": "13800001111"})
    assert made.status_code == 201, made.json()
    assert made.json()["status"] == "assigned"
    assert client.get(f"/api/v1/leads/{made.json()['id']}/").json()["company_name"] == "华兴制造"
    assert client.get("/api/v1/leads/?q=兴制&count=true").json()["count"] == 1


def test_a_verb_is_an_endpoint(people, call):
    lead = LeadFactory()
    answer = call(people["sales"]).post(f"/api/v1/leads/{lead.pk}/claim/")
    assert answer.status_code == 200, answer.json()
    assert Lead.objects.get(pk=lead.pk).owner == people["sales"]


def test_an_illegal_move_answers_409_with_the_legal_ones(people, call):
    lead = LeadFactory(owner=people["sales"], status="assigned")
    answer = call(people["sales"]).post(f"/api/v1/leads/{lead.pk}/reopen/", {})
    assert answer.status_code == 409
    assert answer["Content-Type"].startswith("application/problem+json")
    assert "contact" in answer.json()["legal"]


def test_a_verb_of_another_role_answers_403(people, call):
    lead = LeadFactory()
    assert call(people["marketing"]).post(f"/api/v1/leads/{lead.pk}/claim/").status_code == 403


def test_an_unseen_lead_answers_404(people, call):
    lead = LeadFactory(owner=people["stranger"], status="assigned")
    assert call(people["sales"]).get(f"/api/v1/leads/{lead.pk}/").status_code == 404


def test_bad_input_names_the_field(people, call):
    lead = LeadFactory(owner=people["sales"], status="contacted")
    answer = call(people["sales"]).post(f"/api/v1/leads/{lead.pk}/qualify/", {"need": "CRM"})
    assert answer.status_code == 400
    assert "budget" in answer.json()["errors"]


def test_the_schema_can_be_made(people, call):
    assert call(people["sales"]).get("/api/v1/schema/").status_code == 200
