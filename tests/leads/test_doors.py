"""Page and API are two doors to the same verbs: the same effect, the same refusal."""

import pytest

from crm import events
from leads.models import Campaign, Lead
from tests.factories import CampaignFactory, LeadFactory

pytestmark = pytest.mark.django_db
SALES, MARKETING = "sales", "marketing"
HELD = {"owner": SALES, "status": "contacted"}
REASON = {"reason": "Because"}
CASES = [  # record, its state, verb, input, who, state after, who may not, a state in which it is impossible
    (Lead, {}, "claim", {}, SALES, "assigned", MARKETING, "converted"),
    (Lead, {}, "assign", {"owner": SALES}, MARKETING, "assigned", SALES, "converted"),
    (Lead, {**HELD, "status": "assigned"}, "contact", {"kind": "call", "summary": "Hello"}, SALES, "contacted",
     MARKETING, "converted"),
    (Lead, HELD, "qualify", {"need": "CRM", "timing": "now"}, SALES, "qualified", MARKETING, "converted"),
    (Lead, {}, "nurture", {}, MARKETING, "nurturing", SALES, "converted"),
    (Lead, HELD, "return_to_pool", REASON, SALES, "new", MARKETING, "converted"),
    (Lead, HELD, "disqualify", REASON, SALES, "disqualified", "finance", "converted"),
    (Lead, {"status": "disqualified"}, "reopen", {}, MARKETING, "new", "finance", "converted"),
    (Campaign, {}, "activate", {}, MARKETING, "active", SALES, "cancelled"),
    (Campaign, {"status": "active"}, "pause", {}, MARKETING, "paused", SALES, "cancelled"),
    (Campaign, {"status": "active"}, "complete", {}, MARKETING, "completed", SALES, "cancelled"),
    (Campaign, {}, "cancel", REASON, MARKETING, "cancelled", SALES, "active"),
    (Campaign, {"status": "active"}, "book_spend", {"amount": "5", "spent_on": "2026-01-05"}, MARKETING, "active",
     SALES, "cancelled"),
]  # fmt: skip
parametrised = pytest.mark.parametrize(
    ("model", "state", "verb", "given", "who", "after", "not_who", "impossible"),
    CASES,
    ids=[f"{case[0].__name__}-{case[2]}" for case in CASES],
)


@pytest.fixture(params=["page", "api"])
def act(request, browse, call):
    """Do a verb through one of the doors; answers the status code."""

    def through(user, record, verb, given):
        if request.param == "page":
            return browse(user).post(f"{record.get_absolute_url()}{verb}/", given).status_code
        return call(user).post(f"/api/v1/{record._meta.model_name}s/{record.pk}/{verb}/", given).status_code

    through.door = request.param
    return through


def made(model, people, **state):
    if "owner" in state:
        state["owner"] = people[state["owner"]]
    if model is Campaign:
        return CampaignFactory(budget=1000, starts_on="2026-01-01", ends_on="2026-12-31", **state)
    return LeadFactory(**state)


def filled(given, people):
    return {key: people[value].pk if key == "owner" else value for key, value in given.items()}


@parametrised
def test_a_verb_has_the_same_effect(act, people, model, state, verb, given, who, after, not_who, impossible):
    record = made(model, people, **state)
    assert act(people[who], record, verb, filled(given, people)) == (302 if act.door == "page" else 200)
    record.refresh_from_db()
    assert record.status == after
    event = events.of_record(record).get(verb=verb)
    assert (event.actor, event.acting_role, event.source) == (people[who], who, {"page": "web"}.get(act.door, "api"))


@parametrised
def test_a_verb_of_another_role_is_refused(act, people, model, state, verb, given, who, after, not_who, impossible):
    record = made(model, people, **{**state, "owner": SALES} if state.get("owner") else state)
    before = record.status
    assert act(people[not_who], record, verb, filled(given, people)) == 403
    record.refresh_from_db()
    assert record.status == before


@parametrised
def test_an_impossible_verb_is_refused(act, people, model, state, verb, given, who, after, not_who, impossible):
    record = made(model, people, **{**state, "status": impossible, "owner": who})
    assert act(people[who], record, verb, filled(given, people)) in (409, 422 if act.door == "page" else 409)
    record.refresh_from_db()
    assert record.status == impossible


@pytest.mark.parametrize(
    ("verb", "given"), [("qualify", {"need": "CRM"}), ("disqualify", {}), ("contact", {"kind": "call"})]
)
def test_missing_input_is_refused_and_changes_nothing(act, people, verb, given):
    lead = made(Lead, people, **HELD)
    assert act(people[SALES], lead, verb, given) == (422 if act.door == "page" else 400)
    assert not events.of_record(lead).exists()


def test_a_strangers_lead_is_not_there(act, people):
    lead = made(Lead, people, owner="stranger", status="contacted")
    assert act(people[SALES], lead, "disqualify", REASON) == 404
