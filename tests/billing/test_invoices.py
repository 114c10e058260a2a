"""The rules of invoices: requested, approved by somebody else, numbered without gaps, never changed, taken back."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InternalError, connection, transaction

from billing import services
from billing.models import CreditNote, Invoice, InvoiceLine, Period
from contracts.models import Delivery, DeliveryLine, Order, OrderLine
from contracts.signals import contract_signed
from crm import clock, events, money, records
from crm.access import SYSTEM
from crm.models import BillingTitle, Notification
from crm.transitions import IllegalMove
from tests.factories import issued_invoice, payment_of, signed_contract

pytestmark = pytest.mark.django_db


def test_a_whole_contract_is_billed_with_its_own_lines(people):
    contract = signed_contract(people["sales"], amounts=[(2, 100, 13), (1, 50, 6)])
    invoice = services.request_invoice(contract=contract, by=people["sales"])
    assert (invoice.gross, invoice.customer, invoice.case) == (contract.gross, contract.customer, contract.case)
    assert invoice.lines.count() == 2
    assert invoice.submitted_by == people["sales"]


@pytest.mark.parametrize("amount", ["0.04", "33.33", "100.00", "777.77"])
def test_an_instalment_is_billed_to_the_cent_with_a_line_per_tax_rate(people, amount):
    contract = signed_contract(people["sales"], amounts=[(1, 1000, 13), (1, 500, 6), (1, 300, 13)])
    instalment = contract.instalments.create(due_on=clock.today(), amount=Decimal(amount))
    invoice = services.request_invoice(instalment=instalment, by=people["sales"])
    assert invoice.gross == Decimal(amount)
    assert invoice.net + invoice.tax == invoice.gross


def test_an_agreed_amount_survives_saving_the_lines_again(people):
    contract = signed_contract(people["sales"])
    instalment = contract.instalments.create(due_on=clock.today(), amount=Decimal("0.04"))
    invoice = services.request_invoice(instalment=instalment, by=people["sales"])
    services.save_invoice(invoice, lines=list(invoice.lines.all()), by=people["sales"])
    assert invoice.gross == Decimal("0.04")


def test_a_changed_price_ends_the_agreed_amount():
    line = InvoiceLine(quantity=1, unit_price=Decimal(200), tax_rate=Decimal(13), agreed_gross=Decimal("113"))
    line.discount_percent = Decimal(0)
    assert money.price_line(line, "CNY").gross == Decimal("226.00")


def test_an_order_is_billed_for_what_was_delivered_and_not_billed_yet(people):
    contract = signed_contract(people["sales"], amounts=[(10, 100, 13)])
    order = Order.objects.create(contract=contract, customer=contract.customer, owner=people["sales"])
    records.set_lines(order, [OrderLine(quantity=10, unit_price=100, tax_rate=13)])
    deliver(order, 4)
    first = services.request_invoice(order=order, by=people["sales"])
    assert first.gross == Decimal("452.00")
    with pytest.raises(ValidationError, match="left to invoice"):
        services.request_invoice(order=order, by=people["sales"])
    deliver(order, 6)
    assert services.request_invoice(order=order, by=people["sales"]).gross == Decimal("678.00")


def deliver(order, quantity):
    delivery = Delivery.objects.create(order=order, planned_on=clock.today(), status="delivered")
    DeliveryLine.objects.create(delivery=delivery, order_line=order.lines.get(), quantity=quantity)


def test_no_more_is_invoiced_than_the_contract_is_worth(people):
    contract = signed_contract(people["sales"])
    services.request_invoice(contract=contract, by=people["sales"])
    line = InvoiceLine(description="More", quantity=1, unit_price=1, tax_rate=0)
    with pytest.raises(ValidationError, match="more than the contract"):
        services.save_invoice(Invoice(contract=contract), lines=[line], by=people["sales"])
    assert Invoice.objects.count() == 1


def test_what_was_credited_may_be_invoiced_again(people):
    contract = signed_contract(people["sales"])
    invoice = services.request_invoice(contract=contract, by=people["sales"])
    services.approve_invoice(invoice, by=people["finance"])
    services.issue_invoice(invoice, by=people["finance"])
    services.reverse_invoice(invoice, reason="Wrong title", by=people["finance"])
    assert services.request_invoice(contract=contract, by=people["sales"]).gross == contract.gross


def test_only_a_signed_contract_is_invoiced(people):
    contract = signed_contract(people["sales"], status="approved")
    with pytest.raises(ValidationError, match="signed contract"):
        services.request_invoice(contract=contract, by=people["sales"])


def test_nobody_requests_invoices_on_a_strangers_contract(people):
    contract = signed_contract(people["stranger"])
    with pytest.raises(PermissionDenied):
        services.request_invoice(contract=contract, by=people["sales"])


def test_who_changes_the_amount_of_a_request_has_submitted_it(people):
    invoice = services.request_invoice(contract=signed_contract(people["sales"]), by=people["sales"])
    line = InvoiceLine(description="Half", quantity=1, unit_price=500, tax_rate=13)
    services.save_invoice(invoice, lines=[line], by=people["finance"])
    with pytest.raises(PermissionDenied):
        services.approve_invoice(invoice, by=people["finance"])


@pytest.mark.parametrize("verb", ["approve_invoice", "issue_invoice"])
@pytest.mark.parametrize("role", ["sales", "sales_support", "manager", "operations", "admin", "marketing", "service"])
def test_only_finance_approves_and_issues(people, verb, role):
    invoice = services.request_invoice(contract=signed_contract(people["sales"]), by=people["sales"])
    with pytest.raises(PermissionDenied):
        getattr(services, verb)(invoice, by=people[role])


def test_a_returned_request_goes_back_with_its_reason(people):
    invoice = services.request_invoice(contract=signed_contract(people["sales"]), by=people["sales"])
    services.return_invoice(invoice, reason="Title is missing", by=people["finance"])
    invoice.refresh_from_db()
    assert (invoice.status, invoice.returned_reason) == ("draft", "Title is missing")
    assert Notification.objects.filter(user=people["sales"]).exists()
    services.save_invoice(invoice, by=people["sales"])
    invoice.refresh_from_db()
    assert invoice.returned_reason == ""


def test_issuing_numbers_the_invoice_and_keeps_the_buyer_of_that_day(people):
    contract = signed_contract(people["sales"])
    title = BillingTitle.objects.create(customer=contract.customer, title="华兴制造有限公司", tax_number="9131")
    invoice = services.request_invoice(contract=contract, by=people["sales"])
    services.approve_invoice(invoice, by=people["finance"])
    services.issue_invoice(invoice, by=people["finance"])
    title.title = "Another"
    title.save()
    invoice.refresh_from_db()
    today = clock.today()
    assert invoice.issued_number == f"INV-{today.year}-00001"
    assert invoice.buyer["title"] == "华兴制造有限公司"
    assert (invoice.issued_on, invoice.due_on) == (today, today + timedelta(days=30))
    assert events.of_record(invoice).filter(verb="issue", actor=people["finance"]).count() == 1


def test_numbers_follow_each_other_and_a_failed_issue_leaves_no_gap(people):
    first, second = issued_invoice(), issued_invoice()
    unapproved = services.request_invoice(contract=signed_contract(people["sales"]), by=people["sales"])
    with pytest.raises(IllegalMove):
        services.issue_invoice(unapproved, by=people["finance"])
    assert [first.sequence, second.sequence, issued_invoice().sequence] == [1, 2, 3]


def test_an_approved_or_issued_invoice_is_not_edited(people):
    invoice = issued_invoice()
    with pytest.raises(PermissionDenied):
        services.save_invoice(invoice, lines=[], by=people["finance"])


def test_the_database_itself_refuses_to_change_an_issued_invoice():
    from importlib import import_module

    keep = import_module("billing.migrations.0002_money_is_kept").KEEP
    with connection.cursor() as cursor:
        cursor.execute(
            keep.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").replace(
                "CREATE TRIGGER", "CREATE OR REPLACE TRIGGER"
            )
        )
    invoice = issued_invoice()
    payment = payment_of(invoice)
    services.confirm(payment, by=SYSTEM)
    services.send_invoice(invoice, to="a@example.com", language="en", by=SYSTEM)
    for change in (
        lambda: Invoice.objects.filter(pk=invoice.pk).update(gross=1),
        lambda: invoice.lines.update(description="Other"),
        lambda: payment.allocations.update(amount=1),
        lambda: payment.allocations.all().delete(),
    ):
        with pytest.raises(InternalError), transaction.atomic():
            change()


def test_a_closed_period_takes_no_new_invoice(people):
    invoice = services.request_invoice(contract=signed_contract(people["sales"]), by=people["sales"])
    services.approve_invoice(invoice, by=people["finance"])
    Period.objects.filter(pk=Period.objects.of(clock.today()).pk).update(status="closed")
    with pytest.raises(ValidationError, match="closed"):
        services.issue_invoice(invoice, by=people["finance"])


def test_an_unpaid_invoice_is_void_within_its_month_and_keeps_its_number(people):
    invoice = issued_invoice()
    services.void_invoice(invoice, reason="Wrong customer", by=people["finance"])
    invoice.refresh_from_db()
    assert (invoice.status, invoice.outstanding, invoice.sequence) == ("void", 0, 1)
    assert issued_invoice().sequence == 2


def test_a_paid_invoice_is_not_void(people):
    invoice = issued_invoice()
    services.confirm(payment_of(invoice, 1), by=people["finance"])
    with pytest.raises(ValidationError, match="credit note"):
        services.void_invoice(invoice, reason="No", by=people["finance"])


def test_an_invoice_of_an_earlier_month_is_not_void(people):
    invoice = issued_invoice(on=clock.today() - timedelta(days=40))
    with pytest.raises(ValidationError, match="earlier period"):
        services.void_invoice(invoice, reason="No", by=people["finance"])


def test_reversing_takes_back_all_that_is_left(people):
    invoice = issued_invoice(gross=100)
    services.confirm(payment := payment_of(invoice, 60), by=people["finance"])
    note = services.reverse_invoice(invoice, reason="Returned goods", by=people["finance"])
    invoice.refresh_from_db()
    payment.refresh_from_db()
    assert (invoice.status, invoice.payment_state, invoice.outstanding) == ("reversed", "credited", 0)
    assert note.issued_number == f"CN-{clock.today().year}-00001"
    assert payment.available == 60


def test_a_partial_credit_lowers_what_is_owed(people):
    invoice = issued_invoice(gross=100)
    credit(invoice, 30, people["finance"])
    assert (invoice.status, invoice.outstanding) == ("issued", 70)


def test_crediting_a_paid_invoice_gives_the_excess_back_to_the_customers_credit(people):
    invoice = issued_invoice(gross=100)
    services.confirm(payment := payment_of(invoice, 100), by=people["finance"])
    credit(invoice, 30, people["finance"])
    payment.refresh_from_db()
    assert (invoice.payment_state, invoice.outstanding, payment.available) == ("paid", 0, 30)


def test_no_more_is_credited_than_the_invoice_has_left(people):
    invoice = issued_invoice(gross=100)
    credit(invoice, 80, people["finance"])
    with pytest.raises(ValidationError, match="left to credit"):
        credit(invoice, 21, people["finance"])


def test_credits_split_tax_and_together_take_back_all_of_it(people):
    contract = signed_contract(people["sales"], amounts=[(1, Decimal("99.99"), 13)])
    invoice = services.request_invoice(contract=contract, by=people["sales"])
    services.approve_invoice(invoice, by=people["finance"])
    services.issue_invoice(invoice, by=people["finance"])
    notes = [credit(invoice, amount, people["finance"]) for amount in (Decimal("33.33"), Decimal("33.33"))]
    notes.append(services.reverse_invoice(invoice, reason="Rest", by=people["finance"]))
    assert sum(note.tax for note in notes) == invoice.tax
    assert sum(note.net for note in notes) == invoice.net


def credit(invoice, amount, by):
    note = services.save_credit_note(CreditNote(invoice=invoice, amount=Decimal(amount), reason="Discount"), by=by)
    services.issue_credit_note(note, by=by)
    invoice.refresh_from_db()
    return note


def test_a_signed_contract_requests_the_invoices_that_are_due(people):
    contract = signed_contract(people["sales"], plan=[Decimal("565.00"), Decimal("565.00")])
    later = contract.instalments.last()
    later.due_on = clock.today() + timedelta(days=90)
    later.save()
    contract_signed.send(type(contract), contract=contract, by=people["sales"])
    invoice = contract.invoices.get()
    assert (invoice.gross, invoice.submitted_by, invoice.status) == (Decimal("565.00"), None, "draft")
    assert services.request_due() == []


def test_periods_close_when_they_are_over_and_a_manager_reopens_them(people):
    period = Period.objects.of(clock.today().replace(day=1) - timedelta(days=1))
    with pytest.raises(ValidationError, match="over"):
        services.close_period(Period.objects.of(clock.today()), by=people["finance"])
    with pytest.raises(PermissionDenied):
        services.close_period(period, by=people["manager"])
    services.close_period(period, by=people["finance"])
    with pytest.raises(PermissionDenied):
        services.reopen_period(period, reason="Late receipt", by=people["finance"])
    services.reopen_period(period, reason="Late receipt", by=people["manager"])
    assert period.status == "open"
    assert [event.verb for event in events.of_record(period).order_by("pk")] == ["close", "reopen"]
