"""The rules of opportunities: conversion, stages, winning and losing."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from contracts.models import Contract
from crm import clock, events, search, work
from crm.access import SYSTEM
from crm.models import Customer, FollowUp, Task
from crm.transitions import IllegalMove
from leads.models import Lead
from opportunities import services
from opportunities.models import Opportunity
from tests.factories import ContactFactory, CustomerFactory, LeadFactory, OpportunityFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(people):
    return LeadFactory(owner=people["sales"], status=Lead.Status.QUALIFIED, need="20 seats", email="li@example.com")


@pytest.fixture
def deal(people):
    return OpportunityFactory(owner=people["sales"])


def convert(lead, by, **values):
    return services.open_from_lead(lead, **{"opportunity_name": "20 seats", "amount": 5000, "by": by, **values})


def sign_contract(deal):
    return Contract.objects.create(
        opportunity=deal, customer=deal.customer, case=deal.case, owner=deal.owner, title="T", status="signed",
        signed_on=clock.today(),
    )  # fmt: skip


# Conversion


def test_a_lead_becomes_customer_contact_and_opportunity_in_its_own_case(people, lead):
    work.log_follow_up(lead, kind="call", summary="Interested", next_step="Visit", by=people["sales"])
    deal = convert(lead, people["sales"])
    lead.refresh_from_db()
    assert lead.status == Lead.Status.CONVERTED
    assert (deal.lead, deal.case, deal.owner, deal.status) == (lead, lead.case, people["sales"], "discovery")
    assert lead.customer == deal.customer == lead.case.customer
    assert (deal.customer.name, deal.customer.owner) == (lead.company_name, people["sales"])
    assert (deal.contact.name, deal.contact.email, deal.contact.is_primary) == ("李敏", "li@example.com", True)
    assert FollowUp.objects.get().customer == Task.objects.get().customer == deal.customer


def test_a_chosen_customer_is_kept_and_its_known_contact_found_again(people, lead):
    customer = CustomerFactory(owner=people["sales"])
    contact = ContactFactory(customer=customer, email=lead.email)
    deal = convert(lead, people["sales"], customer=customer)
    assert (deal.customer, deal.contact) == (customer, contact)
    assert Customer.objects.count() == 1


def test_a_customer_out_of_sight_cannot_be_chosen(people, lead):
    with pytest.raises(ValidationError) as refusal:
        convert(lead, people["sales"], customer=CustomerFactory(owner=people["stranger"]))
    assert "customer" in refusal.value.message_dict


def test_a_lead_is_converted_once(people, lead):
    convert(lead, people["sales"])
    with pytest.raises(IllegalMove):
        convert(lead, people["sales"])
    assert Opportunity.objects.count() == 1


def test_an_unqualified_lead_is_not_converted(people):
    lead = LeadFactory(owner=people["sales"], status=Lead.Status.CONTACTED)
    with pytest.raises(IllegalMove):
        convert(lead, people["sales"])
    assert not Customer.objects.exists()


def test_a_refused_conversion_leaves_nothing_behind(people, lead):
    with pytest.raises(ValidationError):
        convert(lead, people["sales"], amount=-1)
    assert not Customer.objects.exists()
    assert Lead.objects.get().status == Lead.Status.QUALIFIED


def test_the_form_proposes_the_customer_of_the_same_name(people, lead):
    from crm import verbs

    known = CustomerFactory(owner=people["sales"], name=f"{lead.company_name}有限公司")
    search.index(known)
    form = verbs.of(Lead)["convert"].bind(lead, people["sales"])
    assert form.initial["customer"] == known.pk
    assert form.initial["opportunity_name"] == "20 seats"


# Stages


def test_a_deal_moves_forward_and_the_move_is_logged(people, deal):
    services.move(deal, stage="proposal", by=people["sales"])
    event = events.of_record(deal).get(verb="move")
    assert (event.from_state, event.to_state) == ("discovery", "proposal")
    assert deal.last_activity_at > deal.created_at


def test_going_back_needs_a_note(people, deal):
    services.move(deal, stage="proposal", by=people["sales"])
    with pytest.raises(ValidationError) as refusal:
        services.move(deal, stage="needs", by=people["sales"])
    assert "reason" in refusal.value.message_dict
    services.move(deal, stage="needs", reason="New needs", by=people["sales"])
    assert deal.status == "needs"


def test_finance_never_moves_a_deal_nor_changes_its_amount(people, deal):
    with pytest.raises(PermissionDenied):
        services.move(deal, stage="proposal", by=people["finance"])
    deal.amount = 1
    with pytest.raises(PermissionDenied):
        services.save_opportunity(deal, by=people["finance"])


def test_a_held_deal_goes_on_where_it_was(people, deal):
    services.move(deal, stage="negotiation", by=people["sales"])
    services.hold(deal, reason="Budget freeze", by=people["sales"])
    assert deal.status == "on_hold"
    services.resume(deal, by=people["sales"])
    assert deal.status == "negotiation"


def test_a_deal_is_late_past_its_stages_target(deal):
    deal.status_since = timezone.now() - timedelta(days=14)
    deal.save()
    assert not deal.late
    assert not Opportunity.objects.late().exists()
    deal.status_since = timezone.now() - timedelta(days=16)
    deal.save()
    assert deal.late
    assert Opportunity.objects.late().get() == deal


# Winning and losing


def test_a_deal_is_not_won_without_a_signed_contract(people, deal):
    with pytest.raises(ValidationError, match="contract"):
        services.win(deal, by=people["sales"])


def test_a_signed_contract_wins_the_deal_once(people, deal):
    sign_contract(deal)
    services.win(deal, by=SYSTEM)
    services.win(deal, by=SYSTEM)
    assert (deal.status, deal.probability) == ("won", 100)
    assert deal.closed_at
    assert events.of_record(deal).filter(verb="win").count() == 1


def test_a_lost_deal_says_why_and_to_whom(people, deal):
    services.move(deal, stage="proposal", by=people["sales"])
    services.lose(deal, lost_reason="competitor", competitor="Other Ltd", by=people["sales"])
    assert (deal.status, deal.lost_reason, deal.competitor) == ("lost", "competitor", "Other Ltd")


def test_only_a_manager_reopens_and_the_deal_is_back_in_its_stage(people, deal):
    services.move(deal, stage="proposal", by=people["sales"])
    services.lose(deal, lost_reason="price", by=people["sales"])
    with pytest.raises(PermissionDenied):
        services.reopen(deal, reason="They called", by=people["sales"])
    services.reopen(deal, reason="They called", by=people["manager"])
    deal.refresh_from_db()
    assert (deal.status, deal.closed_at, deal.lost_reason) == ("proposal", None, "")


def test_a_won_deal_with_a_signed_contract_stays_won(people, deal):
    sign_contract(deal)
    services.win(deal, by=SYSTEM)
    with pytest.raises(ValidationError, match="signed"):
        services.reopen(deal, reason="Mistake", by=people["manager"])


# Asking for a quote


def test_a_request_gives_support_a_task_and_tells_them(people, deal):
    services.request_quote(deal, due_on=clock.today() + timedelta(days=2), by=people["sales"])
    assert deal.quote_asked_of == people["sales_support"]
    task = Task.objects.get(record_type="opportunity", record_id=deal.pk)
    assert (task.owner, task.due_on) == (people["sales_support"], clock.today() + timedelta(days=2))
    assert people["sales_support"].notifications.exists()


def test_a_request_goes_to_the_support_nearest_above_who_has_least_to_do(people, deal, company_tree):
    idle = UserFactory(roles=["sales_support"], team=company_tree["north"])
    UserFactory(roles=["sales_support"], team=company_tree["root"])
    work.add_task(title="Busy", owner=people["sales_support"], by=people["sales"])
    services.request_quote(deal, by=people["sales"])
    assert deal.quote_asked_of == idle


def test_without_support_the_request_is_refused(people, company_tree):
    deal = OpportunityFactory(owner=people["stranger"])
    with pytest.raises(ValidationError, match="sales support"):
        services.request_quote(deal, by=people["stranger"])
