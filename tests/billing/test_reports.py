"""Ageing worked out by hand, statements, papers, and the nightly check that finds what does not add up."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import F

from billing import checks, papers, reports, services
from billing.models import Allocation, Invoice, MoneyCheck, NumberSeries
from crm import clock
from crm.access import SYSTEM
from crm.models import BillingTitle, ExchangeRate, Notification
from tests.factories import CustomerFactory, issued_invoice, payment_of, signed_contract

pytestmark = pytest.mark.django_db
JUNE = date(2026, 6, 30)


def test_ageing_as_of_a_past_day_worked_out_by_hand():
    customer = CustomerFactory(name="华兴制造")
    for gross, due in ((100, 0), (200, 1), (300, 30), (400, 31), (500, 60), (600, 61), (700, 90), (800, 91)):
        issued_invoice(gross=gross, customer=customer, on=date(2026, 1, 5), due=JUNE - timedelta(days=due))
    later = issued_invoice(gross=900, customer=customer, on=date(2026, 7, 1), due=date(2026, 7, 31))
    [row] = reports.ageing(Invoice.objects.all(), JUNE)
    assert {key: row.get(key) for key in reports.BUCKETS} == {
        "current": 100, "1-30": 500, "31-60": 900, "61-90": 1300, "90+": 800
    }  # fmt: skip
    assert row["total"] == 3600
    assert reports.ageing(Invoice.objects.filter(pk=later.pk), JUNE) == []


def test_a_receipt_counts_from_its_day_on():
    invoice = issued_invoice(on=date(2026, 5, 1), due=date(2026, 5, 31))
    services.confirm(payment_of(invoice, 400, received_on=date(2026, 7, 3)), by=SYSTEM)
    assert reports.ageing(Invoice.objects.all(), JUNE)[0]["total"] == 1000
    assert reports.ageing(Invoice.objects.all(), date(2026, 7, 3))[0]["total"] == 600


def test_amounts_of_two_currencies_are_summed_in_the_base_currency():
    customer = CustomerFactory()
    issued_invoice(gross=100, customer=customer)
    ExchangeRate.objects.create(currency="USD", rate=Decimal("7.12345"), valid_from=clock.today())
    issued_invoice(gross=100, customer=customer, currency="USD")
    assert reports.ageing(Invoice.objects.all(), clock.today())[0]["total"] == Decimal("812.35")


def test_the_payment_states_asked_for_in_the_list_are_those_the_record_shows():
    _unpaid, partly, paid = (issued_invoice(gross=100) for _ in range(3))
    services.confirm(payment_of(partly, 40), by=SYSTEM)
    services.confirm(payment_of(paid, 100), by=SYSTEM)
    issued_invoice(on=clock.today() - timedelta(days=40), due=clock.today() - timedelta(days=10))
    services.reverse_invoice(issued_invoice(), reason="Back", by=SYSTEM)
    services.approve_write_off(services.ask_write_off(issued_invoice(), reason="Gone", by=SYSTEM), by=SYSTEM)
    for state in Invoice.PaymentState.values:
        found = list(Invoice.objects.in_state(state, clock.today()))
        assert len(found) == 1
        assert [invoice.payment_state for invoice in found] == [state]


def test_a_statement_carries_the_balance_forward_and_ends_at_what_is_owed():
    invoice = issued_invoice(on=date(2026, 5, 1), due=date(2026, 5, 31))
    services.confirm(payment_of(invoice, 400, received_on=date(2026, 6, 3)), by=SYSTEM)
    opening, rows = reports.statement_rows(invoice.customer, "CNY", date(2026, 6, 1), JUNE)
    assert opening == 1000
    assert [(day, amount) for day, _text, amount in rows] == [(date(2026, 6, 3), -400)]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_paper_is_a_pdf_in_both_languages(language):
    contract = signed_contract()
    BillingTitle.objects.create(customer=contract.customer, title="华兴制造有限公司", tax_number="91310000")
    invoice = services.request_invoice(contract=contract, by=SYSTEM)
    assert papers.invoice_pdf(invoice, language).startswith(b"%PDF")
    services.approve_invoice(invoice, by=SYSTEM)
    services.issue_invoice(invoice, by=SYSTEM)
    texts = text_of(papers.invoice_pdf(invoice, language))
    assert invoice.issued_number in texts
    assert "91310000" in texts
    assert ("壹仟壹佰叁拾元整" in texts) == (language == "zh-hans")
    note = services.reverse_invoice(invoice, reason="Back", by=SYSTEM)
    assert note.issued_number in text_of(papers.credit_note_pdf(note, language))
    today = clock.today()
    assert papers.statement_pdf(contract.customer, "CNY", today, today, language).startswith(b"%PDF")


def text_of(pdf):
    from io import BytesIO

    from pypdf import PdfReader

    return "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def test_books_that_add_up_have_no_finding(people):
    services.confirm(payment_of(issued_invoice(), 100), by=SYSTEM)
    signed_contract()
    assert checks.run().findings == []
    assert not Notification.objects.filter(user=people["finance"]).exists()


def allocate_too_much():
    services.confirm(payment := payment_of(invoice := issued_invoice(gross=100), 100), by=SYSTEM)
    Allocation.objects.create(payment=payment, invoice=invoice, amount=1, paid=1, allocated_on=clock.today())


def shorten_a_plan():
    signed_contract().instalments.update(amount=1)


def skip_a_number():
    issued_invoice()
    NumberSeries.objects.update(last=F("last") + 1)


def change_a_line():
    services.request_invoice(contract=signed_contract(), by=SYSTEM).lines.update(gross=1)


def bill_beyond_the_contract():
    contract = signed_contract()
    services.request_invoice(contract=contract, by=SYSTEM)
    type(contract).objects.update(gross=1)


def leave_a_bounced_payment_paying():
    services.confirm(payment := payment_of(issued_invoice(), 100), by=SYSTEM)
    type(payment).objects.update(status="bounced")


@pytest.mark.parametrize(("fault", "rules"), [
    (allocate_too_much, {"outstanding", "payment", "ledger_owed", "ledger_held"}),
    (shorten_a_plan, {"plan"}),
    (skip_a_number, {"numbers"}),
    (change_a_line, {"lines"}),
    (bill_beyond_the_contract, {"contract", "plan"}),
    (leave_a_bounced_payment_paying, {"payment", "ledger_bank"}),
])  # fmt: skip
def test_the_check_finds_a_fault_and_tells_finance(people, fault, rules):
    fault()
    assert {found["rule"] for found in checks.run().findings} == rules
    assert Notification.objects.filter(user=people["finance"], url="/billing/checks/").exists()


def test_the_nightly_job_keeps_its_result():
    from crm import jobs

    jobs.enqueue("billing.check_money")
    from crm.models import Job

    jobs.run(Job.objects.get().pk)
    assert MoneyCheck.objects.get().findings == []
