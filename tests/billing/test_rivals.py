"""Many at once: exactly one wins, the others get a clean answer, and no number is skipped or given twice."""

from decimal import Decimal

import pytest

from billing import checks, services
from billing.models import CreditNote, Invoice, InvoiceLine, LedgerEntry, Payment, WriteOff
from crm import clock
from crm.access import SYSTEM
from tests.factories import CustomerFactory, issued_invoice, payment_of, signed_contract
from tests.rivals import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_twenty_confirm_one_payment_and_it_is_received_once():
    invoice = issued_invoice()
    payment = payment_of(invoice, 600)
    results = at_once([lambda: services.confirm(Payment.objects.get(pk=payment.pk), by=SYSTEM)] * 20)
    assert all(isinstance(result, Payment) for result in results)
    invoice.refresh_from_db()
    assert (invoice.outstanding, payment.allocations.count()) == (400, 1)


def test_a_hundred_invoices_issued_in_parallel_have_no_gap_and_no_double():
    customer = CustomerFactory()
    invoices = [approved(customer) for _ in range(100)]
    at_once([lambda invoice=invoice: services.issue_invoice(invoice, by=SYSTEM) for invoice in invoices * 2])
    numbers = Invoice.objects.order_by("sequence").values_list("sequence", flat=True)
    assert list(numbers) == list(range(1, 101))


def approved(customer):
    line = InvoiceLine(description="CRM", quantity=1, unit_price=10, tax_rate=0)
    invoice = services.save_invoice(Invoice(customer=customer), lines=[line], by=SYSTEM)
    return services.approve_invoice(invoice, by=SYSTEM)


def test_two_payments_for_the_same_rest_pay_it_once():
    invoice = issued_invoice(gross=100)
    payments = [payment_of(None, 100, customer=invoice.customer) for _ in range(6)]
    for payment in payments:
        services.confirm(payment, by=SYSTEM)
    results = at_once([
        lambda payment=payment: services.allocate(payment, invoice=invoice, amount=Decimal(60), by=SYSTEM)
        for payment in payments
    ])  # fmt: skip
    assert sum(isinstance(result, Payment) for result in results) == 1
    invoice.refresh_from_db()
    assert invoice.outstanding == 40


def test_the_same_reference_sent_by_many_is_registered_once():
    invoice = issued_invoice()
    acts = [lambda: payment_of(invoice, 10, reference="ICBC-7", received_on=clock.today())] * 12
    assert len({payment.pk for payment in at_once(acts)}) == 1
    assert Payment.objects.count() == 1


def test_two_requests_never_bill_a_contract_twice():
    contract = signed_contract()
    results = at_once([lambda: services.request_invoice(contract=contract, by=SYSTEM)] * 8)
    assert sum(isinstance(result, Invoice) for result in results) == 1
    assert contract.invoices.count() == 1


def test_a_hundred_who_issue_and_pay_at_once_leave_books_that_add_up():
    customer = CustomerFactory()
    invoices = [approved(customer) for _ in range(20)]
    at_once([lambda invoice=invoice: services.issue_invoice(invoice, by=SYSTEM) for invoice in invoices * 2])
    payments = [payment_of(invoice, 6) for invoice in Invoice.objects.order_by("pk") for _n in range(3)]
    at_once([lambda payment=payment: services.confirm(payment, by=SYSTEM) for payment in payments])
    assert checks.findings() == []
    assert LedgerEntry.objects.filter(kind="payment", account="bank").count() == 60
    assert {invoice.outstanding for invoice in Invoice.objects.all()} == {0}


def test_credit_notes_and_bounces_at_once_never_stop_each_other_for_good():
    invoice = issued_invoice(gross=100)
    payments = [services.confirm(payment_of(invoice, 25), by=SYSTEM) for _ in range(4)]
    notes = [
        services.save_credit_note(CreditNote(invoice=invoice, amount=20, reason="Less"), by=SYSTEM) for _ in range(4)
    ]
    bounces = [lambda payment=payment: services.bounce(payment, reason="Back", by=SYSTEM) for payment in payments]
    at_once([*[lambda note=note: services.issue_credit_note(note, by=SYSTEM) for note in notes], *bounces])
    assert checks.findings() == []


def test_two_managers_approve_a_write_off_once():
    write_off = services.ask_write_off(issued_invoice(gross=100), reason="Gone", by=SYSTEM)
    results = at_once([lambda: services.approve_write_off(WriteOff.objects.get(pk=write_off.pk), by=SYSTEM)] * 6)
    assert sum(isinstance(result, WriteOff) for result in results) == 1
    assert LedgerEntry.objects.filter(account="bad_debt").count() == 1
