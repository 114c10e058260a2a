"""What holds for every list of the product: columns, chips, counts of queries."""

import csv
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm import clock
from crm.access import GRANTS, Role
from crm.models import Product
from crm.web.lists import LISTS, pages_of
from tests.factories import (
    CampaignFactory,
    ContactFactory,
    CustomerFactory,
    LeadFactory,
    ProductFactory,
    QuoteFactory,
    TeamFactory,
    issued_invoice,
    payment_of,
    running_order,
)

pytestmark = pytest.mark.django_db
pages_of("")  # reads the addresses, so that LISTS is complete
KEYS = sorted(LISTS)
MOST_QUERIES = {"billing.invoice": 8, "billing.period": 8}  # two sums below the list; the months yet to be opened


def heads(html):
    return re.findall(r'<th scope="col" class="col-(\w+)', html)


def names(client, address):
    return heads(client.get(address).content.decode())


def test_the_address_says_which_columns_are_shown_and_in_which_order(people, browse):
    LeadFactory(phone="13800001111")
    client = browse(people["sales"])
    assert names(client, "/leads/?columns=phone,company_name") == ["phone", "company_name"]


def test_unknown_columns_are_passed_over_and_none_at_all_are_the_usual_ones(people, browse):
    LeadFactory()
    client = browse(people["sales"])
    usual = names(client, "/leads/")
    assert names(client, "/leads/?columns=nonsense,phone,password,phone") == ["phone"]
    assert names(client, "/leads/?columns=nonsense") == usual


def test_the_chooser_works_without_javascript_by_numbers(people, browse):
    asked = "pick=1&status=new&at=5&col=company_name&at_company_name=2&col=phone&at_phone=1&at_email=1"
    assert browse(people["sales"]).get(f"/leads/?{asked}").url == "/leads/?status=new&columns=phone,company_name"


def test_choosing_the_usual_columns_leaves_the_address_short(people, browse):
    usual = "&".join(f"col={column.name}" for column in pages_of("leads.lead").columns)
    assert browse(people["sales"]).get(f"/leads/?pick=1&columns=phone&{usual}").url == "/leads/?"


def test_an_export_has_the_chosen_columns(people, browse):
    LeadFactory(company_name="华兴制造", phone="13800001111", owner=people["sales"], status="assigned")
    answer = browse(people["sales"]).get("/leads/export.csv?columns=phone,company_name")
    rows = list(csv.reader(b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()))
    assert rows == [["Phone", "Company"], ["13800001111", "华兴制造"]]


def test_every_filter_that_is_on_has_a_chip_that_takes_it_off(people, browse):
    LeadFactory.create_batch(2)
    page = browse(people["sales"]).get("/leads/?status=new&q=云帆&channel=website&o=grade&size=50").content.decode()
    chips = re.findall(r'<a class="chip" href="([^"]+)"><span>([^:]+):', page)
    assert {label for _url, label in chips} == {"Search", "Status", "Channel"}
    assert all("o=grade" in url and "size=50" in url for url, _label in chips)
    clear = re.search(r'<a class="chip-clear" href="([^"]+)"', page)[1]
    assert clear == "?o=grade&amp;size=50"


@pytest.fixture
def books(people):
    """Something on every list; called again, more of it."""

    def fill():
        rep = people["sales"]
        customer = CustomerFactory(owner=rep)
        ContactFactory(customer=customer)
        LeadFactory(owner=rep, status="assigned", campaign=CampaignFactory(owner=rep))
        QuoteFactory(opportunity__owner=rep, opportunity__customer=customer)
        running_order(rep, customer=customer)
        payment_of(issued_invoice(customer=customer, due=clock.today()))
        ProductFactory()
        TeamFactory(parent=people["sales"].team)

    return fill


def opener(people, key):
    """Somebody who may open this list, whatever is on it."""
    app, model = key.split(".")
    row = GRANTS[f"{app}.view_{model}"]
    role = Role.values[max(range(len(row)), key=lambda at: row[at])]
    return people["boss"] if role == Role.MANAGER or row[Role.values.index("manager")] else people[role]


@pytest.mark.parametrize("key", KEYS)
def test_a_list_with_all_its_columns_takes_as_many_queries_for_many_rows_as_for_few(people, browse, books, key):
    user = opener(people, key)
    client = browse(user)
    pages = LISTS[key]
    columns = ",".join(column.name for column in pages().offered_columns())
    address = f"{reverse(pages.url_name('list'))}?columns={columns}"
    books()
    client.get(address)
    few = queries(client, address)
    for _time in range(3):
        books()
    many = queries(client, address)
    assert many <= few + 1, f"{key}: {few} queries for few rows, {many} for many"
    assert queries(client, address.partition("?")[0]) <= MOST_QUERIES.get(key, 6)


def queries(client, address):
    with CaptureQueriesContext(connection) as told:
        answer = client.get(address)
    assert answer.status_code == 200
    return len(told)


def test_the_offered_columns_of_every_list_can_be_read():
    for key in KEYS:
        for column in LISTS[key]().offered_columns():
            assert column.title(LISTS[key].model)


def test_a_product_can_be_listed_by_its_margin(people, browse):
    ProductFactory(gross_margin=40)
    assert names(browse(people["manager"]), "/products/?columns=name,gross_margin") == ["name", "gross_margin"]
    assert Product.objects.count() == 1
