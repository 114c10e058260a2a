"""The access table is what pages, API and verbs answer by."""

import pytest
from django.contrib.auth.models import AnonymousUser

from crm import access
from crm.access import GRANTS, Role, Scope
from crm.chain import all_models, models
from leads.models import Lead
from tests.factories import CustomerFactory, LeadFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_every_row_says_something_about_every_role():
    assert {len(row) for row in GRANTS.values()} == {len(Role)}


def test_every_move_of_every_record_has_its_row_or_belongs_to_jobs_alone():
    jobs_alone = {
        "leads.recycle_lead", "contracts.deliver_order", "contracts.accept_order", "contracts.reopen_order",
        "feedback.send_surveyinvitation", "feedback.answer_surveyinvitation", "feedback.expire_surveyinvitation",
    }  # fmt: skip
    moves = {access.name(verb, model) for model in models() for verb in model.MOVES}
    assert moves - GRANTS.keys() <= jobs_alone


def test_what_is_not_listed_belongs_to_nobody(people):
    assert not any(access.allows(user, "leads.fly_lead") for user in people.values())


def test_strangers_to_the_system_may_nothing():
    assert not access.allows(AnonymousUser(), "leads.view_lead")


def test_a_user_switched_off_may_nothing(people):
    people["sales"].is_active = False
    assert not access.allows(people["sales"], "leads.view_lead")


def test_own_reaches_my_records_only(people):
    mine, other = LeadFactory.build(owner=people["sales"]), LeadFactory.build(owner=people["colleague"])
    assert access.allows(people["sales"], "leads.qualify_lead", mine)
    assert not access.allows(people["sales"], "leads.qualify_lead", other)


def test_a_manager_reaches_the_team_and_the_root_manager_everybody(people):
    mine, far = LeadFactory.build(owner=people["sales"]), LeadFactory.build(owner=people["stranger"])
    assert access.allows(people["manager"], "leads.assign_lead", mine)
    assert not access.allows(people["manager"], "leads.assign_lead", far)
    assert access.allows(people["boss"], "leads.assign_lead", far)


def test_the_rows_one_sees_are_those_one_may_read_one_by_one(people):
    for owner in ("sales", "colleague", "stranger"):
        LeadFactory(owner=people[owner], status=Lead.Status.ASSIGNED)
        CustomerFactory(owner=people[owner])
    for user in people.values():
        for model in (Lead, CustomerFactory._meta.model):
            seen = set(model.objects.visible_to(user).values_list("pk", flat=True))
            allowed = {row.pk for row in model.objects.all() if access.allows(user, access.name("view", model), row)}
            assert seen == allowed, (user, model)


def test_several_roles_reach_as_far_as_the_furthest(people):
    both = UserFactory(roles=[Role.SALES, Role.MARKETING], team=people["sales"].team)
    assert access.scope(both, "leads.view_lead") == Scope.ALL
    assert access.acting_role(both, "leads.claim_lead") == Role.SALES


def test_all_record_types_can_be_asked_what_one_sees(people):
    for model in all_models():
        for user in people.values():
            model.objects.visible_to(user).exists()
