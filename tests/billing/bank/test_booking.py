"""Booking bank lines: once, by the payments' own verbs, and undone without a trace in the balances."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from billing import checks, services
from billing.bank import booking, matching
from billing.bank.booking import Booking
from billing.models import BankLine, BankMatch, Invoice, PayerAlias, Payment, Period
from crm import clock, events
from crm.access import SYSTEM
from crm.models import Customer
from crm.transitions import IllegalMove
from tests.billing.bank.making import bank_line
from tests.factories import CustomerFactory, issued_invoice, payment_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(people):
    return people["finance"]


def owed(gross=1000, **values):
    return issued_invoice(gross=gross, **values)


def digest():
    """Everything about money that anybody can see, today and on past days."""
    days = [clock.today() - timedelta(days=back) for back in range(3)]
    return {
        "owed": {(i.pk, day): i.balance for day in days for i in Invoice.objects.as_of(day)},
        "state": {i.pk: (i.status, i.outstanding, i.payment_state) for i in Invoice.objects.all()},
        "payments": {
            p.pk: (p.status, p.amount, p.bank_fee, p.invoice_id, p.available)
            for p in Payment.objects.exclude(status__in=["reversed", "bounced"])
        },
        "lines": {line.pk: (line.status, line.match_id, line.ignored_as) for line in BankLine.objects.all()},
        "aliases": list(PayerAlias.objects.order_by("pk").values_list("kind", "text", "customer", "count")),
        "matches": BankMatch.objects.count(),
        "credit": {c.pk: sum(p.available for p in Payment.objects.filter(customer=c)) for c in Customer.objects.all()},
    }


def test_a_line_becomes_a_confirmed_payment_that_pays_the_invoice(finance):
    invoice, line = owed(), bank_line(1000, "云帆", reference="ICBC-1")
    made = booking.match([line], Booking(invoices=[(invoice, Decimal(1000))]), score=98, by=finance)
    invoice.refresh_from_db()
    line.refresh_from_db()
    payment = made.payments.get().payment
    assert (invoice.payment_state, line.status, line.match) == ("paid", "matched", made)
    assert (payment.status, payment.reference, payment.payer, payment.received_on) == (
        "confirmed", "ICBC-1", "云帆", line.booked_on,
    )  # fmt: skip
    assert payment.case == invoice.case
    assert events.of_record(line).get().verb == "match"
    assert checks.run().findings == []


def test_one_line_pays_several_invoices_and_the_rest_stays_as_credit(finance):
    customer = CustomerFactory()
    invoices = [owed(amount, customer=customer) for amount in (300, 500)]
    line = bank_line(1000)
    booking.match([line], Booking(invoices=[(invoice, invoice.outstanding) for invoice in invoices]), by=finance)
    payment = Payment.objects.get()
    assert (payment.amount, payment.available) == (1000, 200)
    assert [Invoice.objects.get(pk=i.pk).payment_state for i in invoices] == ["paid", "paid"]


def test_several_lines_pay_one_invoice(finance):
    invoice = owed()
    lines = [bank_line(400), bank_line(600)]
    booking.match(lines, Booking(invoices=[(invoice, Decimal(1000))]), by=finance)
    invoice.refresh_from_db()
    assert (invoice.payment_state, Payment.objects.count()) == ("paid", 2)
    assert {line.match_id for line in BankLine.objects.all()} == {BankMatch.objects.get().pk}


def test_several_lines_pay_several_invoices_of_two_customers(finance):
    invoices = [owed(700), owed(300)]
    lines = [bank_line(400), bank_line(600)]
    booking.match(lines, Booking(invoices=[(invoice, invoice.outstanding) for invoice in invoices]), by=finance)
    amounts = set(Payment.objects.values_list("customer", "amount"))
    assert amounts == {(invoices[0].customer_id, 400), (invoices[0].customer_id, 300), (invoices[1].customer_id, 300)}
    assert checks.run().findings == []


def test_a_bank_fee_is_booked_apart_and_the_invoice_is_paid_in_full(finance):
    invoice, line = owed(), bank_line(985)
    made = booking.match([line], Booking(invoices=[(invoice, Decimal(1000))], fee=Decimal(15)), by=finance)
    invoice.refresh_from_db()
    assert (invoice.payment_state, made.fee, Payment.objects.get().amount) == ("paid", 15, 1000)
    assert Payment.objects.get().bank_fee == 15


def test_a_claim_is_confirmed_by_its_line_and_no_second_payment_is_made(people, finance):
    invoice = owed(owner=people["sales"])
    claim = services.record_payment(invoice, amount=Decimal(1000), received_on=clock.today(), by=people["sales"])
    booking.match([bank_line(1000)], Booking(payments=[claim]), by=finance)
    claim.refresh_from_db()
    invoice.refresh_from_db()
    assert (claim.status, invoice.payment_state, Payment.objects.count()) == ("confirmed", "paid", 1)


def test_a_claim_with_the_same_bank_reference_is_taken_for_the_same_money(finance):
    invoice = owed()
    claim = payment_of(invoice, 1000, reference="ICBC-9")
    line = bank_line(1000, reference="ICBC-9")
    booking.match([line], Booking(customer=invoice.customer), by=finance)
    claim.refresh_from_db()
    assert (claim.status, Payment.objects.count()) == ("confirmed", 1)


def test_money_that_went_out_is_matched_with_its_refund(people, finance):
    payment = payment_of(None, 500, customer=CustomerFactory())
    services.confirm(payment, by=SYSTEM)
    services.request_refund(payment, amount=Decimal(200), reason="Twice", by=finance)
    services.refund(payment, by=people["boss"])
    line = bank_line(-200)
    booking.match([line], Booking(refunds=[payment.refunds.get()]), by=finance)
    line.refresh_from_db()
    assert line.status == "matched"


REFUSED = [
    (lambda i: Booking(invoices=[(i, Decimal(2000))]), "more would be booked"),
    (lambda i: Booking(), "Say whose credit"),
    (lambda i: Booking(invoices=[(i, Decimal(-5))]), "above zero"),
    (lambda i: Booking(invoices=[(i, Decimal(1000)), (i, Decimal(500))]), "of the invoice is owed"),
]


@pytest.mark.parametrize(("asked", "words"), REFUSED)
def test_what_does_not_fit_is_refused_and_nothing_is_done(finance, asked, words):
    invoice, line = owed(), bank_line(1500)
    before = digest()
    with pytest.raises(ValidationError, match=words):
        booking.match([line], asked(invoice), by=finance)
    assert digest() == before


def test_the_same_booking_twice_is_done_once(finance):
    invoice, line = owed(), bank_line(1000)
    asked = Booking(invoices=[(invoice, Decimal(1000))])
    assert booking.match([line], asked, by=finance) == booking.match([line], asked, by=finance)
    assert Payment.objects.count() == 1


def test_a_matched_line_cannot_be_booked_as_something_else(finance):
    line = bank_line(1000)
    booking.match([line], Booking(customer=CustomerFactory()), by=finance)
    with pytest.raises(IllegalMove):
        booking.match([line], Booking(customer=CustomerFactory()), by=finance)


@pytest.mark.parametrize("role", ["sales", "manager", "admin", "operations", "sales_support", "boss"])
def test_only_finance_matches_undoes_and_ignores(people, role):
    line = bank_line(1000)
    for act in (
        lambda: booking.match([line], Booking(customer=CustomerFactory()), by=people[role]),
        lambda: booking.ignore(line, ignored_as="fee", by=people[role]),
        lambda: booking.undo(line, by=people[role]),
        lambda: booking.restore(line, by=people[role]),
    ):
        with pytest.raises(PermissionDenied):
            act()


def many_to_many(people):
    customer = CustomerFactory()
    invoices = [owed(amount, customer=customer) for amount in (300, 600)]
    return [bank_line(400, "A", payer_account="62"), bank_line(550, "A")], Booking(
        invoices=[(invoice, invoice.outstanding) for invoice in invoices]
    )


def with_fee(people):
    return [bank_line(985, "A")], Booking(invoices=[(owed(), Decimal(1000))], fee=Decimal(15))


def claimed(people):
    return [bank_line(1000, "A")], Booking(payments=[payment_of(owed(), 1000)])


def claimed_with_fee(people):
    return [bank_line(985, "A")], Booking(payments=[payment_of(owed(), 1000)], fee=Decimal(15))


def confirmed_before(people):
    return [bank_line(1000, "A")], Booking(payments=[services.confirm(payment_of(owed(), 1000), by=SYSTEM)])


def credit_only(people):
    return [bank_line(1000, "A")], Booking(customer=CustomerFactory())


@pytest.mark.parametrize("kind", [many_to_many, with_fee, claimed, claimed_with_fee, confirmed_before, credit_only])
def test_undoing_restores_exactly_what_was(people, finance, kind):
    lines, asked = kind(people)
    before = digest()
    booking.match(lines, asked, by=finance)
    assert digest() != before
    booking.undo(lines[-1], by=finance)
    assert digest() == before
    assert checks.run().findings == []
    again = booking.match(lines, asked, by=finance)
    assert again.lines.count() == len(lines)


def test_nothing_is_undone_in_a_closed_period(finance):
    last_month = clock.today().replace(day=1) - timedelta(days=1)
    invoice = owed(on=last_month)
    line = bank_line(1000, on=last_month)
    booking.match([line], Booking(invoices=[(invoice, Decimal(1000))]), by=finance)
    period = Period.objects.of(last_month)
    services.close_period(period, by=finance)
    with pytest.raises(ValidationError, match="closed"):
        booking.undo(line, by=finance)
    services.reopen_period(period, reason="Mistake", by=SYSTEM)
    booking.undo(BankLine.objects.get(pk=line.pk), by=finance)
    invoice.refresh_from_db()
    assert invoice.outstanding == 1000


def test_a_payer_is_learnt_by_name_and_account_and_forgotten_on_undo(finance):
    customer = CustomerFactory(name="云帆信息")
    line = bank_line(1000, "YUNFAN CLOUD LTD", payer_account="DE02")
    booking.match([line], Booking(customer=customer), by=finance)
    known = matching.best(bank_line(500, "Yunfan Cloud"))[0]
    assert (known.booking.customer, known.reasons[-1][0]) == (customer, "alias")
    assert matching.best(bank_line(500, "?", payer_account="DE02"))[0].reasons[-1][0] == "account"
    booking.undo(line, by=finance)
    assert matching.best(bank_line(500, "Yunfan Cloud")) == []
    assert not PayerAlias.objects.exists()


def test_a_line_is_set_aside_with_its_reason_and_taken_up_again(finance):
    line = bank_line("-12.50")
    with pytest.raises(ValidationError, match="Say why"):
        booking.ignore(line, ignored_as="other", by=finance)
    booking.ignore(line, ignored_as="fee", by=finance)
    assert (line.status, line.ignored_as) == ("ignored", "fee")
    booking.restore(line, by=finance)
    line.refresh_from_db()
    assert (line.status, line.ignored_as) == ("imported", "")


def test_two_lines_of_one_reference_become_two_payments(finance):
    customer = CustomerFactory()
    for amount in (100, 200):
        booking.match([bank_line(amount, reference="SAME")], Booking(customer=customer), by=finance)
    assert sorted(Payment.objects.values_list("amount", flat=True)) == [100, 200]
