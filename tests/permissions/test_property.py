"""For any user: the table in code, the oracle beside it and the explanations all say the same."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm import access, reasons
from crm.access import GRANTS, Role
from crm.models import Team, User
from tests.permissions import oracle
from tests.permissions.test_matrix import MODELS

pytestmark = pytest.mark.django_db
ROLES = st.sets(st.sampled_from(Role.values), max_size=3)
TEAMS = st.sampled_from(["HQ", "North", "South", None])
WHO = st.sampled_from(["sales", "colleague", "stranger", "manager"])
SOME = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def somebody(who, roles, team):
    """One of the company's people with other roles, in another team."""
    user = User.objects.get(email=f"{who}@example.com")
    user.roles, user.team = sorted(roles), Team.objects.filter(name=team).first()
    user.save()
    return user


@SOME
@given(who=WHO, roles=ROLES, team=TEAMS)
def test_the_rows_of_every_type_are_those_the_oracle_sees(inside, who, roles, team):
    user = somebody(who, roles, team)
    for kind, model in MODELS.items():
        rows = model.objects.all()
        seen = set(access.visible(rows, user).values_list("pk", flat=True))
        assert seen == {row.pk for row in rows if oracle.sees(user, row)}, (kind, user.roles, user.team)


@SOME
@given(who=WHO, roles=ROLES, team=TEAMS, permission=st.sampled_from(sorted(GRANTS)))
def test_an_explanation_says_what_the_table_does(inside, who, roles, team, permission):
    user = somebody(who, roles, team)
    assert reasons.explain(user, permission).allowed == access.allows(user, permission)
    for record in inside.records:
        reason = reasons.explain(user, permission, record)
        rows = type(record).objects.filter(pk=record.pk)
        if permission == oracle.view(record):
            assert reason.allowed == access.visible(rows, user).exists(), reason.text
        else:
            assert reason.allowed == access.allows(user, permission, record) == oracle.may(user, permission, record)
        if record.OWNER_PATHS:
            assert access.reached(rows, user, permission).exists() == access.allows(user, permission, record)


@SOME
@given(roles=ROLES, team=TEAMS, permission=st.sampled_from(sorted(GRANTS)))
def test_several_roles_reach_exactly_as_far_as_the_furthest_of_them(inside, roles, team, permission):
    user = somebody("sales", roles, team)
    together = access.scope(user, permission)
    alone = [access.scope(somebody("sales", {role}, team), permission) for role in roles]
    assert together == max(alone, default=access.NO)
