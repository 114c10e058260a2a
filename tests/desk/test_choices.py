"""Choosing a record among thousands: what a form lists, what is found while typing, and for whom."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm import choices, search
from crm.access import Role
from tests.factories import (
    ContactFactory,
    CustomerFactory,
    OpportunityFactory,
    ProductFactory,
    issued_invoice,
    signed_contract,
)

pytestmark = pytest.mark.django_db
FORMS = (
    "/opportunities/new/", "/contacts/new/", "/contracts/new/", "/quotes/new/", "/orders/new/", "/tickets/new/",
    "/invoices/new/", "/payments/new/", "/credit-notes/new/", "/opportunities/?customer=1", "/billing-titles/",
)  # fmt: skip


@pytest.fixture
def few(monkeypatch):
    """Three rows are listed at once."""
    monkeypatch.setattr(choices, "OFFERED", 3)


def indexed(*records):
    search.index(*records)
    return records if len(records) > 1 else records[0]


def found(client, record_type, **query):
    return [row["text"] for row in client.get(f"/lookup/{record_type}/", query).json()]


@pytest.mark.parametrize("text", ["华兴", "兴制", "13911112222", "139-1111-2222"])
def test_a_customer_is_found_by_any_part_of_name_or_phone(people, browse, text):
    indexed(CustomerFactory(name="华兴制造", phone="139 1111 2222", owner=people["sales"]))
    assert found(browse(people["sales"]), "customer", q=text) == ["华兴制造"]


def test_a_strangers_customer_is_neither_found_nor_listed(people, browse):
    indexed(CustomerFactory(name="机密公司", owner=people["stranger"]))
    client = browse(people["sales"])
    assert found(client, "customer", q="机密") == []
    for address in ("/opportunities/new/", "/opportunities/"):
        assert "机密公司" not in client.get(address).content.decode()


def test_a_filter_never_names_a_customer_the_person_may_not_see(people, browse):
    customer = CustomerFactory(name="机密公司", owner=people["stranger"])
    page = browse(people["sales"]).get(f"/opportunities/?customer={customer.pk}")
    assert page.status_code == 200
    assert "机密公司" not in page.content.decode()


def test_records_are_found_by_the_name_of_their_customer(people, browse):
    deal = OpportunityFactory(owner=people["sales"], customer__name="华兴制造", name="传感器")
    indexed(deal, deal.customer)
    [row] = browse(people["sales"]).get("/lookup/opportunity/", {"q": "华兴"}).json()
    assert row == {"id": deal.pk, "text": "传感器", "sub": f"{deal.number} · 华兴制造", "customer": deal.customer_id}


def test_contacts_narrow_to_the_customer_chosen_beside_them(people, browse):
    ours, theirs = (ContactFactory(name="张伟", customer__owner=people["sales"]) for _ in range(2))
    indexed(ours, theirs)
    rows = browse(people["sales"]).get("/lookup/contact/", {"q": "张伟", "customer": ours.customer_id}).json()
    assert [row["id"] for row in rows] == [ours.pk]


def test_a_choice_narrowed_on_its_form_stays_narrowed_while_typing(people, browse):
    customer = CustomerFactory(owner=people["sales"])
    open_, won = (OpportunityFactory(owner=people["sales"], customer=customer, name=name) for name in ("新", "旧"))
    type(won).objects.filter(pk=won.pk).update(status="won")
    assert found(browse(people["sales"]), "opportunity", among="open") == [str(open_)]
    ProductFactory(name="停产", is_active=False)
    assert found(browse(people["sales"]), "product", among="on_sale") == []
    invoice = issued_invoice(owner=people["sales"])
    assert found(browse(people["sales"]), "invoice", among="receivable") == [str(invoice)]


@pytest.mark.parametrize(
    "address", ["team", "user", "campaign", "nothing", "customer/?among=delete", "quote/?among=all"]
)
def test_only_records_of_the_business_are_looked_up_in_their_own_sets(people, browse, address):
    answer = browse(people["boss"]).get(f"/lookup/{address.partition('/')[0]}/?{address.partition('?')[2]}")
    assert answer.status_code == 404


def test_who_may_not_see_a_record_type_may_not_look_it_up(people, browse):
    assert browse(people["marketing"]).get("/lookup/customer/").status_code == 403


def test_outsiders_are_sent_to_sign_in(client):
    assert client.get("/lookup/customer/").status_code == 302


@pytest.mark.parametrize("customer", ["x", "²", "9" * 30, "-1"])
def test_a_customer_that_makes_no_sense_breaks_nothing(people, browse, customer):
    answer = browse(people["sales"]).get("/lookup/contact/", {"customer": customer, "q": "张"})
    assert answer.json() == []


def test_no_more_than_twenty_rows_are_found(people, browse):
    indexed(*CustomerFactory.create_batch(25, owner=people["sales"], name="华兴"))
    assert len(found(browse(people["sales"]), "customer", q="华兴")) == 20


def test_a_form_lists_the_newest_and_the_chosen_one_and_says_where_the_others_are(people, browse, few):
    old, *_others, new = CustomerFactory.create_batch(6, owner=people["sales"])
    page = browse(people["sales"]).get(f"/contacts/new/?customer={old.pk}").content.decode()
    assert f'<option value="{old.pk}" selected>{old}' in page
    assert page.count("<option") == 1 + 1 + 3
    assert str(new) in page
    assert 'data-lookup="/lookup/customer/"' in page


def test_what_is_listed_in_full_needs_no_look_up(people, browse, few):
    CustomerFactory.create_batch(3, owner=people["sales"])
    assert 'data-lookup=""' in browse(people["sales"]).get("/contacts/new/").content.decode()


def test_a_row_that_was_not_listed_is_accepted_and_shown_again_when_the_form_is_refused(people, browse, few):
    old, *_others = CustomerFactory.create_batch(6, owner=people["sales"])
    client = browse(people["sales"])
    refused = client.post("/contacts/new/", {"customer": old.pk, "name": ""}).content.decode()
    assert f'<option value="{old.pk}" selected>' in refused
    assert client.post("/contacts/new/", {"customer": old.pk, "name": "张伟"}).status_code == 302
    assert old.contacts.get().name == "张伟"


def test_a_strangers_customer_cannot_be_chosen_by_its_key(people, browse):
    customer = CustomerFactory(owner=people["stranger"])
    answer = browse(people["sales"]).post("/contacts/new/", {"customer": customer.pk, "name": "张伟"})
    assert answer.status_code == 422
    assert not customer.contacts.exists()


@pytest.mark.parametrize("key", ["x", "²", "9" * 30])
def test_a_key_that_makes_no_sense_is_refused_in_words(people, browse, key):
    assert browse(people["sales"]).post("/contacts/new/", {"customer": key, "name": "张伟"}).status_code == 422


@pytest.mark.parametrize("address", FORMS)
def test_a_form_takes_as_many_queries_for_many_customers_as_for_a_few(people, browse, few, address):
    everybody = people["boss"]
    everybody.roles = Role.values
    everybody.save()
    client = browse(everybody)
    add_customers(4, people["sales"])
    client.get(address)  # the first answer fills the caches
    asked = queries(client, address)
    add_customers(12, people["sales"])
    assert queries(client, address) == asked


def add_customers(count, owner):
    """Customers with a contact, a deal, a signed contract and an invoice each."""
    for _ in range(count):
        customer = CustomerFactory(owner=owner)
        ContactFactory(customer=customer)
        OpportunityFactory(customer=customer, owner=owner)
        signed_contract(customer=customer)
        issued_invoice(customer=customer)


def queries(client, address):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)
