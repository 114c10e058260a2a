"""Deleting, restoring and merging on the pages and over the API; the rules are the services'."""

import pytest

from crm import bin, merging, work
from crm.models import BinEntry, Comment, Customer, Merge, NotDuplicate, Task
from leads.models import Lead
from tests.factories import CampaignFactory, ContactFactory, CustomerFactory, LeadFactory, OpportunityFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(people):
    return people["sales"]


def alike(by, **values):
    return [CustomerFactory(owner=by, name=name, **values) for name in ("华兴制造", "华兴制造有限公司")]


# Deleting on the pages


def test_the_dialog_tells_what_goes_along_and_the_toast_brings_it_back(by, browse):
    customer, window = CustomerFactory(owner=by, name="华兴"), browse(by)
    ContactFactory(customer=customer)
    address = f"{customer.get_absolute_url()}delete/"
    assert address in window.get(customer.get_absolute_url()).content.decode()
    asked = window.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "contacts <strong>1</strong>" in asked and "<html" not in asked
    answer = window.post(address, follow=True).content.decode()
    entry = BinEntry.objects.get()
    assert f'action="/bin/{entry.pk}/restore/"' in answer
    assert window.get(customer.get_absolute_url()).status_code == 404
    assert window.post(f"/bin/{entry.pk}/restore/").headers["Location"] == customer.get_absolute_url()
    assert Customer.objects.filter(pk=customer.pk).exists()


def test_what_is_in_the_way_is_linked_as_far_as_one_sees_it(people, browse):
    campaign = CampaignFactory()
    lead = LeadFactory(campaign=campaign)
    answer = browse(people["marketing"]).post(f"/campaigns/{campaign.pk}/delete/")
    assert answer.status_code == 409
    assert lead.get_absolute_url() in answer.content.decode()


def test_who_may_not_delete_is_not_offered_it(people, by, browse):
    customer = CustomerFactory(owner=by)
    page = browse(people["finance"]).get(customer.get_absolute_url()).content.decode()
    assert "/delete/" not in page and "/merge/" not in page
    assert browse(people["finance"]).post(f"{customer.get_absolute_url()}delete/").status_code == 403
    assert browse(people["stranger"]).get(f"{customer.get_absolute_url()}delete/").status_code == 404


def test_words_files_and_tasks_are_deleted_where_they_stand(people, by, browse):
    lead = LeadFactory(owner=by, status=Lead.Status.CONTACTED)
    comment, task = (
        work.comment(lead, text="看过了", by=by),
        work.add_task(title="寄样品", owner=by, by=by, record=lead),
    )
    page = browse(by).get(lead.get_absolute_url()).content.decode()
    for item, kind in ((comment, "comment"), (task, "task")):
        address = f"/work/{kind}/{item.pk}/delete/"
        assert address in page
        assert browse(people["stranger"]).post(address).status_code == 404
        assert browse(by).post(address).status_code == 302
    assert not Comment.objects.exists() and not Task.objects.exists()


def test_a_task_about_nothing_is_deleted_by_its_owner_alone(people, by, browse):
    task = work.add_task(title="买咖啡", owner=by, by=by)
    assert browse(people["stranger"]).post(f"/work/task/{task.pk}/delete/").status_code == 404
    assert browse(by).post(f"/work/task/{task.pk}/delete/").status_code == 302


def test_the_bin_lists_and_finds_what_one_may_restore(people, by, browse, django_assert_max_num_queries):
    for name in ("云帆", "华兴"):
        bin.delete(LeadFactory(owner=by, company_name=name), by=by)
    page = browse(by).get("/bin/?q=华兴&kind=lead").content.decode()
    assert "华兴" in page and "云帆" not in page
    assert "云帆" not in browse(people["stranger"]).get("/bin/").content.decode()
    entry = BinEntry.objects.first()
    assert browse(people["stranger"]).post(f"/bin/{entry.pk}/restore/").status_code == 404
    for number in range(10):
        bin.delete(LeadFactory(owner=by, company_name=f"公司{number}"), by=by)
    with django_assert_max_num_queries(15):
        browse(people["admin"]).get("/bin/")


# Deleting over the API


