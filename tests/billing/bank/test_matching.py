"""What a line could be, best first, and why."""

from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.db import connection

from billing import services
from billing.bank import aliases, booking, matching
from billing.bank.booking import Booking
from billing.bank.matching.evidence import numbers_in
from billing.models import CreditNote, Payment
from crm import clock
from crm.access import SYSTEM
from crm.models import BillingTitle, Customer
from tests.billing.bank.making import bank_line
from tests.factories import CustomerFactory, issued_invoice, payment_of, signed_contract

pytestmark = pytest.mark.django_db


def owed(gross, name="云帆信息技术有限公司", **values):
    customer = values.pop("customer", None) or CustomerFactory(name=name)
    return issued_invoice(
        customer=customer, gross=gross, due=values.pop("due", clock.today() + timedelta(days=90)), **values
    )


def first(line):
    return matching.propose([line])[line.pk][0]


def keys(proposal):
    return {key for key, _params in proposal.reasons}


@pytest.mark.parametrize(
    "spelling",
    [
        "INV-2026-00412",
        "inv 2026 00412",
        "INV2026-412",
        "货款INV202600412",
        "ＩＮＶ－２０２６－００４１２",
        "发票 2026-00412 尾款",
        "INV-2026-004 12",
    ],
)
def test_a_number_is_found_however_it_is_spelt(spelling):
    assert "INV-2026-00412" in numbers_in(spelling)


def test_a_longer_number_is_not_taken_for_a_shorter_one():
    assert "INV-2026-00041" not in numbers_in("INV-2026-000412")
    assert "INV-2026-00412" not in numbers_in("2026-03-04 12")


def test_amount_number_and_payer_together_are_nearly_sure():
    invoice = owed(48000)
    line = bank_line(48000, "云帆信息技术", f"货款 {invoice.issued_number.replace('-', ' ')}")
    proposal = first(line)
    assert proposal.booking.invoices == [(invoice, 48000)]
    assert keys(proposal) == {"amount", "name", "number"}
    assert proposal.score >= 97
    assert proposal.rest == 0


def test_a_due_date_near_by_makes_it_surer():
    near, far = owed(500, "甲公司", due=clock.today()), owed(500, "乙公司")
    assert "due" in keys(first(bank_line(500, "甲公司", near.issued_number)))
    assert "due" not in keys(first(bank_line(500, "乙公司", far.issued_number)))


def test_a_bank_fee_is_told_from_a_part_payment():
    invoice = owed(1000)
    proposal = first(bank_line(985, invoice.customer.name, invoice.issued_number))
    assert (proposal.booking.fee, proposal.booking.invoices) == (15, [(invoice, 1000)])
    partial = first(bank_line(400, invoice.customer.name, invoice.issued_number))
    assert (partial.booking.fee, partial.booking.invoices) == (0, [(invoice, 400)])
    assert "partial" in keys(partial)


def test_what_is_too_much_stays_as_credit():
    invoice = owed(1000)
    proposal = first(bank_line(1200, invoice.customer.name, invoice.issued_number))
    assert (proposal.rest, "over" in keys(proposal)) == (200, True)


def test_one_receipt_for_several_invoices():
    customer = CustomerFactory(name="华兴制造")
    invoices = [owed(amount, customer=customer) for amount in (100, 250, 700)]
    proposal = first(bank_line(800, "华兴制造有限公司"))
    assert [invoice for invoice, _amount in proposal.booking.invoices] == [invoices[0], invoices[2]]
    assert keys(proposal) == {"total", "name"}


def test_several_receipts_for_one_invoice():
    invoice = owed(900)
    lines = [bank_line(amount, invoice.customer.name) for amount in (400, 500)]
    found = [p for p in matching.propose(lines)[lines[0].pk] if len(p.lines) == 2]
    assert [line.pk for line in found[0].lines] == [line.pk for line in lines]
    assert found[0].booking.invoices == [(invoice, 900)]
    assert found[0].rest == 0


def test_several_receipts_for_everything_that_is_owed():
    customer = CustomerFactory()
    invoices = [owed(amount, customer=customer) for amount in (300, 600)]
    lines = [bank_line(amount, customer.name) for amount in (400, 500)]
    found = [p for p in matching.propose(lines)[lines[0].pk] if len(p.lines) == 2]
    assert [invoice for invoice, _amount in found[0].booking.invoices] == invoices


def test_the_contract_named_in_the_memo_leads_to_its_invoice():
    contract = signed_contract()
    invoice = services.request_invoice(contract=contract, by=SYSTEM)
    services.issue_invoice(services.approve_invoice(invoice, by=SYSTEM), by=SYSTEM)
    proposal = first(bank_line(invoice.gross, "Somebody else", f"contract {contract.number}"))
    assert proposal.booking.invoices == [(invoice, invoice.gross)]


def test_a_claim_of_sales_is_proposed_before_the_invoice_it_is_for(people):
    invoice = owed(1000)
    claim = services.record_payment(invoice, amount=Decimal(1000), received_on=clock.today(), by=SYSTEM)
    line = bank_line(1000, invoice.customer.name)
    assert first(line).booking.payments == [claim]


