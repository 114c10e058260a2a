"""Likely duplicates: what is found, and how little is told of what one may not see."""

import pytest

from crm import duplicates, search
from leads.models import Lead
from tests.factories import ContactFactory, CustomerFactory, LeadFactory

pytestmark = pytest.mark.django_db


def lead(**fields):
    made = LeadFactory(**fields)
    search.index(made)
    return made


def titles(user, **typed):
    return [told["title"] for told in duplicates.similar(user, **typed)]


@pytest.mark.parametrize("typed", ["138 0013-8000", "+86 13800138000", "(0086)13800138000", "13800138000"])
def test_a_phone_is_known_in_any_spelling(people, typed):
    known = lead(phone="138-0013 8000")
    assert titles(people["sales"], phone=typed) == [known.company_name]


def test_two_mobiles_with_the_same_ending_are_two_people(people):
    lead(phone="13900138000")
    assert titles(people["sales"], phone="13800138000") == []


def test_an_e_mail_is_known_in_any_case(people):
    known = lead(email="Wang.Lei@Example.com")
    assert titles(people["sales"], email="wang.lei@example.COM") == [known.company_name]


@pytest.mark.parametrize(
    ("known", "typed"),
    [
        ("华兴制造有限公司", "华兴制造"),
        ("华兴制造", "华兴制造股份有限公司"),
        ("上海华兴制造有限公司", "华兴制造"),
        ("Acme Trading Co., Ltd.", "acme trading"),
        ("ＡＣＭＥ Trading", "Acme Trading Inc"),
    ],
)
def test_a_company_is_known_without_its_legal_form(people, known, typed):
    lead(company_name=known)
    assert titles(people["sales"], name=typed) == [known]


def test_a_legal_form_alone_is_no_likeness(people):
    lead(company_name="云帆信息有限公司")
    assert titles(people["sales"], name="有限公司") == []


def test_customers_and_their_contacts_are_found_too(people):
    customer = CustomerFactory(name="华兴制造", owner=people["sales"], phone="021-62345678")
    ContactFactory(customer=customer, name="张伟", phone="13800138000")
    search.index(customer)
    assert titles(people["sales"], phone="13800138000") == ["张伟"]
    assert titles(people["sales"], name="华兴制造") == ["华兴制造"]


def test_of_a_strangers_record_one_learns_that_it_exists_and_whose_it_is(people):
    lead(company_name="上海华兴", phone="13800138000", owner=people["stranger"], status=Lead.Status.ASSIGNED)
    (told,) = duplicates.similar(people["sales"], phone="13800138000")
    assert told["url"] is None
    assert told["owner"] == "Stranger"
    assert told["contact"] == "138****8000"
    assert "华兴" not in told["title"] + told["subtitle"]


def test_a_strangers_record_is_not_found_by_part_of_its_name(people):
    lead(company_name="上海华兴制造", owner=people["stranger"], status=Lead.Status.ASSIGNED)
    assert titles(people["sales"], name="华兴制造") == []
    assert titles(people["sales"], name="上海华兴制造有限公司") == ["上海华兴制造"]


def test_e_mails_are_masked():
    assert duplicates.masked_email("wang@example.com") == "w***@example.com"
    assert duplicates.masked_phone("12345") == "****"


def test_the_notice_on_the_form_and_the_api_tell_the_same(people, browse, call):
    known = lead(company_name="华兴制造", owner=people["sales"], status=Lead.Status.ASSIGNED)
    page = browse(people["sales"]).get("/leads/similar/", {"company_name": "华兴制造"}).content.decode()
    assert known.get_absolute_url() in page
    (told,) = call(people["sales"]).get("/api/v1/leads/similar/", {"name": "华兴制造"}).json()
    assert told["url"] == known.get_absolute_url()


def test_a_lead_is_no_duplicate_of_itself(people, browse):
    known = lead(owner=people["sales"], status=Lead.Status.ASSIGNED)
    asked = {"company_name": known.company_name, "besides": known.pk}
    assert known.company_name not in browse(people["sales"]).get("/leads/similar/", asked).content.decode()


def test_who_may_not_write_leads_is_told_nothing(people, browse):
    assert browse(people["finance"]).get("/leads/similar/", {"phone": "13800138000"}).status_code == 403
