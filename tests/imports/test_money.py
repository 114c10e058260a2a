"""Invoices and payments of the old system: the books add up with them, and without them again."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import InternalError, transaction

from billing import checks, services
from billing.models import Allocation, Invoice, InvoiceLine, LedgerEntry, Payment, Period
from contracts.models import Contract
from crm import clock, events, search
from crm.imports import undoing
from crm.models import Company, Event
from tests.factories import CustomerFactory, signed_contract
from tests.imports.files import bring_in, outcomes, reason, take_back
from tests.imports.test_types import digest

pytestmark = pytest.mark.django_db
INVOICES = (
    "发票号码,客户名称,合同编号,开票日期,到期日,税率,价税合计,状态\n"
    "FP001,云帆信息,HT-1,2024-03-05,2024-04-05,13%,565,已开票\n"
    "FP002,云帆信息,,2024-04-01,,6%,106.00,\n"
    "FP003,云帆信息,,2024-05-01,,6%,50,作废\n"
    "FP001,云帆信息,,,,13%,113,\n"
)
PAYMENTS = (
    "客户名称,发票号码,金额,到账日期,付款方式,银行流水号\n"
    "云帆信息,FP001,300,2024-04-10,电汇,T1\n"
    "云帆信息,FP001,378,2024-05-10,,T2\n"
    "云帆信息,FP002,200,2024-05-10,支付宝,T3\n"
    "云帆信息,,40,2024-06-10,现金,\n"
)


@pytest.fixture
def books(people):
    customer = CustomerFactory(name="云帆信息", owner=people["sales"])
    contract = signed_contract(customer=customer, amounts=((1, 1000, 13),), number="HT-1")
    search.index(customer, contract)
    Company.current()
    return {**people, "customer": customer, "contract": contract}


def add_up():
    found = checks.findings()
    return list(found) == []


def close(day):
    Period.objects.filter(pk=Period.objects.of(day).pk).update(status="closed")


def test_invoices_keep_number_days_and_amounts(books):
    run = bring_in("invoices", INVOICES, books["finance"])
    assert [outcome for _number, outcome in outcomes(run)] == ["created"] * 4
    invoice = Invoice.objects.get(issued_number="FP001")
    assert (invoice.gross, invoice.tax, invoice.lines.count()) == (Decimal("678.00"), Decimal("78.00"), 2)
    assert (str(invoice.issued_on), str(invoice.due_on), invoice.status) == ("2024-03-05", "2024-04-05", "issued")
    assert (invoice.contract, invoice.case, invoice.sequence) == (books["contract"], books["contract"].case, None)
    assert invoice.outstanding == 678 and invoice.payment_state == "overdue"
    assert [event.verb for event in events.of_record(invoice).order_by("pk")] == ["created", "issue"]
    assert Invoice.objects.get(issued_number="FP003").outstanding == 0
    assert add_up()


def test_payments_pay_their_invoices_and_the_rest_is_credit(books):
    bring_in("invoices", INVOICES, books["finance"])
    run = bring_in("payments", PAYMENTS, books["finance"])
    assert run.counts["created"] == 4, [row.reason for row in run.rows.all()]
    assert Invoice.objects.get(issued_number="FP001").payment_state == "paid"
    more = Payment.objects.get(reference="T3")
    assert (more.status, more.paying, more.available) == ("confirmed", 106, 94)
    confirmed = events.of_record(more).get(verb="confirm")
    assert (confirmed.source, confirmed.occurred_at) == (Event.Source.IMPORT, clock.day_start(more.received_on))
    assert add_up()


def test_one_receipt_in_two_rows_pays_two_invoices(books):
    bring_in("invoices", INVOICES, books["finance"])
    text = "发票号码,金额,到账日期,银行流水号\nFP001,100,2024-06-10,T9\nFP002,50,2024-06-10,T9\n"
    bring_in("payments", text, books["finance"])
    payment = Payment.objects.get()
    assert (payment.amount, sorted(payment.allocations.values_list("amount", flat=True))) == (150, [50, 100])
    assert add_up()


@pytest.mark.parametrize("kinds", [("invoices",), ("invoices", "payments")])
def test_undoing_leaves_the_books_as_they_were(books, kinds):
    texts, stages = {"invoices": INVOICES, "payments": PAYMENTS}, []
    for kind in kinds:
        stages.append((digest(), kind, bring_in(kind, texts[kind], books["finance"])))
    for before, _kind, run in reversed(stages):
        assert take_back(run, books["finance"]).state == "undone"
        assert digest() == before and add_up()


def test_an_invoice_that_was_paid_since_stands_in_the_way(books):
    run = bring_in("invoices", INVOICES, books["finance"])
    invoice = Invoice.objects.get(issued_number="FP002")
    services.record_payment(invoice, amount=Decimal(10), received_on=clock.today(), by=books["finance"])
    with pytest.raises(ValidationError, match="worked on since"):
        undoing.undo(run, by=books["finance"])
    take_back(run, books["finance"], rest=True)
    assert Invoice.objects.get() == invoice and add_up()


def test_what_lies_in_a_closed_period_neither_comes_in_nor_goes(books):
    run = bring_in("invoices", INVOICES, books["finance"])
    close(Invoice.objects.get(issued_number="FP002").issued_on)
    assert {str(record) for record, _why in undoing.in_the_way(run)} == {"FP002"}
    text = "发票号码,客户名称,开票日期,税率,价税合计\nFP009,云帆信息,2024-04-30,6%,10\n"
    assert "closed" in reason(bring_in("invoices", text, books["finance"]), 2)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("INV-2024-00001,云帆信息,,2024-03-05,100", "given by this system"),
        ("F,云帆信息,HT-1,2024-03-05,1131", "more than the contract"),
        ("F,不认识,,2024-03-05,100", "bring the customers in first"),
        ("F,云帆信息,HT-9,2024-03-05,100", "HT-9"),
        ("F,云帆信息,,2024-03-05,-5", "greater than or equal to 0"),
        ("F,,,2024-03-05,100", "who is billed"),
        ("F,云帆信息,,,100", "needed"),
    ],
)
def test_invoices_that_cannot_be(books, row, words):
    run = bring_in("invoices", f"发票号码,客户名称,合同编号,开票日期,价税合计\n{row}\n", books["finance"])
    assert words in reason(run, 2) and not Invoice.objects.exists()


def test_a_file_never_bills_a_contract_beyond_its_total(books):
    rows = "".join(f"F{n},HT-1,2024-03-05,13%,400\n" for n in range(4))
    run = bring_in("invoices", f"发票号码,合同编号,开票日期,税率,价税合计\n{rows}", books["finance"])
    assert [outcome for _row, outcome in outcomes(run)] == ["created", "created", "refused", "refused"]
    assert add_up()


def test_the_same_invoice_and_receipt_never_come_in_twice(books):
    bring_in("invoices", INVOICES, books["finance"])
    bring_in("payments", PAYMENTS, books["finance"])
    again = bring_in("invoices", INVOICES + "FP004,云帆信息,,2024-05-02,,6%,1,\n", books["finance"])
    assert again.counts == {"created": 1, "updated": 0, "skipped": 4, "refused": 0}
    receipt = "客户名称,金额,到账日期,银行流水号\n云帆信息,300,2024-04-10,T1\n"
    assert "Already here" in reason(bring_in("payments", receipt, books["finance"]), 2)


def test_only_finance_brings_in_money(books):
    for who in ("sales", "manager", "boss", "admin"):
        assert not books[who].has_perm("billing.import_invoice")


def test_the_database_keeps_imported_documents_but_from_their_own_undoing(books):
    """Only where the migrations were run there are triggers."""
    run = bring_in("invoices", INVOICES, books["finance"])
    bring_in("payments", PAYMENTS, books["finance"])
    if not has_triggers():
        pytest.skip("the triggers come with the migrations")
    for rows in (Invoice.objects.all(), InvoiceLine.objects.all(), Allocation.objects.all(), LedgerEntry.objects.all()):
        with pytest.raises(InternalError), transaction.atomic():
            rows._raw_delete("default")
    assert Contract.objects.exists() and run.state == "done"


def has_triggers():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'ledger_is_append_only'")
        return cursor.fetchone()[0] > 0
