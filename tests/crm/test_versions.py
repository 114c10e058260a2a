"""Rows that belong to a record are part of it: whoever changes them has changed the record."""

import pytest

from billing.models import Invoice, InvoiceLine
from billing.services import save_invoice
from contracts.models import Amendment, Order
from contracts.services import save_contract, save_delivery
from contracts.services.amendments import save_amendment
from contracts.services.orders import save_order
from crm import chain, changes, events
from crm.access import SYSTEM
from crm.transitions import Stale
from opportunities.quoting import save_quote
from tests.factories import (
    CustomerFactory,
    OpportunityFactory,
    QuoteFactory,
    drafted_contract,
    planned_delivery,
    running_order,
    signed_contract,
)

pytestmark = pytest.mark.django_db


def requested_invoice(owner):
    line = InvoiceLine(description="CRM", quantity=2, unit_price=1000, tax_rate=0)
    return save_invoice(Invoice(customer=CustomerFactory(owner=owner), owner=owner), lines=[line], by=SYSTEM)


FIVE = ((5, 100, 13),)
DOCUMENTS = {
    "quote": (save_quote, lambda owner: QuoteFactory(opportunity=OpportunityFactory(owner=owner))),
    "contract": (save_contract, drafted_contract),
    "amendment": (
        save_amendment,
        lambda o: save_amendment(Amendment(contract=signed_contract(o, FIVE), reason="x"), by=SYSTEM),
    ),
    "order": (save_order, lambda o: save_order(Order(contract=signed_contract(o, FIVE)), by=SYSTEM)),
    "delivery": (save_delivery, lambda owner: planned_delivery(running_order(owner))),
    "invoice": (save_invoice, requested_invoice),
}


@pytest.fixture(params=DOCUMENTS)
def document(request, people):
    save, make = DOCUMENTS[request.param]
    made = make(people["sales"])
    return save, type(made).objects.get(pk=made.pk)


def lines_of(document, quantity=None):
    lines = list(document.lines.all())
    lines[0].quantity = quantity or lines[0].quantity
    return lines


def test_a_change_of_its_lines_alone_is_a_change_of_the_document(document):
    save, record = document
    seen = record.version
    save(record, lines=lines_of(record, 1), by=SYSTEM, seen=seen)
    told = events.of_record(record).get(verb="changed")
    assert type(record).objects.get(pk=record.pk).version == seen + 1 == told.record_version
    old, new = told.data["changes"]["lines"]
    assert (float(old[0]["quantity"]) > 1, float(new[0]["quantity"])) == (True, 1)


def test_lines_that_are_the_same_are_no_change(document):
    save, record = document
    save(record, lines=lines_of(record), by=SYSTEM)
    assert not events.of_record(record).filter(verb="changed").exists()


def test_who_saw_other_lines_overwrites_nothing(document):
    save, record = document
    seen, mine = record.version, type(record).objects.get(pk=record.pk)
    save(record, lines=lines_of(record, 1), by=SYSTEM, seen=seen)
    with pytest.raises(Stale, match="Lines"):
        save(mine, lines=lines_of(mine, 2), by=SYSTEM, seen=seen)


def test_a_payment_plan_is_part_of_its_contract(people):
    contract = drafted_contract(people["sales"])
    seen, plan = contract.version, list(contract.instalments.all())
    plan[0].label = "定金"
    save_contract(contract, instalments=plan, by=SYSTEM)
    (change,) = changes.since(contract, seen, people["sales"])
    assert (contract.version, change.label) == (seen + 1, "Payment plan")


def test_a_timeline_tells_changed_lines_in_words(people):
    quote = QuoteFactory(opportunity=OpportunityFactory(owner=people["sales"]))
    save_quote(quote, lines=lines_of(quote, 3), by=people["sales"])
    newest = chain.timeline(quote, people["sales"])[0]
    assert "Lines: " in newest.text
    assert "10.0" in newest.text
    assert "[" not in newest.text
