"""What the database itself refuses, whoever asks. The triggers are those of the migrations, run here where they were
not run before, so that the rules hold under test however the tables were made."""

from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import pytest
from django.db import InternalError, connection, transaction
from django.db.migrations import RunSQL
from django.utils import timezone

from billing import migrations, services
from billing.models import Allocation, Invoice, InvoiceLine, LedgerEntry, Payment, Period
from crm import clock
from crm.access import SYSTEM
from crm.models import ImportRun
from tests.factories import CustomerFactory, UserFactory, issued_invoice, payment_of

pytestmark = pytest.mark.django_db
MAY = date(2026, 5, 4)
FILES = [file.stem for file in Path(migrations.__path__[0]).glob("*.py")]


@pytest.fixture(autouse=True)
def triggers(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'ledger_is_append_only'")
        if not cursor.fetchone()[0]:
            for sql in trigger_statements():
                cursor.execute(sql)


def trigger_statements():
    """The triggers and their functions, as the migrations of billing make and change them, in their order."""
    modules = [import_module(f"billing.migrations.{name}") for name in sorted(FILES) if name != "__init__"]
    operations = [operation for module in modules for operation in module.Migration.operations]
    return [operation.sql for operation in operations if isinstance(operation, RunSQL) and "FUNCTION" in operation.sql]


def refused(words, act):
    """Does the database refuse this, and leave everything as it was?"""
    with pytest.raises(InternalError, match=words), transaction.atomic():
        act()


@pytest.fixture
def paid():
    """A payment that pays an invoice."""
    return services.confirm(payment_of(issued_invoice(gross=100, on=MAY, due=MAY), 100), by=SYSTEM)


@pytest.mark.parametrize("change", [{"amount": 1}, {"base": 1}, {"day": MAY}, {"account": "bank"}, {"payment": None}])
def test_a_ledger_entry_never_changes(paid, change):
    rows = LedgerEntry.objects.filter(payment=paid, account="advance", kind="payment")
    refused("append-only", lambda: rows.update(**change))


def test_a_ledger_entry_is_never_deleted(paid):
    refused("append-only", lambda: LedgerEntry.objects.filter(payment=paid)._raw_delete("default"))


def test_ledger_entries_follow_a_customer_who_turns_out_to_be_another(paid):
    other = CustomerFactory()
    LedgerEntry.objects.filter(payment=paid).update(customer=other)
    assert set(paid.entries.values_list("customer", flat=True)) == {other.pk}


def test_nothing_is_added_to_a_closed_period(paid):
    close(clock.today())
    entry = paid.entries.first()
    entry.pk = None
    refused("is closed", lambda: entry.save(force_insert=True))
    entry.day = Period.objects.of(clock.today()).first_day - timedelta(days=1)
    entry.save(force_insert=True)


@pytest.mark.parametrize("change", [{"gross": 1}, {"issued_number": "X"}, {"due_on": MAY + timedelta(1)}, {"rate": 2},
                                    {"buyer": {"title": "X"}}, {"sequence": 999}])  # fmt: skip
def test_an_issued_invoice_never_changes(change):
    invoice = issued_invoice(on=MAY, due=MAY)
    refused("never changes", lambda: Invoice.objects.filter(pk=invoice.pk).update(**change))


def test_an_issued_invoice_and_its_lines_are_never_deleted():
    invoice = issued_invoice()
    refused("never changes", lambda: InvoiceLine.objects.filter(invoice=invoice)._raw_delete("default"))
    refused("never changes", lambda: InvoiceLine.objects.filter(invoice=invoice).update(net=1))
    refused("never changes", lambda: Invoice.objects.filter(pk=invoice.pk)._raw_delete("default"))


def test_a_requested_invoice_may_still_change_and_go():
    line = InvoiceLine(description="CRM", quantity=1, unit_price=100, tax_rate=0)
    draft = services.save_invoice(Invoice(customer=CustomerFactory()), lines=[line], by=SYSTEM)
    Invoice.objects.filter(pk=draft.pk).update(notes="x", gross=1)
    draft.lines.all().delete()
    Invoice.objects.filter(pk=draft.pk)._raw_delete("default")
    assert not Invoice.objects.filter(pk=draft.pk).exists()


def test_an_allocation_is_only_undone_by_its_negative(paid):
    refused("only added to", lambda: Allocation.objects.filter(payment=paid).update(amount=1))
    refused("only added to", lambda: Allocation.objects.filter(payment=paid)._raw_delete("default"))
    services.deallocate(paid, invoice=paid.invoice, by=SYSTEM)
    assert sum(Allocation.objects.filter(payment=paid).values_list("amount", flat=True)) == 0


# What came in with a file


@pytest.fixture
def brought_in():
    """A payment of 2024 that came in with a file, with its entry, and the run."""
    run = ImportRun.objects.create(kind="payments", name="a.csv", digest="0" * 64, step="done",
                                   uploaded_by=UserFactory())  # fmt: skip
    payment = payment_of(None, Decimal(50), customer=CustomerFactory(), received_on=date(2024, 5, 6))
    Payment.objects.filter(pk=payment.pk).update(import_run=run)
    payment.refresh_from_db()
    services.confirm(payment, by=SYSTEM)
    return payment, run


def undo(run, **values):
    ImportRun.objects.filter(pk=run.pk).update(step="undo", **values)


def let_go(payment):
    return LedgerEntry.objects.filter(payment=payment)._raw_delete("default")


def test_what_came_in_with_a_file_stays_unless_that_import_is_being_undone(brought_in):
    payment, run = brought_in
    refused("append-only", lambda: let_go(payment))
    undo(run, undone_at=timezone.now())
    refused("append-only", lambda: let_go(payment))


def test_what_came_in_with_a_file_goes_when_it_is_undone(brought_in, paid):
    payment, run = brought_in
    undo(run)
    assert let_go(payment) == 2
    refused("append-only", lambda: let_go(paid))


def test_undoing_an_import_takes_nothing_out_of_a_closed_period(brought_in):
    payment, run = brought_in
    close(payment.received_on)
    undo(run)
    refused("append-only", lambda: let_go(payment))


def close(day):
    Period.objects.filter(pk=Period.objects.of(day).pk).update(status="closed")
