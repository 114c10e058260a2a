"""The receivables ledger: what each money act does to the accounts, and how the history before it is posted."""

from datetime import date
from decimal import Decimal
from importlib import import_module
from unittest import mock

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Sum

from billing import checks, reports, services
from billing.models import Allocation, CreditNote, Invoice, InvoiceLine, LedgerEntry, Payment, Period
from crm import clock
from crm.access import SYSTEM
from crm.models import ExchangeRate
from tests.factories import CustomerFactory, issued_invoice, payment_of

pytestmark = pytest.mark.django_db
MAY, JUNE = date(2026, 5, 4), date(2026, 6, 8)


def rate(currency, value, day=date(2026, 1, 1)):
    ExchangeRate.objects.create(currency=currency, rate=Decimal(value), valid_from=day)


def in_dollars(gross=1000, on=MAY, **values):
    return issued_invoice(gross=gross, currency="USD", on=on, due=date(2026, 6, 30), **values)


def lines(**conditions):
    """{account: (Σ amount, Σ base)} of the entries."""
    rows = LedgerEntry.objects.filter(**conditions).values("account").annotate(a=Sum("amount"), b=Sum("base"))
    return {row["account"]: (row["a"], row["b"]) for row in rows.order_by()}


def taxed_invoice(*parts):
    """Issued over lines of (net, tax rate)."""
    rows = [InvoiceLine(description="CRM", quantity=1, unit_price=net, tax_rate=rate) for net, rate in parts]
    invoice = services.save_invoice(Invoice(customer=CustomerFactory()), lines=rows, by=SYSTEM)
    return services.issue_invoice(services.approve_invoice(invoice, by=SYSTEM), by=SYSTEM)


def test_an_issued_invoice_is_owed_and_earned_per_tax_rate():
    invoice = taxed_invoice((1000, 13), (200, 6), (50, 13))
    assert lines(account="receivable") == {"receivable": (Decimal("1398.50"), Decimal("1398.50"))}
    assert lines(tax_rate=13) == {"revenue": (-1050, -1050), "output_tax": (Decimal("-136.50"), Decimal("-136.50"))}
    assert lines(tax_rate=6) == {"revenue": (-200, -200), "output_tax": (-12, -12)}
    entry = invoice.entries.first()
    assert (entry.kind, entry.day, entry.event.verb) == ("invoice", invoice.issued_on, "issue")


def test_credit_notes_take_back_each_tax_rate_and_all_of_them_leave_nothing():
    invoice = taxed_invoice((Decimal("333.33"), 13), (Decimal("66.67"), 6))
    for amount in ("100", "0.01", "33.33"):
        note = CreditNote(invoice=invoice, amount=Decimal(amount), reason="Less")
        services.issue_credit_note(services.save_credit_note(note, by=SYSTEM), by=SYSTEM)
    services.reverse_invoice(invoice, reason="Back", by=SYSTEM)
    assert {
        sums for conditions in ({"tax_rate": 13}, {"tax_rate": 6}, {}) for sums in lines(**conditions).values()
    } == {(0, 0)}


def test_voiding_takes_the_invoice_out_of_the_books():
    invoice = taxed_invoice((1000, 13))
    services.void_invoice(invoice, reason="Wrong", by=SYSTEM)
    assert set(lines(invoice=invoice).values()) == {(0, 0)}


def test_the_bank_fee_is_booked_apart_and_the_customer_has_paid_in_full():
    invoice = issued_invoice(gross=1000)
    services.confirm(payment_of(invoice, 1000, bank_fee=Decimal("12.50")), by=SYSTEM)
    invoice.refresh_from_db()
    assert invoice.payment_state == "paid"
    assert lines(kind="payment") == {
        "bank": (Decimal("987.50"), Decimal("987.50")), "bank_fee": (Decimal("12.50"), Decimal("12.50")),
        "advance": (-1000, -1000),
    }  # fmt: skip


def test_a_fee_as_high_as_the_payment_is_refused():
    with pytest.raises(ValidationError, match="cannot keep more"):
        payment_of(issued_invoice(), 10, bank_fee=Decimal(10))


def with_fee():
    return services.confirm(payment_of(issued_invoice(gross=1000), 1000, bank_fee=Decimal("12.50")), by=SYSTEM)


def test_a_bounced_payment_leaves_the_bank_its_fee():
    """987.50 came in, 1,000 went back: the company is 12.50 poorer."""
    services.bounce(with_fee(), reason="Back", by=SYSTEM)
    found = lines(account__in=("bank", "bank_fee", "advance"))
    fee = Decimal("12.50")
    assert found == {"bank": (-fee, -fee), "bank_fee": (fee, fee), "advance": (0, 0)}
    assert checks.findings() == []


def test_a_fee_that_the_bank_returned_is_booked_back_with_the_bounce():
    services.bounce(with_fee(), reason="Back", fee_returned=True, by=SYSTEM)
    assert set(lines(account__in=("bank", "bank_fee", "advance")).values()) == {(0, 0)}


