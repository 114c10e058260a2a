"""Many at once: a merge, a deletion and a restoration happen once, and nothing is left without its record."""

import pytest
from django.core.exceptions import ValidationError

from crm import bin, events, merging
from crm.models import BinEntry, Contact, Customer, Merge
from leads.models import Lead
from tests.factories import ContactFactory, CustomerFactory, LeadFactory, TeamFactory, UserFactory
from tests.rivals import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)
RIVALS = 8


@pytest.fixture
def by():
    return UserFactory(team=TeamFactory())


def fresh(record):
    return type(record).objects.get(pk=record.pk)


def test_a_merge_clicked_many_times_at_once_is_one_merge(by):
    survivor, loser = CustomerFactory(owner=by), CustomerFactory(owner=by)
    pairs = [(fresh(survivor), fresh(loser)) for _number in range(RIVALS)]
    answers = all_at_once(lambda number: merging.merge(*pairs[number], by=by), times=RIVALS)
    assert set(answers) == {Merge.objects.get()}
    assert events.of_record(survivor).filter(verb="merged").count() == 1


def test_of_two_who_merge_in_opposite_directions_one_wins(by):
    pair = [CustomerFactory(owner=by), CustomerFactory(owner=by)]
    orders = [[fresh(record) for record in (pair if number % 2 else pair[::-1])] for number in range(RIVALS)]
    answers = all_at_once(lambda number: merging.merge(*orders[number], by=by), times=RIVALS)
    made = Merge.objects.get()
    refused = [answer for answer in answers if isinstance(answer, ValidationError)]
    assert len(refused) == RIVALS // 2
    assert Customer.objects.get().pk == made.survivor_id


def test_a_ring_of_merges_at_once_leaves_one_record_or_more_but_loses_none(by):
    ring = [CustomerFactory(owner=by) for _number in range(3)]
    for customer in ring:
        ContactFactory(customer=customer)
    pairs = [(fresh(ring[number]), fresh(ring[(number + 1) % 3])) for number in range(3)]
    all_at_once(lambda number: merging.merge(*pairs[number], by=by), times=3)
    assert Contact.objects.filter(customer__in=Customer.objects.all()).count() == 3
    assert Customer.objects.count() + Merge.objects.count() == 3


def test_what_is_deleted_many_times_at_once_is_in_the_bin_once_and_comes_back_once(by):
    lead = LeadFactory(owner=by, status=Lead.Status.CONTACTED)
    copies = [fresh(lead) for _number in range(RIVALS)]
    answers = all_at_once(lambda number: bin.delete(copies[number], by=by), times=RIVALS)
    assert set(answers) == {BinEntry.objects.get()}
    entry = BinEntry.objects.get()
    assert set(all_at_once(lambda _number: bin.restore(entry, by=by), times=RIVALS)) == {lead}
    assert events.of_record(lead).filter(verb="restored").count() == 1


def test_an_undo_clicked_many_times_at_once_is_one_undo(by):
    survivor, loser = CustomerFactory(owner=by), CustomerFactory(owner=by)
    made = merging.merge(survivor, loser, by=by)
    all_at_once(lambda _number: merging.undo(made, by=by), times=RIVALS)
    assert Customer.objects.count() == 2
    assert events.of_record(loser).filter(verb="unmerged").count() == 1


def test_a_contact_added_while_its_customer_is_deleted_is_never_left_alone(by):
    customer = CustomerFactory(owner=by)

    def act(number):
        if number:
            return ContactFactory(customer=customer)
        return bin.delete(customer, by=by)

    try:
        all_at_once(act, times=2)
    except Exception as error:  # the database refuses whoever comes too late
        assert "foreign key" in str(error)
    assert not Contact.objects.exclude(customer__in=Customer.objects.all()).exists()
