"""Many records in one call, and the names other systems know them by."""

import pytest

from crm.models import Customer, Event
from leads.models import Lead
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db
BULK, CUSTOMERS = "/api/v1/customers/bulk/", "/api/v1/customers/"


def test_each_row_is_created_or_refused_by_itself(people, call):
    rows = [{"name": "甲"}, {"name": ""}, {"name": "乙", "external_ids": {"sap": "7"}}]
    body = call(people["sales"]).post(BULK, rows).json()
    assert [row["status"] for row in body["results"]] == [201, 400, 201]
    assert "name" in body["results"][1]["errors"]
    assert (body["succeeded"], body["refused"], Customer.objects.count()) == (2, 1, 2)
    assert Event.objects.filter(record_type="customer", verb="created").count() == 2


def test_all_or_none_takes_none_if_one_is_refused(people, call):
    refused = call(people["sales"]).post(f"{BULK}?atomic=true", [{"name": "甲"}, {"name": ""}])
    assert (refused.status_code, refused.json()["results"][1]["status"]) == (400, 400)
    assert not Customer.objects.exists()


def test_rows_are_changed_by_id_or_by_external_id(people, call):
    client = call(people["sales"])
    client.post(BULK, [{"name": "甲", "external_ids": {"sap": "1"}}, {"name": "乙"}])
    second = Customer.objects.get(name="乙")
    rows = [{"external_ids": {"sap": "1"}, "region": "北"}, {"id": second.pk, "region": "南"}]
    body = client.patch(BULK, rows).json()
    assert [row["status"] for row in body["results"]] == [200, 200]
    assert list(Customer.objects.order_by("pk").values_list("region", flat=True)) == ["北", "南"]


def test_a_row_one_may_not_see_or_name_or_that_is_stale_is_refused_alone(people, call):
    mine, theirs = CustomerFactory(owner=people["sales"]), CustomerFactory(owner=people["stranger"])
    rows = [
        {"id": theirs.pk, "region": "x"}, {"region": "x"}, {"external_ids": {"sap": "9"}}, {"id": True},
        {"id": mine.pk, "version": 9, "region": "x"}, {"id": mine.pk, "version": 1, "region": "y"},
    ]  # fmt: skip
    body = call(people["sales"]).patch(BULK, rows).json()
    assert [row["status"] for row in body["results"]] == [404, 400, 404, 400, 412, 200]
    assert set(Customer.objects.values_list("region", flat=True)) == {"", "y"}


@pytest.mark.parametrize("body", [{}, [], [1], [{}] * 1001])
def test_a_body_that_is_no_list_of_rows_is_refused(people, call, body):
    assert call(people["sales"]).post(BULK, body).status_code == 400


def test_who_may_not_create_may_not_create_many(people, call):
    assert call(people["finance"]).post(BULK, [{"name": "甲"}]).status_code == 403


def test_many_leads_go_through_the_same_door_as_one(people, call):
    call(people["sales"]).post(
        "/api/v1/leads/bulk/", [{"company_name": f"客户{n}", "phone": f"1380000000{n}"} for n in range(3)]
    )
    assert set(Lead.objects.values_list("status", "owner")) == {("assigned", people["sales"].pk)}


def test_a_record_is_found_shown_and_renamed_by_its_external_ids(people, call):
    client = call(people["sales"])
    made = client.post(CUSTOMERS, {"name": "甲", "external_ids": {"sap": "42", "crm": "a"}}).json()
    assert made["external_ids"] == {"sap": "42", "crm": "a"}
    CustomerFactory(owner=people["sales"])
    found = client.get(f"{CUSTOMERS}?external_system=sap&external_id=42").json()["results"]
    assert [(row["id"], row["external_ids"]) for row in found] == [(made["id"], made["external_ids"])]
    changed = client.patch(f"{CUSTOMERS}{made['id']}/", {"external_ids": {"sap": None, "crm": "b"}}).json()
    assert changed["external_ids"] == {"crm": "b"}
    assert not client.get(f"{CUSTOMERS}?external_system=sap&external_id=42").json()["results"]


def test_a_name_stands_for_one_record_only(people, call):
    client = call(people["sales"])
    client.post(CUSTOMERS, {"name": "甲", "external_ids": {"sap": "42"}})
    refused = client.post(CUSTOMERS, {"name": "乙", "external_ids": {"sap": "42"}})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["external_ids"])
    assert Customer.objects.count() == 1


@pytest.mark.parametrize("ids", [{"": "1"}, {"s" * 51: "1"}, {"sap": "x" * 201}, {"sap": ""}, "sap:1", {"sap": [1]}])
def test_odd_names_are_refused(people, call, ids):
    assert call(people["sales"]).post(CUSTOMERS, {"name": "甲", "external_ids": ids}).status_code == 400
