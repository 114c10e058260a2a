"""Two records become one, and two again."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from billing.models import Invoice, Payment
from contracts.models import Contract, Order
from crm import events, merging, records, search, work
from crm.models import BillingTitle, Comment, Contact, Customer, ExternalId, FollowUp, Merge, Task
from leads.models import Lead
from opportunities.models import Opportunity
from tests.digest import digest
from tests.factories import (
    ContactFactory,
    CustomerFactory,
    LeadFactory,
    OpportunityFactory,
    payment_of,
    whole_customer,
)  # fmt: skip

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(people):
    return people["sales"]


def two_customers(by):
    return whole_customer(by, name="华兴制造"), whole_customer(by, name="华兴制造有限公司", phone="021-62345678")


def two_contacts(by):
    survivor, loser = two_customers(by)
    merging.merge(survivor, loser, by=by)
    return list(survivor.contacts.order_by("pk"))


def two_leads(by):
    values = {"owner": by, "status": Lead.Status.CONTACTED, "phone": "13800138000"}
    found = [LeadFactory(need=need, **values) for need in ("", "仓储")]
    for lead in found:
        work.log_follow_up(lead, kind="call", summary="谈了价格", next_step="寄样品", by=by)
        work.comment(lead, text="看过了", by=by)
        search.index(lead)
    return found


@pytest.mark.parametrize("pair", [two_customers, two_contacts, two_leads])
def test_an_undone_merge_leaves_everything_exactly_as_it_was(pair, by):
    survivor, loser = pair(by)
    before = digest()
    merging.undo(merging.merge(survivor, loser, by=by), by=by)
    assert digest() == before


def test_everything_of_the_loser_follows(by):
    survivor, loser = two_customers(by)
    counts = merging.pointing(loser)
    merging.merge(survivor, loser, by=by)
    assert not Customer.objects.filter(pk=loser.pk).exists()
    for model in (Contact, BillingTitle, Lead, Opportunity, Contract, Order, Payment):
        assert model.objects.filter(customer=survivor).count() == 2, model
    assert FollowUp.objects.filter(record_type="customer", record_id=survivor.pk).count() == 2
    assert ExternalId.objects.filter(record_type="customer", record_id=survivor.pk).count() == 2
    assert counts["contract"] == 1 and counts["task"] == 5


def test_an_issued_invoice_keeps_the_buyer_it_was_made_out_to(by):
    survivor, loser = two_customers(by)
    invoice = Invoice.objects.get(customer=loser, status="issued")
    merging.merge(survivor, loser, by=by)
    after = Invoice.objects.get(pk=invoice.pk)
    assert after.customer == survivor
    assert after.buyer == invoice.buyer
    assert after.billing_title == invoice.billing_title


def test_what_only_one_says_and_what_is_newer_is_proposed(by):
    survivor = CustomerFactory(owner=by, name="华兴", region="上海", phone="")
    loser = CustomerFactory(owner=by, name="华兴制造", region="", phone="021-62345678")
    assert merging.proposed(survivor, loser) == {"name", "phone"}
    assert merging.proposed(loser, survivor) == {"region"}
    in_conflict = {
        field.name: merging.is_conflict(survivor, loser, field) for field in merging.differing(survivor, loser)
    }
    assert in_conflict == {"name": True, "region": False, "phone": False}


def test_the_values_chosen_are_the_survivors(by):
    survivor = CustomerFactory(owner=by, name="华兴", region="上海")
    loser = CustomerFactory(owner=by, name="华兴制造", region="北京", industry="retail")
    merging.merge(survivor, loser, take={"name"}, by=by)
    survivor.refresh_from_db()
    assert (survivor.name, survivor.region, survivor.industry) == ("华兴制造", "上海", "")
    assert list(search.narrow(Customer.objects.all(), "华兴制造")) == [survivor]


def test_one_main_contact_and_one_default_title_stay(by):
    survivor, loser = two_customers(by)
    main = survivor.contacts.get(is_primary=True)
    merging.merge(survivor, loser, by=by)
    assert survivor.contacts.get(is_primary=True) == main
    assert survivor.billing_titles.filter(is_default=True).count() == 1


def test_both_pasts_are_told_and_both_logs_say_what_happened(by):
    survivor, loser = two_leads(by)
    merging.merge(survivor, loser, by=by)
    assert events.of_record(survivor).get(verb="merged").data["loser"] == loser.pk
    assert events.of_record(loser).get(verb="merged").data["survivor"] == survivor.pk
    from crm import chain

    told = [entry.event for entry in chain.timeline(survivor, by)]
    assert [event.record_id for event in told if event.verb == "follow_up"] == [loser.pk, survivor.pk]


def test_work_on_a_merged_lead_belongs_to_the_survivors_case(by):
    survivor, loser = two_leads(by)
    merging.merge(survivor, loser, by=by)
    for model in (FollowUp, Task, Comment):
        rows = model.objects.filter(record_type="lead", record_id=survivor.pk)
        assert [row.case_id for row in rows] == [survivor.case_id] * 2


def test_the_later_contact_of_two_leads_counts(by):
    survivor, loser = two_leads(by)
    loser.refresh_from_db()
    merging.merge(survivor, loser, by=by)
    survivor.refresh_from_db()
    assert survivor.last_contact_at == loser.last_contact_at


def test_a_converted_lead_is_not_merged_away_but_takes_others_in(by):
    deal = OpportunityFactory(owner=by, lead=LeadFactory(owner=by, status=Lead.Status.CONVERTED))
    other = LeadFactory(owner=by, status=Lead.Status.CONTACTED)
    with pytest.raises(ValidationError, match="converted"):
        merging.merge(other, deal.lead, by=by)
    merging.merge(deal.lead, other, by=by)
    assert merging.proposed_survivor(LeadFactory(owner=by), deal.lead)[0] == deal.lead


def test_contacts_of_two_customers_are_not_one(by):
    one, other = ContactFactory(customer__owner=by), ContactFactory(customer__owner=by)
    with pytest.raises(ValidationError, match="two customers"):
        merging.merge(one, other, by=by)


def test_nothing_is_merged_with_itself(by):
    customer = CustomerFactory(owner=by)
    with pytest.raises(ValidationError, match="itself"):
        merging.merge(customer, Customer.objects.get(pk=customer.pk), by=by)


@pytest.mark.parametrize("role", ["colleague", "finance", "marketing", "operations", "service", "admin"])
def test_one_must_be_allowed_to_change_both(role, people, by):
    mine, other = CustomerFactory(owner=by), CustomerFactory(owner=people["colleague"])
    for survivor, loser in ((mine, other), (other, mine)):
        with pytest.raises(PermissionDenied):
            merging.merge(survivor, loser, by=people[role])
    merging.merge(mine, other, by=people["manager"])


def test_merging_twice_merges_once(by):
    survivor, loser = CustomerFactory(owner=by), CustomerFactory(owner=by)
    first = merging.merge(survivor, loser, by=by)
    assert merging.merge(survivor, loser, by=by) == first
    with pytest.raises(ValidationError, match="meanwhile"):
        merging.merge(CustomerFactory(owner=by), loser, by=by)


@pytest.mark.parametrize(
    ("place", "pair"),
    [("crm_task (record_type, record_id, title)", two_leads), ("leads_lead (customer_id)", two_customers)],
)
def test_a_row_that_finds_its_place_taken_comes_back_on_undo(place, pair, by):
    survivor, loser = pair(by)
    before = digest()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"CREATE UNIQUE INDEX ON {place}")
    merging.undo(merging.merge(survivor, loser, by=by), by=by)
    assert digest() == before


# Chains of merges


def test_merges_of_merges_are_undone_in_reverse_order(by):
    a, b, c = (whole_customer(by) for _number in range(3))
    empty = digest()
    first = merging.merge(b, a, by=by)
    between = digest()
    second = merging.merge(c, b, by=by)
    assert Merge.objects.survivor_key(Customer, a.pk) == c.pk
    with pytest.raises(ValidationError, match="merged further"):
        merging.undo(first, by=by)
    merging.undo(second, by=by)
    assert digest() == between
    merging.undo(first, by=by)
    assert digest() == empty


def test_of_two_merged_into_one_the_later_is_undone_first(by):
    survivor, one, other = (CustomerFactory(owner=by) for _number in range(3))
    first = merging.merge(survivor, one, by=by)
    merging.merge(survivor, other, by=by)
    with pytest.raises(ValidationError, match="undo that first"):
        merging.undo(first, by=by)


# What happened between merge and undo


def test_what_was_made_since_stays_with_the_survivor(by):
    survivor, loser = two_customers(by)
    made = merging.merge(survivor, loser, by=by)
    contact, deal = ContactFactory(customer=survivor), OpportunityFactory(customer=survivor, owner=by)
    merging.undo(made, by=by)
    for record in (contact, deal):
        record.refresh_from_db()
        assert record.customer == survivor


def test_what_was_made_since_on_a_chain_that_goes_back_goes_with_it(by):
    survivor, loser = two_customers(by)
    deal = Opportunity.objects.get(customer=loser)
    made = merging.merge(survivor, loser, by=by)
    deal.refresh_from_db()
    contract = Contract.objects.create(opportunity=deal, case=deal.case, customer=deal.customer, owner=by, title="补充")
    merging.undo(made, by=by)
    contract.refresh_from_db()
    assert contract.customer == loser


def test_what_belongs_to_both_since_stands_against_undoing(by):
    survivor, loser = two_customers(by)
    contact = loser.contacts.get()
    made = merging.merge(survivor, loser, by=by)
    OpportunityFactory(customer=survivor, owner=by, contact=contact, name="新仓")
    before = digest()
    with pytest.raises(ValidationError, match="新仓"):
        merging.undo(made, by=by)
    assert digest() == before


def test_a_field_changed_since_stays_as_changed(by):
    survivor = CustomerFactory(owner=by, name="华兴", region="上海")
    loser = CustomerFactory(owner=by, name="华兴制造", region="北京")
    search.index(survivor, loser)
    made = merging.merge(survivor, loser, take={"name", "region"}, by=by)
    survivor.refresh_from_db()
    survivor.region = "广州"
    records.save(survivor, by=by)
    merging.undo(made, by=by)
    survivor.refresh_from_db()
    assert (survivor.name, survivor.region) == ("华兴", "广州")
    assert list(search.narrow(Customer.objects.all(), "华兴制造")) == [Customer.objects.get(pk=loser.pk)]


def test_undoing_twice_undoes_once_and_is_for_who_may_merge(people, by):
    survivor, loser = CustomerFactory(owner=by), CustomerFactory(owner=by)
    made = merging.merge(survivor, loser, by=by)
    with pytest.raises(PermissionDenied):
        merging.undo(made, by=people["finance"])
    merging.undo(made, by=by)
    merging.undo(made, by=by)
    assert events.of_record(survivor).filter(verb="unmerged").count() == 1


def test_after_thirty_days_a_merge_stays(by):
    survivor, loser = CustomerFactory(owner=by), CustomerFactory(owner=by)
    made = merging.merge(survivor, loser, by=by)
    Merge.objects.update(until=made.merged_at)
    with pytest.raises(ValidationError, match="30 days"):
        merging.undo(made, by=by)
    assert merging.forget() == 1
    assert Merge.objects.survivor_key(Customer, loser.pk) == survivor.pk


@pytest.mark.skipif("config.getoption('nomigrations')", reason="the triggers come with the migrations")
def test_the_database_lets_the_customer_of_an_issued_invoice_follow(by):
    survivor, loser = two_customers(by)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'issued_invoice_never_changes'")
        assert cursor.fetchone() == (1,)
    made = merging.merge(survivor, loser, by=by)
    merging.undo(made, by=by)
    assert Invoice.objects.filter(customer=loser, status="issued").count() == 1


def test_payments_and_their_invoice_go_back_together(by):
    survivor, loser = two_customers(by)
    invoice = Invoice.objects.get(customer=loser, status="issued")
    made = merging.merge(survivor, loser, by=by)
    invoice.refresh_from_db()
    payment = payment_of(invoice, 100)
    merging.undo(made, by=by)
    payment.refresh_from_db()
    assert payment.customer == loser
