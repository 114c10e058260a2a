"""Customers, contacts, billing titles, products and price lists on their pages."""

import pytest

from crm import events, search
from crm.models import BillingTitle, Contact, Customer, PriceList
from tests.factories import ContactFactory, CustomerFactory, ProductFactory

pytestmark = pytest.mark.django_db


def test_a_rep_creates_a_customer_of_their_own(people, browse):
    browse(people["sales"]).post("/customers/new/", {"name": "华兴制造", "owner": people["sales"].pk})
    assert Customer.objects.get().owner == people["sales"]


def test_a_rep_cannot_create_a_customer_for_somebody_else(people, browse):
    answer = browse(people["sales"]).post("/customers/new/", {"name": "华兴制造", "owner": people["stranger"].pk})
    assert answer.status_code == 403
    assert not Customer.objects.exists()


def test_the_customers_page_shows_contacts_and_billing_titles(people, browse):
    contact = ContactFactory(customer__owner=people["sales"])
    BillingTitle.objects.create(customer=contact.customer, title="华兴制造有限公司")
    page = browse(people["sales"]).get(contact.customer.get_absolute_url()).content.decode()
    assert contact.name in page
    assert "华兴制造有限公司" in page


def test_a_contact_is_created_from_the_customers_page(people, browse):
    customer = CustomerFactory(owner=people["sales"])
    client = browse(people["sales"])
    assert f'value="{customer.pk}" selected' in client.get(f"/contacts/new/?customer={customer.pk}").content.decode()
    client.post("/contacts/new/", {"customer": customer.pk, "name": "张伟"})
    assert Contact.objects.get().customer == customer


def test_a_manager_hands_a_customer_to_another_rep(people, browse):
    customer = CustomerFactory(owner=people["sales"])
    browse(people["manager"]).post(f"/customers/{customer.pk}/assign/", {"owner": people["colleague"].pk})
    customer.refresh_from_db()
    assert customer.owner == people["colleague"]
    assert events.of_record(customer).get().verb == "assigned"
    assert browse(people["sales"]).get(customer.get_absolute_url()).status_code == 404


def test_sales_cannot_reassign_a_customer(people, browse):
    customer = CustomerFactory(owner=people["sales"])
    answer = browse(people["sales"]).post(f"/customers/{customer.pk}/assign/", {"owner": people["colleague"].pk})
    assert answer.status_code == 403


def test_a_price_list_is_saved_with_its_prices(people, browse):
    product = ProductFactory()
    form = {"name": "VIP", "currency": "CNY", "is_active": "on", "items-TOTAL_FORMS": 1, "items-INITIAL_FORMS": 0}
    browse(people["manager"]).post("/price-lists/new/", {**form, "items-0-product": product.pk, "items-0-price": "80"})
    assert PriceList.objects.get().items.get().price == 80


@pytest.mark.parametrize("address", ["/products/", "/products/new/"])
def test_operations_look_at_products_but_never_change_prices(people, browse, address):
    answer = browse(people["operations"]).get(address)
    assert answer.status_code == (403 if "new" in address else 200)


def test_the_customer_list_takes_a_fixed_number_of_queries(people, browse, django_assert_max_num_queries):
    CustomerFactory.create_batch(30, owner=people["sales"])
    client = browse(people["sales"])
    client.get("/customers/")
    with django_assert_max_num_queries(7):
        client.get("/customers/")


def test_likely_duplicates_are_looked_up_while_a_customer_is_typed(people, browse):
    client = browse(people["sales"])
    assert "/leads/similar/" in client.get("/customers/new/").content.decode()
    search.index(CustomerFactory(name="华兴制造有限公司", owner=people["stranger"]))
    found = client.get("/leads/similar/?name=华兴制造").content.decode()
    assert "华兴制造" in found
    assert "Stranger" in found
