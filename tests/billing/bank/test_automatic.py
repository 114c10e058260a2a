"""Booking by itself: only above the account's threshold, only where nothing else fits."""

from datetime import timedelta

import pytest

from billing.bank import automatic, booking
from billing.models import BankLine, BankMatch, Payment
from crm import clock
from crm.access import SYSTEM
from crm.models import Event
from tests.billing.bank.making import bank_account, bank_line, bank_statement
from tests.factories import CustomerFactory, issued_invoice, payment_of

pytestmark = pytest.mark.django_db


def owed(gross, name="云帆信息技术有限公司", **values):
    customer = values.pop("customer", None) or CustomerFactory(name=name)
    return issued_invoice(customer=customer, gross=gross, due=clock.today() + timedelta(days=90), **values)


def sure_line(invoice):
    """Amount, payer and number all say the same."""
    return bank_line(invoice.gross, invoice.customer.name, f"货款 {invoice.issued_number}")


def book(threshold=90):
    account = bank_account()
    type(account).objects.update(book_from=threshold)
    statement = bank_statement(account)
    statement.refresh_from_db()
    return automatic.book_sure(statement)


def state(line):
    return BankLine.objects.get(pk=line.pk).status


def test_nothing_is_booked_unless_the_account_asks_for_it():
    line = sure_line(owed(480))
    assert book(threshold=None) == 0
    assert state(line) == "imported"
    assert not Payment.objects.exists()


def test_what_is_sure_is_booked_and_says_why():
    invoice = owed(480)
    line = sure_line(invoice)
    assert book() == 1
    invoice.refresh_from_db()
    assert (state(line), invoice.payment_state) == ("matched", "paid")
    made = BankMatch.objects.get()
    assert (made.made_by, made.score >= 90) == (None, True)
    assert {key for key, _params in made.reasons} >= {"amount", "name", "number"}
    assert Event.objects.filter(record_type="bankline", record_id=line.pk, verb="match", actor=None).exists()


def test_what_is_less_sure_than_the_threshold_waits_for_a_person():
    line = bank_line(480, owed(480).customer.name, "货款")
    assert book(threshold=99) == 0
    assert state(line) == "imported"
    assert book(threshold=60) == 1


def test_where_two_fit_as_well_nobody_guesses():
    first = owed(480)
    owed(480, customer=first.customer)
    line = bank_line(480, first.customer.name, "货款")
    assert book(threshold=50) == 0
    assert state(line) == "imported"


def test_two_receipts_of_one_invoice_are_booked_once_and_the_second_waits():
    invoice = owed(480)
    lines = [sure_line(invoice), sure_line(invoice)]
    assert book() == 1
    assert sorted(map(state, lines)) == ["imported", "matched"]
    assert Payment.objects.get().amount == 480


def test_a_claim_of_sales_is_confirmed_not_doubled():
    invoice = owed(480)
    claim = payment_of(invoice, 480)
    sure_line(invoice)
    assert book() == 1
    assert Payment.objects.get() == claim
    assert Payment.objects.get().status == "confirmed"


def test_a_fee_is_never_set_aside_without_asking():
    line = bank_line(-12, "ICBC", "账户管理费")
    assert book(threshold=50) == 0
    assert state(line) == "imported"


def test_booking_again_books_nothing_more():
    sure_line(owed(480))
    assert [book(), book()] == [1, 0]


def test_what_was_booked_by_itself_can_be_undone(people):
    invoice = owed(480)
    line = sure_line(invoice)
    book()
    booking.undo(line, by=people["finance"])
    invoice.refresh_from_db()
    assert (state(line), invoice.outstanding) == ("imported", 480)


def test_a_statement_that_comes_in_is_booked_at_once():
    assert automatic.book_sure(bank_statement(bank_account())) == 0
    sure_line(owed(480))
    booking.ignore(sure_line(owed(90, name="华兴")), ignored_as="transfer", by=SYSTEM)
    assert book() == 1
