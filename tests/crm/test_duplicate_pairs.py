"""Who is probably one: found over all rows at once, by the same likeness as while typing."""

import pytest
from django.core.exceptions import PermissionDenied

from crm import duplicate_pairs, duplicates
from crm.models import Contact, Customer
from crm.models.expressions import name_key
from leads.models import Lead
from tests.factories import ContactFactory, CustomerFactory, LeadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(people):
    return people["sales"]


def told(user, model=Customer):
    pairs, total = duplicate_pairs.found(user, model)
    assert len(pairs) == total
    return [({pair.one, pair.other}, pair.kinds) for pair in pairs]


NAMES = [
    "华兴制造有限公司", "华兴制造", "华兴制造股份有限公司", "华兴（制造）有限责任公司", "华兴集团有限公司",
    "公司", "集团",
    "Acme Trading Co., Ltd.", "acme trading", "ＡＣＭＥ Trading", "Acme-Trading Inc", "Texaco", "Co Op Ltd", "Ltd",
    "A·B 贸易公司", "云帆  信息 技术", "3M_中国", "O'Neil & Sons LLC", "",
]  # fmt: skip


def test_names_are_read_in_sql_as_they_are_while_typing(by):
    for name in NAMES:
        CustomerFactory(name=name)
    keys = Customer.objects.values_list("name", name_key("name"))
    assert dict(keys) == {name: duplicates.name_words(name).replace(" ", "") for name in NAMES}


@pytest.mark.parametrize(
    ("one", "other", "kinds"),
    [
        ({"name": "华兴制造有限公司"}, {"name": "华兴制造"}, ["name"]),
        ({"phone": "138 0013-8000"}, {"phone": "+86 13800138000"}, ["phone"]),
        ({"phone": "021-62345678"}, {"phone": "62345678"}, ["phone"]),
        ({"name": "Acme Ltd.", "phone": "62345678"}, {"name": "ACME", "phone": "62345678"}, ["phone", "name"]),
    ],
)
def test_customers_alike_are_found_with_the_reasons(one, other, kinds, by):
    pair = {CustomerFactory(owner=by, **one), CustomerFactory(owner=by, **other)}
    CustomerFactory(owner=by, name="云帆", phone="13900138000")
    assert told(by) == [(pair, kinds)]


def test_two_customers_billed_under_one_tax_number_are_alike(by):
    pair = {CustomerFactory(owner=by), CustomerFactory(owner=by)}
    for customer in pair:
        for number in ("91310000ma1k", "9131 0000 MA1K"):
            customer.billing_titles.create(title=customer.name, tax_number=number)
    assert told(by) == [(pair, ["tax"])]


def test_contacts_and_leads_are_found_by_phone_and_e_mail(by):
    customer = CustomerFactory(owner=by)
    contacts = {ContactFactory(customer=customer, email=email) for email in ("Wang@example.com", "wang@example.com")}
    leads = {LeadFactory(owner=by, phone=phone, email="w@example.com") for phone in ("13800138000", "86 13800138000")}
    assert told(by, Contact) == [(contacts, ["email"])]
    assert told(by, Lead) == [(leads, ["email", "phone"])]


def test_mobiles_with_the_same_ending_are_two_people(by):
    for phone in ("13900138000", "13800138000"):
        CustomerFactory(owner=by, phone=phone)
    assert told(by) == []


def test_the_surest_come_first(by):
    CustomerFactory(owner=by, name="云帆"), CustomerFactory(owner=by, name="云帆有限公司")
    sure = {CustomerFactory(owner=by, name="华兴", phone="62345678") for _number in range(2)}
    assert next(pair for pair, _kinds in told(by)) == sure
    assert len(told(by)) == 2


def test_only_what_one_may_see_is_compared(people, by):
    CustomerFactory(owner=by, name="华兴"), CustomerFactory(owner=people["stranger"], name="华兴有限公司")
    assert told(by) == told(people["manager"]) == []
    assert len(told(people["boss"])) == 1
    with pytest.raises(PermissionDenied):
        duplicate_pairs.found(people["finance"], Customer)


def test_what_many_share_tells_nobody_apart(by):
    CustomerFactory.create_batch(duplicate_pairs.CROWD + 1, owner=by, phone="02162345678")
    assert told(by) == []


def test_two_converted_leads_are_no_news(by):
    for _number in range(2):
        LeadFactory(owner=by, phone="13800138000", status=Lead.Status.CONVERTED)
    assert told(by, Lead) == []


def test_not_duplicates_is_remembered(people, by):
    one, other = (CustomerFactory(owner=by, name="华兴") for _number in range(2))
    with pytest.raises(PermissionDenied):
        duplicate_pairs.dismiss(one, other, by=people["colleague"])
    duplicate_pairs.dismiss(other, one, by=by)
    duplicate_pairs.dismiss(one, other, by=by)
    assert told(by) == []


def test_finding_takes_a_fixed_number_of_queries(by, django_assert_num_queries):
    for number in range(5):
        CustomerFactory.create_batch(2, owner=by, name=f"华兴{number}")
    with django_assert_num_queries(2):
        pairs, _total = duplicate_pairs.found(by, Customer)
        assert [str(record.owner) for pair in pairs for record in (pair.one, pair.other)]
