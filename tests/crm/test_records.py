"""The one door for creating and changing records, and the log behind it."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import InternalError, connection, transaction

from crm import events, records, search
from crm.models import Customer, Event
from crm.transitions import Stale
from tests.factories import CustomerFactory, LeadFactory

pytestmark = pytest.mark.django_db


def test_creating_logs_an_event_and_begins_a_case(people):
    lead = records.save(LeadFactory.build(case=None, owner=people["sales"]), by=people["sales"])
    event = events.of_record(lead).get()
    assert (event.verb, event.case, event.actor) == ("created", lead.case, people["sales"])
    assert lead.case is not None
    assert lead.number.startswith("L-")


def test_a_change_logs_old_and_new_values(people):
    customer = CustomerFactory(owner=people["sales"], region="北京")
    customer.region = "上海"
    records.save(customer, by=people["sales"])
    assert events.of_record(customer).get(verb="changed").data == {"changes": {"region": ["北京", "上海"]}}


def test_a_change_that_changes_nothing_is_no_event(people):
    customer = CustomerFactory(owner=people["sales"])
    records.save(customer, by=people["sales"])
    assert not events.of_record(customer).exists()


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(people):
    customer = CustomerFactory(owner=people["sales"], region="北京")
    seen = customer.version
    theirs = Customer.objects.get(pk=customer.pk)
    theirs.region = "上海"
    records.save(theirs, by=people["sales"], seen=seen)
    customer.region = "广州"
    with pytest.raises(Stale):
        records.save(customer, by=people["sales"], seen=seen)
    assert Customer.objects.get(pk=customer.pk).region == "上海"


def test_nobody_takes_over_a_record_by_changing_its_owner_in_the_same_breath(people):
    customer = CustomerFactory(owner=people["stranger"])
    customer.owner = people["sales"]
    with pytest.raises(PermissionDenied):
        records.save(customer, by=people["sales"])


@pytest.mark.skipif("config.getoption('nomigrations')", reason="the trigger comes with the migrations")
@pytest.mark.parametrize("statement", ["UPDATE crm_event SET verb = 'x'", "DELETE FROM crm_event"])
def test_the_database_refuses_to_change_the_log(statement, people):
    lead = LeadFactory()
    events.write(lead, "created", by=people["sales"])
    with pytest.raises(InternalError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Event.objects.count() == 1


@pytest.mark.parametrize("query", ["华兴", "兴制", "huaxing", "138-0000", "13800001111", "0000 1111", "华兴 huax"])
def test_search_finds_any_part_of_a_name_and_any_spelling_of_a_phone(query, people):
    customer = CustomerFactory(name="华兴制造 HuaXing", phone="138-0000-1111", owner=people["sales"])
    CustomerFactory(name="别的公司", phone="13922223333", owner=people["sales"])
    search.index(*Customer.objects.all())
    assert list(search.narrow(Customer.objects.all(), query)) == [customer]


@pytest.mark.parametrize("query", ["'", "%", "\\", "a:b & !c", "💥", "(", '"'])
def test_no_odd_character_breaks_the_search(query, people):
    search.index(CustomerFactory(owner=people["sales"]))
    assert list(search.narrow(Customer.objects.all(), query)) == []


def test_search_shows_nothing_one_may_not_see(people):
    search.index(CustomerFactory(name="机密公司", owner=people["stranger"]))
    assert list(search.everywhere(people["sales"], "机密")) == []
    assert list(search.everywhere(people["boss"], "机密"))
