"""Tags: one vocabulary, put on by whoever may change the record, found by on lists and over the API."""

import csv

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from crm import tags
from crm.models import Event, Tag, Tagged
from crm.web.lists import LISTS, pages_of
from tests.factories import CustomerFactory, LeadFactory

pytestmark = pytest.mark.django_db
pages_of("")


@pytest.fixture
def lead(people):
    return LeadFactory(owner=people["sales"], status="assigned")


def names(record):
    tags.attach([record])
    return [tag.name for tag in tags.of(record)]


def test_a_record_carries_exactly_the_tags_put_on_it(people, lead):
    tags.put(lead, ["VIP", "华东"], by=people["sales"])
    tags.put(lead, ["华东", "Trade fair"], by=people["sales"])
    assert set(names(lead)) == {"华东", "Trade fair"}
    first, second = Event.objects.filter(verb="tagged").order_by("pk")
    assert (first.data["added"], first.data["removed"]) == (["VIP", "华东"], [])
    assert (second.data["added"], second.data["removed"]) == (["Trade fair"], ["VIP"])


def test_putting_the_same_tags_again_changes_and_tells_nothing(people, lead):
    tags.put(lead, ["VIP"], by=people["sales"])
    tags.put(lead, ["vip", " VIP "], by=people["sales"])
    assert Tag.objects.count() == Event.objects.filter(verb="tagged").count() == 1


def test_who_may_not_change_a_record_may_not_tag_it(people, lead):
    with pytest.raises(PermissionDenied):
        tags.put(lead, ["VIP"], by=people["colleague"])
    assert not Tagged.objects.exists()


def test_a_tag_too_long_or_too_many_are_refused(people, lead):
    with pytest.raises(ValidationError, match="too long"):
        tags.put(lead, ["x" * 41], by=people["sales"])
    with pytest.raises(ValidationError, match="at most"):
        tags.put(lead, [f"t{number}" for number in range(21)], by=people["sales"])


def test_tags_are_written_on_the_records_page_with_commas_of_any_kind(people, browse, lead):
    client = browse(people["sales"])
    client.post(f"/leads/{lead.pk}/tags/", {"tags": "VIP，华东, Big、"})
    page = client.get(lead.get_absolute_url()).content.decode()
    assert set(names(lead)) == {"VIP", "华东", "Big"}
    assert '<span class="tag tag-blue">VIP</span>' in page


def test_a_list_is_narrowed_by_a_tag_and_shows_it_as_a_column(people, browse, lead):
    other = LeadFactory(owner=people["sales"], status="assigned")
    tags.put(lead, ["VIP"], by=people["sales"])
    page = browse(people["sales"]).get("/leads/?tag=VIP&columns=company_name,tags").content.decode()
    assert lead.company_name in page
    assert '<span class="tag tag-blue">VIP</span>' in page
    assert other.company_name not in page


def test_an_export_tells_the_tags(people, browse, lead):
    tags.put(lead, ["VIP", "Big"], by=people["sales"])
    answer = browse(people["sales"]).get("/leads/export.csv?columns=number,tags")
    rows = list(csv.reader(b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()))
    assert rows[1] == [lead.number, "Big, VIP"]


def test_many_records_are_tagged_at_once(people, browse, lead):
    mine, theirs = CustomerFactory(owner=people["sales"]), CustomerFactory(owner=people["stranger"])
    tags.put(mine, ["Old", "Keep"], by=people["sales"])
    asked = {"act": "tag", "go": "1", "pk": [mine.pk, theirs.pk], "add": "VIP", "remove": "old"}
    browse(people["sales"]).post("/customers/bulk/", asked)
    assert names(mine) == ["Keep", "VIP"]
    assert names(theirs) == []


def test_programs_read_write_and_search_by_tags(people, call, lead):
    client = call(people["sales"])
    answer = client.patch(f"/api/v1/leads/{lead.pk}/", {"tags": ["VIP"]})
    assert answer.json()["tags"] == ["VIP"]
    rows = client.get("/api/v1/leads/?tag=VIP").json()["results"]
    assert [(row["id"], row["tags"]) for row in rows] == [(lead.pk, ["VIP"])]
    assert client.patch(f"/api/v1/leads/{lead.pk}/", {"region": "上海"}).json()["tags"] == ["VIP"]


def test_a_tag_is_renamed_for_all_by_a_manager_but_not_by_sales(people, browse, lead):
    tags.put(lead, ["VIP"], by=people["sales"])
    tag = Tag.objects.get()
    assert browse(people["sales"]).get(f"/tags/{tag.pk}/edit/").status_code == 403
    browse(people["manager"]).post(f"/tags/{tag.pk}/edit/", {"name": "Key account", "colour": "green"})
    assert names(lead) == ["Key account"]


def test_the_records_people_meet_most_carry_tags():
    kinds = {key for key in LISTS if LISTS[key].model.may_be_tagged}
    assert kinds == {
        "leads.lead", "crm.customer", "crm.contact", "opportunities.opportunity", "contracts.contract",
        "contracts.order", "billing.invoice", "feedback.ticket",
    }  # fmt: skip
