"""Texts that break programs: none breaks this one, and what is taken comes back as it was."""

import json

import pytest

from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db
NAUGHTY = {
    "nul": "a\x00b",
    "surrogate": "a\ud800b",
    "right to left": "\u202eمرحبا\u202c",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈💥",
    "quotes": "';--\"<script>{{7*7}}",
    "zalgo": "Z̴̧̢̛͔̳̮̤̣̈́̀a̵l̶g̷o",
    "controls": "\x01\x1b[31m\x7f",
    "formula": "=1+1|cmd",
    "long": "x" * 1_000_000,
    "blank": " \u200b\u3000",
}


def send(method, address, body):
    """As JSON of plain ASCII, in which even half a character can be written."""
    return method(address, json.dumps(body), content_type="application/json")


@pytest.mark.parametrize("text", NAUGHTY.values(), ids=NAUGHTY)
def test_no_text_breaks_the_api(people, call, text):
    client, lead = call(people["sales"]), LeadFactory(owner=people["sales"], status="assigned")
    own = f"/api/v1/leads/{lead.pk}/"
    made = send(client.post, "/api/v1/leads/", {"company_name": text, "phone": "13800001111"})
    answers = [
        made,
        send(client.patch, own, {"need": text, "email": text}),
        send(client.patch, own, {"external_ids": {text: text}}),
        send(client.post, f"{own}contact/", {"kind": "call", "summary": text}),
        send(client.post, f"{own}disqualify/", {"reason": text}),
        send(client.post, "/api/v1/customers/bulk/", [{"name": text}, {text: text}]),
        send(client.post, "/api/v1/tasks/", {"title": text}),
        send(
            client.post,
            "/api/v1/follow-ups/",
            {"record_type": text, "record_id": lead.pk, "kind": text, "summary": text},
        ),
        *(
            client.get("/api/v1/leads/", {name: text[:2000].encode(errors="replace").decode()})
            for name in ("q", "status", "owner", "cursor", "page_size", "o", "external_id", "since", "include")
        ),
        client.get("/api/v1/leads/", {"external_system": "a", "external_id": text[:2000].encode(errors="replace")}),
    ]
    assert {answer.status_code for answer in answers if answer.status_code >= 500} == set()
    if made.status_code == 201:
        assert made.json()["company_name"] == text.strip()