@pytest.mark.parametrize("kind", ["leads", "customers", "contacts", "opportunities"])
def test_delete_over_the_api_and_restore(kind, people, by, call):
    make = {
        "leads": lambda: LeadFactory(owner=by, status=Lead.Status.CONTACTED),
        "customers": lambda: CustomerFactory(owner=by),
        "contacts": lambda: ContactFactory(customer__owner=by), "opportunities": lambda: OpportunityFactory(owner=by),
    }  # fmt: skip
    record = make[kind]()
    address = f"/api/v1/{kind}/{record.pk}/"
    assert call(people["finance"]).delete(address).status_code == 403
    assert call(people["stranger"]).delete(address).status_code == 404
    assert call(by).delete(address).status_code == 204
    assert call(by).get(address).status_code == call(by).delete(address).status_code == 404
    (entry,) = call(by).get("/api/v1/bin/").json()["results"]
    assert (entry["record_type"], entry["record_id"]) == (record._meta.model_name, record.pk)
    assert call(people["stranger"]).post(f"/api/v1/bin/{entry['id']}/restore/").status_code == 404
    for _number in range(2):
        assert call(by).post(f"/api/v1/bin/{entry['id']}/restore/").status_code == 200
    assert call(by).get(address).status_code == 200
    assert call(by).get("/api/v1/bin/").json()["results"] == []


def test_what_is_in_use_or_converted_is_refused_with_the_reason(by, call):
    deal = OpportunityFactory(owner=by, lead=LeadFactory(owner=by, status=Lead.Status.CONVERTED))
    answer = call(by).delete(f"/api/v1/customers/{deal.customer_id}/")
    assert answer.status_code == 409 and deal.number in answer.json()["detail"]
    assert call(by).delete(f"/api/v1/leads/{deal.lead_id}/").status_code == 409


@pytest.mark.parametrize("kind", ["invoices", "payments", "credit-notes", "tickets"])
def test_money_papers_have_no_delete(kind, people, call):
    assert call(people["finance"]).delete(f"/api/v1/{kind}/1/").status_code == 405


def test_follow_ups_and_tasks_are_deleted_by_who_wrote_them(people, by, call):
    lead = LeadFactory(owner=by, status=Lead.Status.CONTACTED)
    said = work.log_follow_up(lead, kind="call", summary="谈了价格", next_step="寄样品", by=by)
    assert call(people["colleague"]).delete(f"/api/v1/follow-ups/{said.pk}/").status_code in (403, 404)
    assert call(by).delete(f"/api/v1/follow-ups/{said.pk}/").status_code == 204
    assert call(by).delete(f"/api/v1/tasks/{Task.objects.get().pk}/").status_code == 204


# Duplicates


def test_likely_duplicates_are_listed_and_dismissed(by, browse):
    one, other = alike(by)
    page = browse(by).get("/duplicates/").content.decode()
    assert f"/merge/customer/{one.pk}/{other.pk}/" in page and "same name" in page
    browse(by).post(f"/duplicates/customer/{one.pk}/{other.pk}/not/")
    assert NotDuplicate.objects.get().said_by == by
    assert "No likely duplicates" in browse(by).get("/duplicates/?type=customer").content.decode()


def test_the_page_of_duplicates_takes_as_many_queries_for_many_as_for_few(by, browse, django_assert_max_num_queries):
    for number in range(12):
        CustomerFactory.create_batch(2, owner=by, name=f"华兴{number}")
    browse(by).get("/duplicates/")
    with django_assert_max_num_queries(12):
        browse(by).get("/duplicates/")


def test_marketing_looks_through_leads_alone(people, browse):
    for _number in range(2):
        LeadFactory(company_name="华兴")
    page = browse(people["marketing"]).get("/duplicates/").content.decode()
    assert "/merge/lead/" in page and "?type=customer" not in page
    assert browse(people["finance"]).get("/duplicates/").status_code == 403


def test_merge_with_leads_to_the_comparison(by, browse):
    one, other = alike(by)
    assert f"/merge/customer/{one.pk}/" in browse(by).get(one.get_absolute_url()).content.decode()
    answer = browse(by).post(f"/merge/customer/{one.pk}/", {"other": other.pk})
    assert answer.headers["Location"] == f"/merge/customer/{one.pk}/{other.pk}/"


def test_a_contact_is_merged_with_one_of_the_same_customer(by, browse):
    contact, stranger = ContactFactory(customer__owner=by), ContactFactory(customer__owner=by)
    assert browse(by).post(f"/merge/contact/{contact.pk}/", {"other": stranger.pk}).status_code == 422


