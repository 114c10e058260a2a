"""Which act is proposed as the next step."""

import pytest

from crm import chain, verbs
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("state", "proposed"),
    [("assigned", "contact"), ("qualified", "convert"), ("disqualified", None), ("converted", None)],
)
def test_the_likely_next_step_leads_on(state, proposed, people):
    lead = LeadFactory(owner=people["sales"], status=state)
    likely = verbs.likely(lead, people["sales"])
    assert (likely and likely.name) == proposed


def test_nobody_holds_the_ball_of_what_can_only_be_reopened(people):
    assert chain.holder(LeadFactory(owner=people["sales"], status="disqualified")) == ""
    assert chain.holder(LeadFactory(owner=people["sales"], status="qualified")) == people["sales"].name