def test_the_fee_of_a_payment_reversed_by_mistake_never_was():
    services.reverse_payment(with_fee(), reason="Wrong", by=SYSTEM)
    assert lines(account="bank_fee") == {"bank_fee": (0, 0)}


def test_a_fee_of_money_that_never_came_is_not_booked():
    payment = payment_of(issued_invoice(gross=1000), 1000, bank_fee=Decimal("12.50"))
    services.bounce(payment, reason="Never came", by=SYSTEM)
    assert lines(payment=payment) == {}


def test_a_refund_at_another_rate_realises_the_difference():
    """100 USD of a payment came at 7.00 and go back at 7.20: 720 for what stood at 700, a loss of 20."""
    rate("USD", "7.00")
    payment = services.confirm(
        payment_of(None, 300, customer=CustomerFactory(), currency="USD", received_on=MAY), by=SYSTEM
    )
    rate("USD", "7.20", clock.today())
    services.request_refund(payment, amount=Decimal(100), reason="Too much", by=SYSTEM)
    services.refund(payment, by=SYSTEM)
    given = payment.refunds.get()
    assert (given.rate, given.gain) == (Decimal("7.20"), -20)
    assert lines(kind="refund") == {"advance": (100, 700), "bank": (-100, -720), "exchange": (20, 20)}
    assert lines(account="advance") == {"advance": (-200, -1400)}
    assert checks.findings() == []


def test_a_gain_forged_on_a_refund_is_found():
    rate("USD", "7.00")
    payment = services.confirm(payment_of(None, 300, customer=CustomerFactory(), currency="USD"), by=SYSTEM)
    services.request_refund(payment, amount=Decimal(100), reason="Too much", by=SYSTEM)
    services.refund(payment, by=SYSTEM)
    payment.refunds.update(gain=1)
    assert [(found["rule"], found["record_id"]) for found in checks.findings()] == [("ledger_exchange", payment.pk)]


def test_what_refunds_gain_is_no_movement_of_the_receivables():
    rate("USD", "7.00")
    payment = services.confirm(
        payment_of(None, 300, customer=CustomerFactory(), currency="USD", received_on=MAY), by=SYSTEM
    )
    rate("USD", "6.80", clock.today())
    services.request_refund(payment, amount=Decimal(300), reason="Too much", by=SYSTEM)
    services.refund(payment, by=SYSTEM)
    assert set(reports.roll_forward(MAY, clock.today()).values()) == {0}


def test_a_gain_on_exchange_worked_out_by_hand():
    """1,000 USD are billed at 7.00 and paid at 7.10 when 600 USD come: 4,260 for what stood at 4,200."""
    rate("USD", "7.00")
    invoice = in_dollars()
    rate("USD", "7.10", JUNE)
    payment = services.confirm(payment_of(invoice, 600, currency="USD", received_on=JUNE), by=SYSTEM)
    assert payment.allocations.get().gain == 60
    assert lines(kind="allocation") == {"advance": (600, 4260), "receivable": (-600, -4200), "exchange": (-60, -60)}
    assert lines(account="receivable")["receivable"] == (400, 2800)


def test_a_loss_on_exchange_is_taken_back_with_the_payment():
    rate("USD", "7.00")
    invoice = in_dollars()
    rate("USD", "6.90", JUNE)
    payment = services.confirm(payment_of(invoice, 1000, currency="USD", received_on=JUNE), by=SYSTEM)
    assert lines()["exchange"] == (100, 100)
    services.bounce(payment, reason="Back", by=SYSTEM)
    assert lines() == {
        "receivable": (1000, 7000), "revenue": (-1000, -7000), "exchange": (0, 0), "advance": (0, 0), "bank": (0, 0),
    }  # fmt: skip


def test_a_payment_in_another_currency_pays_at_the_rates_of_its_day():
    """500 USD billed at 7.00. 3,550 CNY come on a day the dollar stands at 7.10: all is settled with a gain of 50."""
    rate("USD", "7.00")
    invoice = in_dollars(500)
    rate("USD", "7.10", JUNE)
    payment = services.confirm(payment_of(invoice, 3550, currency="CNY", received_on=JUNE), by=SYSTEM)
    row = payment.allocations.get()
    assert (row.amount, row.paid, row.gain) == (500, 3550, 50)
    assert (Invoice.objects.get(pk=invoice.pk).outstanding, payment.available) == (0, 0)


def test_the_clerk_may_say_what_of_the_payment_settled_the_foreign_invoice():
    rate("USD", "7.00")
    invoice = in_dollars(500, on=MAY)
    payment = services.confirm(payment_of(None, 4000, customer=invoice.customer, received_on=JUNE), by=SYSTEM)
    services.allocate(payment, invoice=invoice, amount=Decimal(500), paid=Decimal(3480), by=SYSTEM)
    assert (payment.allocations.get().gain, payment.available) == (-20, 520)
    services.deallocate(payment, invoice=invoice, by=SYSTEM)
    assert (payment.available, Invoice.objects.get(pk=invoice.pk).outstanding) == (4000, 500)
    assert lines()["exchange"] == (0, 0)


