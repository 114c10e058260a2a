"""The rules of payments: registered by many, confirmed by finance once, never paying more than either side has."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing import checks, services
from billing.models import CreditNote, Invoice, Payment, Period
from crm import clock, events
from crm.access import SYSTEM
from crm.models import Attachment, Notification
from crm.transitions import IllegalMove
from tests.factories import CustomerFactory, issued_invoice, payment_of

pytestmark = pytest.mark.django_db


def claim(invoice, by, amount=1000, **details):
    return services.record_payment(invoice, amount=Decimal(amount), received_on=clock.today(), by=by, **details)


def test_sales_registers_a_claim_with_proof_that_waits_for_finance(people):
    invoice = issued_invoice(people["sales"])
    payment = claim(invoice, people["sales"], proof=SimpleUploadedFile("slip.pdf", b"%PDF"))
    assert (payment.status, payment.submitted_by, payment.case) == ("registered", people["sales"], invoice.case)
    assert Attachment.objects.get(record_type="payment", record_id=payment.pk).name == "slip.pdf"
    assert invoice.outstanding == 1000


def test_what_finance_records_is_received_at_once(people):
    invoice = issued_invoice(people["sales"])
    payment = claim(invoice, people["finance"], 400)
    assert payment.status == "confirmed"
    assert (invoice.outstanding, invoice.payment_state) == (600, "partly_paid")


@pytest.mark.parametrize("role", ["sales", "sales_support", "manager", "operations", "admin", "marketing", "service"])
def test_only_finance_confirms_a_payment(people, role):
    payment = payment_of(issued_invoice(people["sales"]))
    with pytest.raises(PermissionDenied):
        services.confirm(payment, by=people[role])


def test_sales_registers_no_payment_of_a_strangers_customer(people):
    with pytest.raises(PermissionDenied):
        claim(issued_invoice(people["stranger"]), people["sales"])


def test_confirming_pays_the_invoice_it_was_meant_for_and_keeps_the_rest_as_credit(people):
    invoice = issued_invoice(people["sales"], gross=700)
    payment = payment_of(invoice, 1000)
    services.confirm(payment, by=people["finance"])
    invoice.refresh_from_db()
    assert (invoice.payment_state, payment.available) == ("paid", 300)
    assert Notification.objects.filter(user=people["sales"], url=payment.get_absolute_url()).exists()


def test_confirming_twice_receives_once(people):
    payment = payment_of(issued_invoice())
    services.confirm(payment, by=people["finance"])
    services.confirm(Payment.objects.get(pk=payment.pk), by=people["finance"])
    assert payment.allocations.count() == 1
    assert events.of_record(payment).filter(verb="confirm").count() == 1


def test_the_same_bank_reference_is_registered_once(people):
    invoice = issued_invoice(people["sales"])
    first = claim(invoice, people["sales"], reference="ICBC-1")
    assert claim(invoice, people["sales"], reference="ICBC-1") == first
    with pytest.raises(ValidationError, match="Another payment"):
        claim(invoice, people["sales"], 5, reference="ICBC-1")
    services.bounce(first, reason="Returned", by=people["finance"])
    assert claim(invoice, people["sales"], reference="ICBC-1") != first


def test_a_payment_in_another_currency_than_its_invoice_is_refused():
    with pytest.raises(ValidationError) as refusal:
        payment_of(issued_invoice(), currency="JPY", rate=1)
    assert "currency" in refusal.value.message_dict


def test_no_payment_is_received_tomorrow(people):
    with pytest.raises(ValidationError) as refusal:
        payment_of(issued_invoice(), received_on=clock.today() + timedelta(days=1))
    assert "received_on" in refusal.value.message_dict


def test_a_closed_period_takes_no_payment(people):
    day = clock.today().replace(day=1) - timedelta(days=1)
    payment = payment_of(issued_invoice(), received_on=day)
    Period.objects.filter(pk=Period.objects.of(day).pk).update(status="closed")
    with pytest.raises(ValidationError, match="closed"):
        services.confirm(payment, by=people["finance"])
    with pytest.raises(ValidationError, match="closed"):
        payment_of(issued_invoice(), received_on=day)


def test_credit_is_allocated_in_parts_and_never_beyond_either_side(people):
    first, payment = issued_invoice(gross=700), None
    second = issued_invoice(gross=200, customer=first.customer)
    payment = payment_of(None, 800, customer=first.customer)
    services.confirm(payment, by=people["finance"])
    with pytest.raises(ValidationError, match="of the invoice is owed"):
        services.allocate(payment, invoice=second, amount=Decimal(201), by=people["finance"])
    services.allocate(payment, invoice=second, amount=Decimal(200), by=people["finance"])
    with pytest.raises(ValidationError, match="of the payment is left"):
        services.allocate(payment, invoice=first, amount=Decimal(601), by=people["finance"])
    services.allocate(payment, invoice=first, amount=Decimal(600), by=people["finance"])
    first.refresh_from_db()
    assert (first.outstanding, payment.available, payment.case) == (100, 0, second.case)


def test_a_payment_pays_no_other_customers_invoice(people):
    payment = payment_of(None, 800, customer=CustomerFactory())
    services.confirm(payment, by=people["finance"])
    with pytest.raises(ValidationError, match="another customer"):
        services.allocate(payment, invoice=issued_invoice(), amount=Decimal(1), by=people["finance"])


@pytest.mark.parametrize("verb", [services.bounce, services.reverse_payment])
def test_taking_a_payment_back_restores_exactly_what_was_owed(people, verb):
    invoice = issued_invoice(gross=700)
    services.confirm(payment := payment_of(invoice, 500), by=people["finance"])
    verb(payment, reason="Cheque returned", by=people["finance"])
    invoice.refresh_from_db()
    assert (invoice.outstanding, invoice.payment_state) == (700, "unpaid")
    assert [row.amount for row in payment.allocations.order_by("pk")] == [500, -500]


def refundable(people, amount=300):
    payment = payment_of(None, amount, customer=CustomerFactory(owner=people["sales"]))
    return services.confirm(payment, by=people["finance"])


def test_a_manager_approves_the_refund_that_finance_asks_for(people):
    payment = refundable(people)
    services.request_refund(payment, amount=Decimal(100), reason="Paid twice", by=people["finance"])
    assert payment.available == 200
    with pytest.raises(PermissionDenied):
        services.refund(payment, by=people["finance"])
    services.refund(payment, by=people["manager"])
    assert (payment.status, payment.available) == ("confirmed", 200)
    services.request_refund(payment, amount=Decimal(200), reason="Rest", by=people["finance"])
    services.refund(payment, by=people["manager"])
    assert payment.status == "refunded"


def test_a_declined_refund_leaves_the_credit_as_it_was(people):
    payment = refundable(people)
    services.request_refund(payment, amount=Decimal(100), reason="Paid twice", by=people["finance"])
    services.decline_refund(payment, reason="They will order again", by=people["manager"])
    assert (payment.refund_asked, payment.available) == (0, 300)


def test_what_pays_an_invoice_is_not_refunded(people):
    services.confirm(payment := payment_of(issued_invoice(), 1000), by=people["finance"])
    with pytest.raises(ValidationError, match="of the payment is left"):
        services.request_refund(payment, amount=Decimal(1), reason="?", by=people["finance"])


def test_a_refunded_payment_does_not_bounce(people):
    payment = refundable(people)
    services.request_refund(payment, amount=Decimal(100), reason="Paid twice", by=people["finance"])
    services.refund(payment, by=people["manager"])
    with pytest.raises(ValidationError, match="refunded already"):
        services.bounce(payment, reason="?", by=people["finance"])


def test_only_a_confirmed_payment_is_allocated(people):
    invoice = issued_invoice()
    with pytest.raises(IllegalMove):
        services.allocate(payment_of(invoice), invoice=invoice, amount=Decimal(1), by=people["finance"])


ACTS = st.lists(
    st.tuples(st.sampled_from(["allocate", "bounce", "credit", "refund", "pay", "reverse"]), st.integers(0, 2),
              st.decimals("0.01", "150", places=2)),
    max_size=12,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_whatever_happens_the_books_add_up(db, acts):
    customer = CustomerFactory()
    invoices = [issued_invoice(gross=gross, customer=customer) for gross in (100, Decimal("33.33"), 70)]
    for act, at, amount in acts:
        with suppress(ValidationError):
            perform(act, invoices[at], customer, amount)
    assert checks.run().findings == []
    for invoice in Invoice.objects.filter(customer=customer).with_balance():
        assert invoice.gross == invoice.balance + invoice.allocated + invoice.credited
        assert invoice.balance >= 0


def perform(act, invoice, customer, amount):
    payment = Payment.objects.filter(customer=customer, status="confirmed").order_by("-pk").first()
    invoice.refresh_from_db()
    if act == "pay":
        services.confirm(payment_of(invoice, amount), by=SYSTEM)
    elif act == "credit":
        note = services.save_credit_note(CreditNote(invoice=invoice, amount=amount, reason="Less"), by=SYSTEM)
        services.issue_credit_note(note, by=SYSTEM)
    elif act == "reverse":
        services.reverse_invoice(invoice, reason="Back", by=SYSTEM)
    elif payment and act == "allocate":
        services.allocate(payment, invoice=invoice, amount=amount, by=SYSTEM)
    elif payment and act == "bounce":
        services.bounce(payment, reason="Back", by=SYSTEM)
    elif payment:
        services.request_refund(payment, amount=amount, reason="Back", by=SYSTEM)
        services.refund(payment, by=SYSTEM)
