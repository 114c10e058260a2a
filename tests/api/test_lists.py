"""Lists: cursors, counts, orders, and how many queries they take."""

import pytest
from django.test.utils import CaptureQueriesContext

from crm.models import Customer
from tests.factories import CustomerFactory, LeadFactory

pytestmark = pytest.mark.django_db
CUSTOMERS = "/api/v1/customers/"


def walk(client, address, way="next"):
    """The names on all pages from here on."""
    found = []
    while address:
        page = client.get(address).json()
        found.append([row["name"] for row in page["results"]])
        address = page[way]
    return found


@pytest.fixture
def customers(people):
    for name, region in (("a", "北"), ("b", ""), ("c", "南"), ("d", "南"), ("e", "东")):
        CustomerFactory(name=name, region=region, owner=people["sales"])


def test_cursors_lead_through_all_rows_and_back(people, call, customers):
    client = call(people["sales"])
    assert walk(client, f"{CUSTOMERS}?page_size=2") == [["e", "d"], ["c", "b"], ["a"]]
    second = client.get(client.get(f"{CUSTOMERS}?page_size=2").json()["next"]).json()
    back = client.get(second["previous"]).json()
    assert [row["name"] for row in back["results"]] == ["e", "d"]
    assert back["previous"] is None


@pytest.mark.parametrize("order", ["name", "-name"])
def test_cursors_follow_the_order_asked_for(people, call, customers, order):
    pages = walk(call(people["sales"]), f"{CUSTOMERS}?page_size=2&o={order}")
    assert [name for page in pages for name in page] == sorted("abcde", reverse=order.startswith("-"))


@pytest.mark.parametrize("order", ["last_contact_at", "-last_contact_at"])
def test_rows_without_a_value_come_last_and_none_is_lost(people, call, order):
    days = ("2026-01-01T00:00Z", None, "2026-01-03T00:00Z", None, "2026-01-02T00:00Z")
    made = [LeadFactory(owner=people["sales"], status="assigned", last_contact_at=day) for day in days]
    client, address, found = call(people["sales"]), f"/api/v1/leads/?page_size=2&o={order}", []
    while address:
        page = client.get(address).json()
        found += [row["id"] for row in page["results"]]
        address = page["next"]
    dated = [made[0].pk, made[4].pk, made[2].pk]
    assert found[:3] == (dated if order == "last_contact_at" else dated[::-1])
    assert sorted(found[3:]) == sorted([made[1].pk, made[3].pk])


def test_a_row_that_comes_in_between_repeats_nothing(people, call, customers):
    client = call(people["sales"])
    first = client.get(f"{CUSTOMERS}?page_size=2").json()
    CustomerFactory(name="new", owner=people["sales"])
    Customer.objects.filter(name="e").delete()
    assert walk(client, first["next"]) == [["c", "b"], ["a"]]


def test_a_list_is_counted_only_when_asked(people, call, customers, monkeypatch):
    client = call(people["sales"])
    assert "count" not in client.get(CUSTOMERS).json()
    assert client.get(f"{CUSTOMERS}?count=true&page_size=1").json()["count"] == 5
    monkeypatch.setattr("crm.api.pagination.COUNTED_TO", 3)
    capped = client.get(f"{CUSTOMERS}?count=true").json()
    assert (capped["count"], capped["count_capped"]) == (3, True)


@pytest.mark.parametrize("query", ["cursor=xyz", "page_size=many", "page_size=0", "count=perhaps", "o=password"])
def test_what_cannot_be_asked_is_refused_by_name(people, call, customers, query):
    refused = call(people["sales"]).get(f"{CUSTOMERS}?{query}")
    assert refused.status_code == 400
    assert list(refused.json()["errors"]) == [query.split("=")[0]]


def test_a_cursor_of_another_order_is_refused(people, call, customers):
    client = call(people["sales"])
    cursor = client.get(f"{CUSTOMERS}?page_size=2").json()["next"]
    assert client.get(f"{cursor}&o=name").status_code == 400


def test_a_list_takes_the_same_number_of_queries_whatever_its_length(people, call, django_assert_max_num_queries):
    from django.db import connection

    client, counts = call(people["sales"]), []
    for _round in range(2):
        for _ in range(4):
            LeadFactory(owner=people["sales"], status="assigned")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get("/api/v1/leads/?include=moves")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 6


def test_moves_are_told_of_one_record_and_in_lists_when_asked(people, call):
    lead = LeadFactory(owner=people["sales"], status="assigned")
    client = call(people["sales"])
    assert "moves" not in client.get("/api/v1/leads/").json()["results"][0]
    asked = client.get("/api/v1/leads/?include=moves").json()["results"][0]["moves"]
    assert asked == client.get(f"/api/v1/leads/{lead.pk}/").json()["moves"]
    assert "contact" in asked
