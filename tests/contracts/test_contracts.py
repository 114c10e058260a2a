"""The rules of contracts, from draft to closed."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing import services as billing
from contracts.models import Contract, ContractLine, Instalment
from contracts.services import contracts, draft_from_quote, orders, plans, save_contract
from contracts.signals import contract_signed
from crm import clock, events, money
from crm.access import SYSTEM
from crm.models import Attachment, ExchangeRate, Notification
from crm.transitions import IllegalMove
from tests.factories import (
    CustomerFactory,
    OpportunityFactory,
    QuoteFactory,
    drafted_contract,
    payment_of,
    running_order,
)

pytestmark = pytest.mark.django_db


def signed(contract):
    contracts.submit(contract, by=SYSTEM)
    contracts.approve(contract, by=SYSTEM)
    return contracts.sign(contract, signed_on=clock.today(), by=SYSTEM)


def accepted_quote(owner):
    return QuoteFactory(opportunity=OpportunityFactory(owner=owner), status="accepted")


# Drafting


def test_a_contract_takes_over_the_quote_one_to_one(people):
    quote = accepted_quote(people["sales"])
    contract = draft_from_quote(quote, by=people["sales_support"])
    assert (contract.gross, contract.net, contract.currency) == (quote.gross, quote.net, quote.currency)
    assert (contract.case, contract.customer, contract.owner) == (quote.case, quote.customer, people["sales"])
    ours, theirs = contract.lines.get(), quote.lines.get()
    assert (ours.product, ours.quantity, ours.unit_price) == (theirs.product, theirs.quantity, theirs.unit_price)


def test_a_quote_gets_one_contract_however_often_it_is_drafted(people):
    quote = accepted_quote(people["sales"])
    assert draft_from_quote(quote, by=people["sales"]) == draft_from_quote(quote, by=people["sales"])
    assert Contract.objects.count() == 1


def test_only_an_accepted_quote_becomes_a_contract(people):
    quote = QuoteFactory(opportunity=OpportunityFactory(owner=people["sales"]), status="sent")
    with pytest.raises(IllegalMove):
        draft_from_quote(quote, by=people["sales"])


def test_the_contract_keeps_the_rate_frozen_on_its_quote(people):
    ExchangeRate.objects.create(currency="USD", rate=Decimal("7.5"), valid_from=date(2020, 1, 1))
    quote = accepted_quote(people["sales"])
    type(quote).objects.filter(pk=quote.pk).update(currency="USD", rate=Decimal("7.1"))
    quote.refresh_from_db()
    assert draft_from_quote(quote, by=people["sales"]).rate == Decimal("7.1")


def test_a_contract_for_a_customer_alone_begins_a_case(people):
    contract = drafted_contract(people["sales"])
    assert contract.case.customer == contract.customer


def test_a_contract_needs_a_customer(people):
    with pytest.raises(ValidationError) as refusal:
        save_contract(Contract(title="X", owner=people["sales"]), by=people["sales"])
    assert "customer" in refusal.value.message_dict


def test_a_new_contract_gets_the_usual_plan(people):
    plan = drafted_contract(people["sales"]).instalments.values_list("amount", flat=True)
    assert list(plan) == [Decimal("3390.00"), Decimal("4520.00"), Decimal("3390.00")]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    price=st.decimals("0.01", "9999999", places=2),
    quantity=st.integers(1, 999),
    tax=st.sampled_from([0, 1, 3, 6, 9, 13]),
)
def test_the_usual_plan_always_sums_to_the_total(people, price, quantity, tax):
    line = ContractLine(quantity=quantity, unit_price=price, tax_rate=tax, description="X", discount_percent=0)
    contract = Contract(currency="CNY")
    money.total(contract, [money.price_line(line, "CNY")])
    assert sum(part.amount for part in plans.usual_plan(contract)) == contract.gross


# Review


def test_a_contract_without_lines_is_not_handed_in(people):
    contract = save_contract(
        Contract(customer=CustomerFactory(), title="X", owner=people["sales"]), lines=[], by=SYSTEM
    )
    with pytest.raises(ValidationError, match="at least one line"):
        contracts.submit(contract, by=people["sales"])


@pytest.mark.parametrize(("amount", "words"), [("11000", "¥300.00 short"), ("11400", "¥100.00 more")])
def test_a_plan_that_misses_the_total_is_refused_and_says_by_how_much(people, amount, words):
    contract = drafted_contract(people["sales"])
    part = Instalment(label="All", due_on=clock.today(), amount=Decimal(amount))
    save_contract(contract, instalments=[part], by=people["sales"])
    with pytest.raises(ValidationError, match=words):
        contracts.submit(contract, by=people["sales"])


def test_finance_returns_a_contract_with_a_reason_and_sales_is_told(people):
    contract = drafted_contract(people["sales"])
    contracts.submit(contract, by=people["sales"])
    contracts.return_(contract, reason="Deposit too low", by=people["finance"])
    assert contract.status == Contract.Status.DRAFT
    assert events.of_record(contract).get(verb="return").reason == "Deposit too low"
    assert Notification.objects.filter(user=people["sales"]).exists()


@pytest.mark.parametrize("role", ["sales", "sales_support", "manager", "operations", "admin"])
def test_only_finance_approves_contracts(people, role):
    contract = drafted_contract(people["sales"])
    contracts.submit(contract, by=SYSTEM)
    with pytest.raises(PermissionDenied):
        contracts.approve(contract, by=people[role])


def test_what_is_in_review_can_no_longer_be_edited(people):
    contract = drafted_contract(people["sales"])
    contracts.submit(contract, by=people["sales"])
    contract.title = "Other"
    with pytest.raises(IllegalMove):
        save_contract(contract, by=people["sales"])


# Signing


def test_signing_wins_the_deal_drafts_the_order_and_is_announced(people):
    heard = []
    contract_signed.connect(listener := lambda **told: heard.append((told["contract"], told["by"])))
    contract = draft_from_quote(accepted_quote(people["sales"]), by=people["sales"])
    contracts.submit(contract, by=people["sales"])
    contracts.approve(contract, by=people["finance"])
    yesterday = clock.today() - timedelta(days=1)
    contracts.sign(contract, signed_on=yesterday, by=people["sales"])
    contract_signed.disconnect(listener)
    contract.opportunity.refresh_from_db()
    order = contract.orders.get()
    assert contract.opportunity.status == "won"
    assert (order.status, order.gross, order.case) == ("draft", contract.gross, contract.case)
    assert heard == [(contract, people["sales"])]
    assert clock.business_day(events.of_record(contract).get(verb="sign").occurred_at) == yesterday


def test_a_contract_is_not_signed_in_the_future(people):
    contract = drafted_contract(people["sales"])
    contracts.submit(contract, by=SYSTEM)
    contracts.approve(contract, by=SYSTEM)
    with pytest.raises(ValidationError) as refusal:
        contracts.sign(contract, signed_on=clock.today() + timedelta(days=1), by=people["sales"])
    assert "signed_on" in refusal.value.message_dict


def test_the_signed_copy_is_kept_with_the_contract(people):
    contract = drafted_contract(people["sales"])
    contracts.submit(contract, by=SYSTEM)
    contracts.approve(contract, by=SYSTEM)
    copy = SimpleUploadedFile("signed.pdf", b"%PDF-1.4")
    contracts.sign(contract, signed_on=clock.today(), signed_copy=copy, by=people["sales"])
    assert Attachment.objects.get(record_type="contract", record_id=contract.pk).name == "signed.pdf"


def test_a_voided_contract_frees_its_quote(people):
    quote = accepted_quote(people["sales"])
    first = draft_from_quote(quote, by=people["sales"])
    contracts.void(first, reason="Wrong customer", by=people["sales"])
    assert draft_from_quote(type(quote).objects.get(pk=quote.pk), by=people["sales"]) != first


# The end


def test_a_contract_is_fulfilled_only_when_the_customer_accepted_every_order(people):
    order = running_order(people["sales"])
    with pytest.raises(ValidationError, match="not accepted every order"):
        contracts.fulfil(order.contract, by=people["operations"])


def test_a_contract_is_not_closed_before_it_is_invoiced_and_paid(people):
    contract = signed(drafted_contract(people["sales"]))
    Contract.objects.filter(pk=contract.pk).update(status="fulfilled")
    with pytest.raises(ValidationError, match="not fully invoiced"):
        contracts.close(contract, by=people["finance"])


def test_finance_closes_what_is_invoiced_and_paid_in_full(people):
    contract = signed(drafted_contract(people["sales"]))
    Contract.objects.filter(pk=contract.pk).update(status="fulfilled")
    contract.invoices.all().delete()  # what its plan asked for
    request = billing.request_invoice(contract=contract, by=SYSTEM)
    invoice = billing.issue_invoice(billing.approve_invoice(request, by=SYSTEM), by=SYSTEM)
    with pytest.raises(ValidationError, match="still outstanding"):
        contracts.close(contract, by=people["finance"])
    billing.confirm(payment_of(invoice, contract.gross), by=SYSTEM)
    contracts.close(contract, by=people["finance"])
    assert contract.status == "closed"


def test_ending_a_contract_early_cancels_drafts_and_holds_running_orders(people):
    order = running_order(people["sales"])
    contracts.terminate(order.contract, reason="Insolvent", by=people["manager"])
    order.refresh_from_db()
    assert (order.status, order.held_from) == ("on_hold", "in_fulfilment")
    with pytest.raises(ValidationError, match="signed contract"):
        orders.resume(order, by=people["operations"])


def test_sales_do_not_end_contracts(people):
    with pytest.raises(PermissionDenied):
        contracts.terminate(signed(drafted_contract(people["sales"])), reason="X", by=people["sales"])