def test_odd_rates_leave_no_cent_behind():
    rate("USD", "7.12345678")
    invoice = in_dollars(100)
    for part in ("33.33", "33.33", "33.34"):
        services.confirm(payment_of(invoice, part, currency="USD", received_on=JUNE), by=SYSTEM)
    assert lines(account__in=("receivable", "advance")) == {"receivable": (0, 0), "advance": (0, 0)}
    assert checks.findings() == []


def test_credit_of_a_closed_month_pays_today():
    invoice = issued_invoice(on=MAY)
    payment = services.confirm(payment_of(None, 400, customer=invoice.customer, received_on=MAY), by=SYSTEM)
    Period.objects.filter(pk=Period.objects.of(MAY).pk).update(status="closed")
    services.allocate(payment, invoice=invoice, amount=Decimal(400), by=SYSTEM)
    assert payment.allocations.get().allocated_on == clock.today()


def test_nothing_is_posted_into_a_closed_period():
    Period.objects.filter(pk=Period.objects.of(clock.today()).pk).update(status="closed")
    with pytest.raises(ValidationError, match="closed"):
        services.ledger.post("invoice", [], customer=CustomerFactory(), day=clock.today(), by=SYSTEM)


def test_a_voucher_that_does_not_balance_is_never_written():
    line = services.ledger.vouchers.Line("bank", Decimal(1), Decimal(1), "CNY")
    with pytest.raises(ValueError, match="balance"):
        services.ledger.post("payment", [line], customer=CustomerFactory(), day=clock.today(), by=SYSTEM)


def test_the_roll_forward_by_hand():
    """May: 1,000 USD at 7.00. June: 400 billed at home, 600 USD collected at 7.10, 100 credited, 50 written off."""
    rate("USD", "7.00")
    abroad = in_dollars()
    rate("USD", "7.10", JUNE)
    home = issued_invoice(gross=400, on=JUNE, due=JUNE)
    services.confirm(payment_of(abroad, 600, currency="USD", received_on=JUNE), by=SYSTEM)
    with mock.patch.object(clock, "today", return_value=date(2026, 6, 20)):
        note = services.save_credit_note(CreditNote(invoice=home, amount=100, reason="Less"), by=SYSTEM)
        services.issue_credit_note(note, by=SYSTEM)
        row = services.ask_write_off(home, amount=Decimal(50), reason="Gone", by=SYSTEM)
        services.approve_write_off(row, by=SYSTEM)
    assert reports.roll_forward(date(2026, 6, 1), date(2026, 6, 30)) == {
        "opening": 7000, "billed": 400, "credited": -100, "collected": -4260, "written_off": -50, "exchange": 60,
        "closing": 3050,
    }  # fmt: skip


def history():
    """Some of everything there was before the ledger."""
    rate("USD", "7.12345678")
    first, second = in_dollars(Decimal("99.99")), taxed_invoice((Decimal("333.33"), 13), (Decimal("66.67"), 6))
    rate("USD", "7.2", JUNE)
    services.confirm(payment_of(first, "33.33", currency="USD", received_on=JUNE), by=SYSTEM)
    services.bounce(services.confirm(payment_of(first, 10, currency="USD"), by=SYSTEM), reason="Back", by=SYSTEM)
    note = services.save_credit_note(CreditNote(invoice=second, amount=Decimal("77.77"), reason="Less"), by=SYSTEM)
    services.issue_credit_note(note, by=SYSTEM)
    payment = services.confirm(payment_of(second, 500), by=SYSTEM)
    services.request_refund(payment, amount=Decimal(10), reason="Too much", by=SYSTEM)
    services.refund(payment, by=SYSTEM)
    services.void_invoice(issued_invoice(), reason="Wrong", by=SYSTEM)
    services.reverse_invoice(taxed_invoice((Decimal("33.33"), 13), (Decimal("1.11"), 1)), reason="Back", by=SYSTEM)
    services.bounce(payment_of(second, 5), reason="Never came", by=SYSTEM)


def posted():
    keys = ("kind", "account", "day", "invoice", "payment", "credit_note", "tax_rate", "currency")
    rows = LedgerEntry.objects.order_by(*keys).values(*keys)
    return [tuple(row.values()) for row in rows.annotate(a=Sum("amount"), b=Sum("base"))]


def test_what_was_booked_before_there_was_a_ledger_is_posted_as_it_would_have_been():
    history()
    before, gains = posted(), dict(Allocation.objects.values_list("pk", "gain"))
    backfill = import_module("billing.migrations.0006_ledger_backfill").BACKFILL
    without_triggers = "\n".join(line for line in backfill.splitlines() if "TRIGGER" not in line)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM billing_ledgerentry")
        cursor.execute("UPDATE billing_allocation SET gain = 0")
        cursor.execute(without_triggers)
        cursor.execute("SET session_replication_role = DEFAULT")
    assert posted() == before
    assert dict(Allocation.objects.values_list("pk", "gain")) == gains
    assert checks.findings() == []
    assert not LedgerEntry.objects.exclude(event__isnull=False).exists()
    assert Payment.objects.filter(entries__event__verb="confirm").exists()