def test_the_same_bank_reference_is_nearly_proof():
    claim = payment_of(None, 1000, customer=CustomerFactory(), reference="ICBC-77")
    proposal = first(bank_line(1000, "Unknown", reference="ICBC-77"))
    assert proposal.booking.payments == [claim]
    assert "reference" in keys(proposal) and proposal.score >= 95


def test_a_payment_that_is_matched_is_not_proposed_again(people):
    claim = payment_of(None, 1000, customer=CustomerFactory(name="甲公司"))
    booking.match([bank_line(1000, "甲公司")], Booking(payments=[claim]), by=people["finance"])
    assert not any(p.booking.payments for p in matching.best(bank_line(1000, "甲公司")))


def test_two_invoices_of_the_same_amount_are_rivals():
    customer = CustomerFactory()
    for _number in range(2):
        owed(300, customer=customer)
    assert "rival" in keys(first(bank_line(300, customer.name)))


def test_a_payer_nobody_knows_is_found_by_the_amount_alone():
    invoice = owed(Decimal("77.77"))
    proposal = first(bank_line("77.77", "QQ"))
    assert (proposal.booking.invoices[0][0], keys(proposal)) == (invoice, {"amount", "only"})


def test_a_known_payer_is_not_offered_a_strangers_invoice():
    owed(300, "乙方公司")
    CustomerFactory(name="甲方公司")
    proposal = first(bank_line(300, "甲方公司"))
    assert keys(proposal) == {"credit", "name"}
    assert proposal.booking.customer.name == "甲方公司"


def test_the_title_a_customer_is_billed_under_names_it_too():
    invoice = owed(300, "云帆")
    BillingTitle.objects.create(customer=invoice.customer, title="云帆（上海）信息技术有限公司")
    assert "name" in keys(first(bank_line(300, "云帆(上海)信息技术")))


def test_other_currencies_are_never_proposed():
    from tests.billing.bank.making import bank_account

    invoice = owed(300)
    line = bank_line(300, invoice.customer.name, account=bank_account(number="1", currency="USD"))
    assert all(not p.booking.invoices for p in matching.best(line))


def test_a_refund_that_went_out_and_a_bank_fee_are_known(people):
    payment = payment_of(None, 500, customer=CustomerFactory(name="甲公司"))
    services.confirm(payment, by=SYSTEM)
    services.request_refund(payment, amount=Decimal(200), reason="Twice", by=people["finance"])
    services.refund(payment, by=people["boss"])
    assert first(bank_line(-200, "甲公司")).booking.refunds == [payment.refunds.get()]
    assert first(bank_line("-12.50", memo="账户管理费")).ignored_as == "fee"


def test_what_is_credited_is_no_longer_expected():
    invoice = owed(1000)
    note = services.save_credit_note(CreditNote(invoice=invoice, amount=100, reason="Less"), by=SYSTEM)
    services.issue_credit_note(note, by=SYSTEM)
    assert first(bank_line(900, invoice.customer.name)).booking.invoices == [(invoice, 900)]


def test_many_lines_need_no_more_queries_than_one(django_assert_max_num_queries):
    lines = []
    for number in range(30):
        invoice = owed(100 + number)
        lines.append(bank_line(100 + number, invoice.customer.name, invoice.issued_number))
    with django_assert_max_num_queries(9):
        found = matching.propose(lines)
    assert all(found[line.pk][0].score >= 90 for line in lines)
    assert Payment.objects.count() == 0


@pytest.mark.parametrize(
    ("model", "field", "index"),
    [(Customer, "name", "customer_bare_name"), (BillingTitle, "title", "billing_title_bare_name")],
)
def test_payers_are_found_by_an_index_however_many_customers_there_are(model, field, index):
    migration = import_module("billing.migrations.0016_payer_names_are_indexed").Migration
    with connection.cursor() as cursor:
        for operation in migration.operations:
            cursor.execute(operation.sql.replace("CREATE INDEX", "CREATE INDEX IF NOT EXISTS"))
        cursor.execute("SET LOCAL enable_seqscan = off")
    rows = model.objects.annotate(bare=aliases.bare_field(field)).filter(bare__in=["华兴", "云帆"])
    assert index in rows.explain()


@pytest.mark.parametrize(
    "name", ["华兴（上海）有限公司", "ＡＢＣ Trading Co., Ltd.", "云 帆_信息\\集团", 'O\'Neil & "Sons" Inc']
)
def test_the_database_reads_a_name_as_the_program_does(name):
    customer = CustomerFactory(name=name)
    rows = Customer.objects.annotate(bare=aliases.bare_field("name"))
    assert rows.get(pk=customer.pk).bare == aliases.bare(name)


def test_money_that_sales_registered_is_not_registered_again(people):
    invoice = owed(480)
    claim = payment_of(invoice, 480)
    best, other = matching.best(bank_line(480, invoice.customer.name, invoice.issued_number))[:2]
    assert best.booking.payments == [claim]
    assert "number" in keys(best)
    assert "claimed" in keys(other)
    assert best.score - other.score > 10


def test_a_claim_for_one_invoice_says_nothing_about_another_of_the_same_amount():
    first = owed(480)
    payment_of(first, 480)
    second = owed(480, customer=first.customer)
    best = matching.best(bank_line(480, first.customer.name, second.issued_number))[0]
    assert [invoice for invoice, _amount in best.booking.invoices] == [second]
    assert "claimed" not in keys(best)
