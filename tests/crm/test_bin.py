"""What is deleted goes with all that hangs on it, and comes back as it was."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from billing.models import CreditNote, Invoice, Payment
from contracts.models import Contract, Order
from crm import access, bin, clock, events, merging, search, work
from crm.models import Attachment, BinEntry, Comment, Customer, ExternalId, FollowUp, PriceList, Product, Task
from crm.tasks import empty_bin
from crm.transitions import IllegalMove
from feedback.models import Ticket
from leads.models import Lead, Spend
from opportunities.models import Quote
from tests.digest import digest
from tests.factories import (
    CampaignFactory,
    ContactFactory,
    CustomerFactory,
    LeadFactory,
    OpportunityFactory,
    ProductFactory,
    QuoteFactory,
    drafted_contract,
    planned_delivery,
    running_order,
    whole_customer,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(people):
    return people["sales"]


def hung_with_work(record, by):
    """The record with one of each kind of work on it."""
    work.log_follow_up(record, kind="call", summary="谈了价格", next_step="寄样品", by=by)
    work.comment(record, text="看过了", by=by)
    work.attach(record, file=ContentFile("名片".encode(), name="card.txt"), by=by)
    ExternalId.objects.create(system="erp", external_id="1", record_type=record._meta.model_name, record_id=record.pk)
    search.index(record)
    return record


def customer_with_people(by):
    customer = CustomerFactory(owner=by)
    ContactFactory(customer=customer)
    customer.billing_titles.create(title="华兴制造", tax_number="9131")
    case = OpportunityFactory(customer=customer, owner=by).case  # a case that is left of a deal deleted before
    case.opportunity_set.get().delete()
    return customer


def draft_order(by):
    order = running_order(by)
    return Order.objects.create(contract=order.contract, customer=order.customer, case=order.case, owner=by)


DELETABLE = {
    "lead": lambda by: LeadFactory(owner=by, status=Lead.Status.CONTACTED),
    "customer": customer_with_people,
    "contact": lambda by: ContactFactory(customer__owner=by),
    "opportunity": lambda by: QuoteFactory(opportunity__owner=by).opportunity,
    "quote": lambda by: QuoteFactory(opportunity__owner=by),
    "contract": drafted_contract,
    "order": draft_order,
}


@pytest.mark.parametrize("kind", DELETABLE)
def test_what_is_restored_is_exactly_what_was_deleted(kind, by):
    record = hung_with_work(DELETABLE[kind](by), by)
    before = digest()
    entry = bin.delete(record, by=by)
    assert not type(record).objects.filter(pk=record.pk).exists()
    for model in (FollowUp, Task, Comment, Attachment, ExternalId):
        assert not model.objects.filter(record_type=kind, record_id=record.pk).exists(), model
    assert not search.narrow(type(record).objects.all(), str(record)).exists()
    assert bin.restore(entry, by=by) == record
    assert digest() == before


@pytest.mark.parametrize(
    ("make", "role"),
    [
        (CampaignFactory, "marketing"),
        (ProductFactory, "admin"),
        (lambda: PriceList.objects.create(name="大客户"), "boss"),
        (lambda: planned_delivery(running_order(CustomerFactory().owner)), "operations"),
    ],
)
def test_others_delete_what_is_theirs(make, role, people):
    record, before = make(), digest()
    bin.restore(bin.delete(record, by=people[role]), by=people[role])
    assert digest() == before


def test_one_is_told_what_goes_along(by):
    customer = hung_with_work(customer_with_people(by), by)
    counts = {
        "contact": 1, "billingtitle": 1, "followup": 1, "task": 1, "comment": 1, "attachment": 1, "externalid": 1,
    }  # fmt: skip
    assert bin.bundle_of(customer).counts("customer") == counts
    assert bin.delete(customer, by=by).counts == counts


def test_the_log_says_who_deleted_and_who_restored(people, by):
    lead = DELETABLE["lead"](by)
    entry = bin.delete(lead, by=by)
    bin.restore(entry, by=people["manager"])
    told = {event.verb: event.actor for event in events.of_record(lead)}
    assert told == {"deleted": by, "restored": people["manager"]}


# What stays


def test_a_customer_with_papers_stays_and_says_which(by):
    customer = whole_customer(by)
    before = digest()
    with pytest.raises(bin.InTheWay) as refusal:
        bin.delete(customer, by=by)
    kinds = {type(record) for record in refusal.value.records}
    assert {Lead, Contract, Order, Invoice, Payment, Ticket, Quote} <= kinds
    assert digest() == before


@pytest.mark.parametrize("status", [Lead.Status.CONVERTED])
def test_a_converted_lead_stays(status, by):
    with pytest.raises(IllegalMove, match="cannot be deleted"):
        bin.delete(LeadFactory(owner=by, status=status), by=by)


def test_signed_contracts_and_running_orders_stay(by):
    order = running_order(by)
    for record in (order, order.contract):
        with pytest.raises(IllegalMove):
            bin.delete(record, by=by)


def test_a_deal_with_a_quote_the_customer_has_seen_stays(by):
    quote = QuoteFactory(opportunity__owner=by, status=Quote.Status.SENT)
    with pytest.raises(bin.InTheWay, match=quote.number):
        bin.delete(quote.opportunity, by=by)


def test_a_campaign_that_brought_leads_or_cost_money_stays(people):
    with_lead, with_spend = CampaignFactory(), CampaignFactory()
    LeadFactory(campaign=with_lead)
    Spend.objects.create(campaign=with_spend, spent_on=clock.today(), amount=1)
    for campaign in (with_lead, with_spend):
        with pytest.raises(bin.InTheWay):
            bin.delete(campaign, by=people["marketing"])


def test_a_product_stays_while_a_line_names_it_and_the_paper_is_told(people, by):
    quote = QuoteFactory(opportunity__owner=by)
    with pytest.raises(bin.InTheWay, match=quote.number) as refusal:
        bin.delete(Product.objects.get(), by=people["boss"])
    assert (refusal.value.records, refusal.value.unseen) == ([quote], 0)


def test_of_what_is_in_the_way_one_is_told_only_what_one_may_see(people, by):
    QuoteFactory(opportunity__owner=by)
    with pytest.raises(bin.InTheWay, match="1 more record") as refusal:
        bin.delete(Product.objects.get(), by=people["admin"])
    assert (refusal.value.records, refusal.value.unseen) == ([], 1)


@pytest.mark.parametrize("model", [Invoice, Payment, CreditNote, Ticket])
def test_money_papers_and_tickets_are_never_deleted(model, people, by):
    assert model not in bin.DELETABLE
    assert access.name("delete", model) not in access.GRANTS
    with pytest.raises(ValidationError, match="never"):
        bin.delete(model(owner=by), by=people["boss"])


def test_every_deletable_type_has_its_row_in_the_access_table():
    assert {access.name("delete", model) for model in bin.DELETABLE} <= access.GRANTS.keys()
    assert {access.name("merge", model) for model in merging.MERGEABLE} <= access.GRANTS.keys()


# Who


def test_one_deletes_what_is_ones_own(people, by):
    lead = DELETABLE["lead"](by)
    for role in ("colleague", "finance", "operations", "service", "admin", "stranger"):
        with pytest.raises(PermissionDenied):
            bin.delete(lead, by=people[role])


def test_a_word_is_deleted_by_who_wrote_it_or_the_teams_manager(people, by):
    lead = LeadFactory(owner=by)
    words = [work.comment(lead, text="看过了", by=by) for _number in range(2)]
    with pytest.raises(PermissionDenied):
        bin.delete(words[0], by=people["colleague"])
    for word, person in zip(words, ("sales", "manager"), strict=True):
        bin.delete(word, by=people[person])
    assert not Comment.objects.exists()


def test_the_bin_shows_ones_own_the_teams_to_its_manager_and_all_to_the_admin(people, by):
    bin.delete(LeadFactory(owner=by), by=by)
    bin.delete(LeadFactory(owner=people["stranger"]), by=people["stranger"])
    seen = {name: BinEntry.objects.visible_to(user).count() for name, user in people.items()}
    assert {name: count for name, count in seen.items() if count} == {
        "sales": 1, "manager": 1, "stranger": 1, "boss": 2, "admin": 2,
    }  # fmt: skip
    with pytest.raises(PermissionDenied):
        bin.restore(BinEntry.objects.get(deleted_by=by), by=people["colleague"])


# Again, later, and in another order


def test_deleting_and_restoring_twice_does_it_once(by):
    lead = DELETABLE["lead"](by)
    entry = bin.delete(lead, by=by)
    assert bin.delete(Lead(pk=lead.pk, owner=by), by=by) == entry
    assert bin.restore(entry, by=by) == bin.restore(entry, by=by) == lead
    assert events.of_record(lead).filter(verb="restored").count() == 1


def test_what_it_belonged_to_comes_back_first(by):
    contact = ContactFactory(customer__owner=by)
    first, second = bin.delete(contact, by=by), bin.delete(contact.customer, by=by)
    with pytest.raises(ValidationError, match="Restore Customer"):
        bin.restore(first, by=by)
    bin.restore(second, by=by)
    assert bin.restore(first, by=by) == contact


def test_what_belonged_to_a_customer_merged_away_comes_back_to_the_survivor(by):
    contact, survivor = ContactFactory(customer__owner=by), CustomerFactory(owner=by)
    loser = contact.customer
    entry = bin.delete(contact, by=by)
    merging.merge(survivor, Customer.objects.get(pk=loser.pk), by=by)
    assert bin.restore(entry, by=by).customer == survivor


def test_a_name_taken_meanwhile_is_not_taken_away(people):
    product = ProductFactory(sku="A-1")
    entry = bin.delete(product, by=people["admin"])
    ProductFactory(sku="A-1")
    with pytest.raises(ValidationError, match="meanwhile"):
        bin.restore(entry, by=people["admin"])
    assert Product.objects.count() == 1


def test_after_thirty_days_the_bin_forgets_and_the_files_go(by):
    lead = hung_with_work(DELETABLE["lead"](by), by)
    kept = hung_with_work(CustomerFactory(owner=by), by)
    name, other = (Attachment.objects.get(record_id=r.pk, record_type=r.record_type).file.name for r in (lead, kept))
    entry = bin.delete(lead, by=by)
    empty_bin(None)
    assert default_storage.exists(name)
    BinEntry.objects.update(until=timezone.now() - timedelta(seconds=1))
    with pytest.raises(ValidationError, match="30 days"):
        bin.restore(entry, by=by)
    assert empty_bin(None)["purged"] == 1
    assert not default_storage.exists(name)
    assert default_storage.exists(other)


def test_a_restored_file_survives_the_purge(by):
    lead = hung_with_work(DELETABLE["lead"](by), by)
    bin.restore(bin.delete(lead, by=by), by=by)
    BinEntry.objects.update(until=timezone.now() - timedelta(seconds=1))
    empty_bin(None)
    assert default_storage.exists(Attachment.objects.get().file.name)


def test_a_column_that_came_since_gets_its_default(by):
    import json

    lead = DELETABLE["lead"](by)
    entry = bin.delete(lead, by=by)
    rows = [[label, json.loads(text)] for label, text in entry.rows]
    for row in rows[0][1]:
        del row["consent"]
    entry.rows = [[label, json.dumps(found)] for label, found in rows]
    entry.save()
    assert bin.restore(entry, by=by).consent is False