def test_two_side_by_side_become_one_and_two_again(by, browse):
    one, other = alike(by, region="上海")
    ContactFactory(customer=other)
    window, address = browse(by), f"/merge/customer/{one.pk}/{other.pk}/"
    page = window.get(address).content.decode()
    assert "contacts <strong>1</strong>" in page and "differs" in page
    answer = window.post(address, {"survivor": one.pk, "name": other.pk}, follow=True)
    made = Merge.objects.get()
    assert answer.redirect_chain[0][0] == one.get_absolute_url()
    assert "华兴制造有限公司" in answer.content.decode()
    assert f'action="/merges/{made.pk}/undo/"' in answer.content.decode()
    for again in (window.post(address, {"survivor": one.pk}), window.get(address)):
        assert again.headers["Location"] == one.get_absolute_url()
    assert window.post(f"/merges/{made.pk}/undo/").headers["Location"] == one.get_absolute_url()
    assert Customer.objects.get(pk=one.pk).name == "华兴制造"


def test_a_merge_without_a_survivor_or_against_the_rules_says_why(by, browse):
    one, other = alike(by)
    answer = browse(by).post(f"/merge/customer/{one.pk}/{other.pk}/", {"name": other.pk})
    assert answer.status_code == 422 and "Choose which of the two stays" in answer.content.decode()
    deal = OpportunityFactory(owner=by, lead=LeadFactory(owner=by, status=Lead.Status.CONVERTED))
    lead = LeadFactory(owner=by, status=Lead.Status.CONTACTED)
    answer = browse(by).post(f"/merge/lead/{lead.pk}/{deal.lead_id}/", {"survivor": lead.pk})
    assert answer.status_code == 422 and "beginning of a deal" in answer.content.decode()


def test_who_may_not_change_both_does_not_compare_them(people, by, browse):
    one, other = alike(by)
    assert browse(people["stranger"]).get(f"/merge/customer/{one.pk}/{other.pk}/").status_code == 404
    assert browse(people["finance"]).get(f"/merge/customer/{one.pk}/{other.pk}/").status_code == 403


def test_old_links_lead_to_the_survivor(people, by, browse, call):
    one, other = alike(by)
    old = other.get_absolute_url()
    made = merging.merge(one, other, by=by)
    for address in (old, f"{old}edit/"):
        answer = browse(by).get(address)
        assert (answer.status_code, answer.headers["Location"]) == (301, one.get_absolute_url())
        assert answer.headers["Cache-Control"] == "no-cache"
    assert browse(people["stranger"]).get(old).status_code == 404
    answer = call(by).get(f"/api/v1/customers/{other.pk}/")
    assert (answer.status_code, answer.json()["merged_into"]) == (301, one.pk)
    assert answer.headers["Location"].endswith(f"/api/v1/customers/{one.pk}/")
    assert call(by).patch(f"/api/v1/customers/{other.pk}/", {"region": "上海"}).status_code == 409
    assert call(people["stranger"]).get(f"/api/v1/customers/{other.pk}/").status_code == 404
    merging.undo(made, by=by)
    assert browse(by).get(old).status_code == call(by).get(f"/api/v1/customers/{other.pk}/").status_code == 200


def test_duplicates_and_merges_over_the_api(people, by, call):
    one, other = alike(by, phone="62345678")
    (pair,) = call(by).get("/api/v1/duplicates/?record_type=customer").json()["results"]
    assert pair["kinds"] == ["phone", "name"] and {pair["one"], pair["other"]} == {one.pk, other.pk}
    wrong = call(by).post(f"/api/v1/customers/{one.pk}/merge/", {"loser": other.pk, "take": ["owner"]}, format="json")
    assert wrong.status_code == 400
    assert call(people["stranger"]).post(f"/api/v1/customers/{one.pk}/merge/", {"loser": other.pk}).status_code == 404
    for _number in range(2):
        answer = call(by).post(
            f"/api/v1/customers/{one.pk}/merge/", {"loser": other.pk, "take": ["name"]}, format="json"
        )
        assert answer.status_code == 200
    made = Merge.objects.get()
    assert (answer.json()["id"], answer.json()["survivor"], answer.json()["loser"]) == (made.pk, one.pk, other.pk)
    assert call(by).get("/api/v1/merges/?count=true").json()["count"] == 1
    assert call(people["stranger"]).get("/api/v1/merges/?count=true").json()["count"] == 0
    assert call(by).post(f"/api/v1/merges/{made.pk}/undo/").json()["undone_by"] == by.pk
    asked = {"record_type": "customer", "one": one.pk, "other": other.pk}
    dismissed = call(by).post("/api/v1/duplicates/dismiss/", asked)
    assert dismissed.status_code == 204
    assert call(by).get("/api/v1/duplicates/").json()["count"] == 0
