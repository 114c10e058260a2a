"""Paging by where one stands: every row once, in order, in both directions, at any term."""

import re
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from django.http import QueryDict
from django.utils import timezone

from billing.models import Invoice
from crm.web import paging
from leads.models import Lead
from opportunities.models import Opportunity
from tests.factories import CustomerFactory, LeadFactory, OpportunityFactory, issued_invoice

pytestmark = pytest.mark.django_db
TERMS = ["pk", "company_name", "grade", "last_contact_at", "created_at"]


def page(rows, term, descending=False, size=3, address=""):
    return paging.page_of(rows, term, descending, size, QueryDict(address))


def walk(rows, term, descending, way, start=""):
    """The pages one sees going on by one link until there is none."""
    found = [page(rows, term, descending, address=start)]
    while address := found[-1].links.get(way):
        found.append(page(rows, term, descending, address=address[1:]))
    return found


@pytest.fixture
def leads(db):
    """Leads with equal values and without any, in both orders of the key."""
    now = timezone.now()
    told = (
        ("乙", "A", 1),
        ("甲", "B", None),
        ("甲", "", 3),
        ("丙", "A", None),
        ("乙", "A", 1),
        ("乙", "C", 2),
        ("丁", "", None),
    )
    for number, (name, grade, days) in enumerate(told):
        contact = None if days is None else now - timedelta(days=days)
        LeadFactory(company_name=name, grade=grade, last_contact_at=contact, created_at=now - timedelta(hours=number))
    return Lead.objects.all()


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("term", TERMS)
def test_going_on_shows_every_row_once_and_going_back_the_same_rows(leads, term, descending):
    forward = walk(leads, term, descending, "next")
    keys = [row.pk for found in forward for row in found.rows]
    assert sorted(keys) == sorted(leads.values_list("pk", flat=True))
    back = walk(leads, term, descending, "previous", forward[-1].links["previous"][1:])
    assert [[row.pk for row in found.rows] for found in back[::-1]] == [
        [row.pk for row in found.rows] for found in forward[:-1]
    ]


def test_rows_without_a_value_come_last_in_both_directions(leads):
    for descending in (False, True):
        rows = [row for found in walk(leads, "last_contact_at", descending, "next") for row in found.rows]
        assert [row.last_contact_at is None for row in rows] == [False] * 4 + [True] * 3


def test_the_order_goes_across_relations():
    for name in ("甲", "丙", "乙", "甲"):
        OpportunityFactory(customer__name=name)
    rows = Opportunity.objects.select_related("customer")
    names = [row.customer.name for found in walk(rows, "customer__name", False, "next") for row in found.rows]
    assert names == list(rows.order_by("customer__name").values_list("customer__name", flat=True))


def test_the_order_may_be_by_something_computed():
    customer = CustomerFactory()
    for gross in (300, 100, 200, 400):
        issued_invoice(customer=customer, gross=gross)
    pages = walk(Invoice.objects.with_balance(), "balance", True, "next")
    assert [row.balance for found in pages for row in found.rows] == [400, 300, 200, 100]


def test_the_position_goes_along(leads):
    first, second, third = walk(leads, "company_name", False, "next")
    assert [(found.first, found.last) for found in (first, second, third)] == [(1, 3), (4, 6), (7, 7)]
    last = page(leads, "company_name", address=first.links["last"][1:])
    assert (last.first, last.last) == (5, 7)
    assert not {"next", "last"} & last.links.keys()


def test_a_row_that_came_in_meanwhile_shifts_nothing_on_the_next_page(leads):
    first = page(leads, "pk", True)
    LeadFactory()
    second = page(leads, "pk", True, address=first.links["next"][1:])
    assert max(row.pk for row in second.rows) < min(row.pk for row in first.rows)


@pytest.mark.parametrize(
    "address",
    ["after=nonsense", "after=1~nonsense", "after=99999999999999999999", "after=1~2026-01-01T00:00:00", "after=1~%00"],
)
def test_a_mark_that_says_nothing_is_the_first_page(leads, address):
    assert page(leads, "created_at", address=address).first == 1


def test_more_rows_than_are_counted_are_told_as_more(leads, monkeypatch):
    monkeypatch.setattr(paging, "COUNTED", 5)
    found = page(leads, "pk", True)
    assert (found.total, found.total_text) == (6, "5+")
    assert page(leads, "pk", True, address="last=1").first is None


def test_the_list_keeps_filters_and_order_from_page_to_page(people, browse):
    LeadFactory.create_batch(30, owner=people["sales"], status="assigned")
    LeadFactory.create_batch(30)
    html = browse(people["sales"]).get("/leads/?status=assigned&o=company_name").content.decode()
    address = re.search(r'href="([^"]+)"[^>]*rel="next"', html)[1].replace("&amp;", "&")
    assert parse_qs(address[1:])["status"] == ["assigned"]
    rest = browse(people["sales"]).get(f"/leads/{address}").content.decode()
    assert rest.count('class="row-link"') == 5
    assert "26–30 of 30" in rest
