"""Two clerks at one line: it is booked once."""

from decimal import Decimal

import pytest

from billing.bank import booking
from billing.bank.booking import Booking
from billing.models import BankLine, BankMatch, Payment
from crm.access import SYSTEM
from tests.billing.bank.making import bank_line
from tests.factories import CustomerFactory, issued_invoice
from tests.rivals import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_same_booking_by_many_at_once_is_made_once():
    invoice, line = issued_invoice(gross=1000), bank_line(1000)
    asked = Booking(invoices=[(invoice, Decimal(1000))])
    results = at_once([lambda: booking.match([line], asked, by=SYSTEM)] * 6)
    assert {result.pk for result in results} == {BankMatch.objects.get().pk}
    assert Payment.objects.count() == 1


def test_of_two_different_bookings_one_wins_and_the_other_is_told():
    line = bank_line(1000)
    asked = [Booking(customer=customer) for customer in CustomerFactory.create_batch(2)]
    results = at_once([lambda one=one: booking.match([line], one, by=SYSTEM) for one in asked])
    assert sum(isinstance(result, BankMatch) for result in results) == 1
    assert Payment.objects.count() == 1


def test_a_match_undone_by_two_is_undone_once():
    line = bank_line(1000)
    booking.match([line], Booking(customer=CustomerFactory()), by=SYSTEM)
    at_once([lambda: booking.undo(BankLine.objects.get(pk=line.pk), by=SYSTEM)] * 2)
    assert Payment.objects.get().status == "reversed"
    assert BankLine.objects.get().status == "imported"
