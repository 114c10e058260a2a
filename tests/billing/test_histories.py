"""Whatever happens in whatever order: every invariant holds after every step, and the ledger replays every balance."""

from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing import checks, reports, services
from billing.models import CreditNote, Invoice, LedgerEntry, Payment, Period, WriteOff
from crm import clock
from crm.access import SYSTEM
from crm.models import ExchangeRate
from tests.factories import CustomerFactory, issued_invoice, payment_of

pytestmark = pytest.mark.django_db
RATES = {"CNY": None, "USD": ("7.12345678", "7.0000001"), "JPY": ("0.048765", "0.05")}
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["issue", "pay", "pay", "allocate", "deallocate", "bounce", "reverse", "credit", "refund",
                         "write_off", "recover", "void", "close"]),
        st.integers(0, 5), st.decimals("0.01", "150", places=2), st.sampled_from(list(RATES)),
    ),
    min_size=2, max_size=10,
)  # fmt: skip


@contextmanager
def taken_back():
    """Each example begins with nothing."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class History:
    """One customer, and what is done with its invoices and payments; what is refused changes nothing."""

    def __init__(self):
        self.today = clock.today()
        self.before = self.today.replace(day=1) - timedelta(days=20)
        self.customer = CustomerFactory()
        for currency, rates in RATES.items():
            if rates:
                for rate, day in zip(rates, (self.before - timedelta(days=40), self.today), strict=True):
                    ExchangeRate.objects.create(currency=currency, rate=Decimal(rate), valid_from=day)

    def pick(self, rows, at):
        rows = list(rows.order_by("pk"))
        if not rows:
            raise ValidationError("nothing there")
        return rows[at % len(rows)]

    def invoice(self, at):
        return self.pick(Invoice.objects.filter(customer=self.customer), at)

    def payment(self, at):
        return self.pick(Payment.objects.filter(customer=self.customer), at)

    def issue(self, at, amount, currency):
        day = self.before if at % 2 else self.today
        issued_invoice(gross=whole(amount, currency), currency=currency, customer=self.customer, on=day)

    def pay(self, at, amount, currency):
        invoice = self.invoice(at) if at else None
        day = invoice.issued_on if invoice and at % 2 else self.today
        payment = payment_of(invoice, whole(amount, currency), currency=currency, customer=self.customer,
                             received_on=day, bank_fee=Decimal(1) if amount > 2 and at == 2 else 0)  # fmt: skip
        services.confirm(payment, by=SYSTEM)

    def allocate(self, at, amount, currency):
        invoice = self.invoice(at)
        services.allocate(self.payment(at + 1), invoice=invoice, amount=whole(amount, invoice.currency), by=SYSTEM)

    def deallocate(self, at, amount, currency):
        payment = self.payment(at)
        row = payment.allocations.first()
        if row:
            services.deallocate(payment, invoice=row.invoice, by=SYSTEM)

    def bounce(self, at, amount, currency):
        services.bounce(self.payment(at), reason="Back", by=SYSTEM)

    def reverse(self, at, amount, currency):
        services.reverse_invoice(self.invoice(at), reason="Back", by=SYSTEM)

    def credit(self, at, amount, currency):
        invoice = self.invoice(at)
        note = CreditNote(invoice=invoice, amount=whole(amount, invoice.currency), reason="Less")
        services.issue_credit_note(services.save_credit_note(note, by=SYSTEM), by=SYSTEM)

    def refund(self, at, amount, currency):
        payment = self.payment(at)
        amount = min(whole(amount, payment.currency), payment.available)
        services.request_refund(payment, amount=amount, reason="Back", by=SYSTEM)
        services.refund(payment, by=SYSTEM)

    def write_off(self, at, amount, currency):
        invoice = self.invoice(at)
        amount = min(whole(amount, invoice.currency), invoice.outstanding)
        services.approve_write_off(services.ask_write_off(invoice, amount=amount, reason="Gone", by=SYSTEM), by=SYSTEM)

    def recover(self, at, amount, currency):
        services.reverse_write_off(self.pick(WriteOff.objects.all(), at), reason="Paid", by=SYSTEM)

    def void(self, at, amount, currency):
        services.void_invoice(self.invoice(at), reason="Wrong", by=SYSTEM)

    def close(self, at, amount, currency):
        services.close_period(Period.objects.of(self.before), by=SYSTEM)


def whole(amount, currency):
    return max(amount.quantize(Decimal(1)), Decimal(1)) if currency == "JPY" else amount


def replayed():
    """{record: balance} of the entries, added up one after the other in the order they were written."""
    owed, held = {}, {}
    for entry in LedgerEntry.objects.order_by("voucher", "pk"):
        if entry.account == "receivable":
            owed[entry.invoice_id] = owed.get(entry.invoice_id, 0) + entry.amount
            assert owed[entry.invoice_id] >= 0
        elif entry.account == "advance":
            held[entry.payment_id] = held.get(entry.payment_id, 0) - entry.amount
            assert held[entry.payment_id] >= 0
    return owed, held


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_after_every_step_all_invariants_hold_and_the_ledger_replays_every_balance(db, acts):
    with taken_back():
        history = History()
        for act in acts:
            if done(history, *act):
                assert checks.findings() == []
        owed, held = replayed()
        assert owed == {invoice.pk: invoice.outstanding for invoice in Invoice.objects.exclude(sequence=None)}
        assert held == {payment.pk: payment.available for payment in Payment.objects.filter(pk__in=held)}
        closing = reports.roll_forward(history.before, history.today)["closing"]
        assert closing == reports.sum_in_base(Invoice.objects.receivable())


def done(history, name, at, amount, currency):
    """Was the act accepted?"""
    try:
        with transaction.atomic():
            getattr(history, name)(at, amount, currency)
    except ValidationError:
        return False
    return True


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(st.decimals("0.01", "60", places=2), min_size=1, max_size=4), at=st.integers(0, 1))
def test_a_bounce_restores_every_balance_exactly(db, amounts, at):
    """Also where odd rates make every part worth a fraction of a cent more or less."""
    with taken_back():
        history = History()
        details = {"gross": Decimal("99.99"), "currency": "USD", "customer": history.customer, "on": history.before}
        invoices = [issued_invoice(**details) for _n in range(2)]
        for amount in amounts:
            services.confirm(payment_of(invoices[0], amount, currency="USD"), by=SYSTEM)
        before = balances()
        payment = services.confirm(payment_of(invoices[at], Decimal("77.77"), currency="USD"), by=SYSTEM)
        services.bounce(payment, reason="Back", by=SYSTEM)
        after = balances()
        assert after.pop(("advance", None, payment.pk)) == (0, 0)
        assert after == before


def balances():
    """What is owed per invoice and held per payment, in both currencies, and the totals of all accounts."""
    found = {}
    for entry in LedgerEntry.objects.all():
        own = {"receivable": (entry.invoice_id, None), "advance": (None, entry.payment_id)}
        key = (entry.account, *own.get(entry.account, (None, None)))
        amount, base = found.get(key, (0, 0))
        found[key] = (amount + entry.amount, base + entry.base)
    return {key: sums for key, sums in found.items() if key[0] != "exchange" or sums[1]}
