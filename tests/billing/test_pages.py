"""The pages of billing: wiring, scope, what each role sees, query counts, both languages."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.urls import reverse

from billing import checks, services
from billing.models import CreditNote, Invoice, Payment, Period
from crm import clock
from crm.access import SYSTEM
from crm.models import Job
from tests.factories import ContactFactory, CustomerFactory, issued_invoice, payment_of, signed_contract

pytestmark = pytest.mark.django_db
LISTS = {
    "/invoices/": {"sales", "sales_support", "operations", "finance", "service", "manager"},
    "/payments/": {"sales", "sales_support", "finance", "manager"},
    "/credit-notes/": {"sales", "sales_support", "finance", "manager"},
    "/periods/": {"finance", "manager"},
    "/billing/ageing/": {"sales", "sales_support", "finance", "manager"},
    "/billing/checks/": {"finance", "manager", "admin"},
}


@pytest.fixture
def books(people):
    """An overdue invoice with a part payment, a credit note and a claim."""
    yesterday = clock.today() - timedelta(days=1)
    invoice = issued_invoice(people["sales"], gross=12345, on=yesterday, due=yesterday)
    services.confirm(payment := payment_of(invoice, 345), by=SYSTEM)
    note = services.save_credit_note(CreditNote(invoice=invoice, amount=1000, reason="Less"), by=SYSTEM)
    services.issue_credit_note(note, by=SYSTEM)
    checks.run()
    invoice.refresh_from_db()
    return {"invoice": invoice, "payment": payment, "note": note, "period": Period.objects.first()}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(("address", "roles"), LISTS.items())
def test_every_list_opens_for_the_roles_that_may(people, books, browse, address, roles, language):
    for role in ("marketing", "sales", "sales_support", "operations", "finance", "service", "manager", "admin"):
        people[role].language = language
        people[role].save()
        assert browse(people[role]).get(address).status_code == (200 if role in roles else 403), role


@pytest.mark.parametrize("role", ["sales", "finance", "manager"])
@pytest.mark.parametrize("record", ["invoice", "payment", "note"])
def test_every_record_opens_for_who_works_with_it(people, books, browse, record, role):
    assert browse(people[role]).get(books[record].get_absolute_url()).status_code == 200


def test_a_strangers_invoice_and_payment_are_not_found(people, books, browse):
    client = browse(people["stranger"])
    for record in ("invoice", "payment", "note"):
        assert client.get(books[record].get_absolute_url()).status_code == 404
    assert client.get(reverse("billing:invoice_paper", args=[books["invoice"].pk, "en"])).status_code == 404


@pytest.mark.parametrize("role", ["service", "operations"])
def test_who_may_not_see_terms_sees_the_state_but_no_amount(people, books, browse, role):
    invoice, client = books["invoice"], browse(people[role])
    for address in (invoice.get_absolute_url(), "/invoices/", "/invoices/?o=-gross", "/invoices/export.csv"):
        page = client.get(address)
        text = page.getvalue().decode() if page.streaming else page.content.decode()
        assert "Overdue" in text, address
        for amount in ("12,345", "12345", "11,000", "11000"):
            assert amount not in text, address
    assert client.get(reverse("billing:invoice_paper", args=[invoice.pk, "en"])).status_code == 403


@pytest.mark.parametrize("address", ["/invoices/", "/payments/", "/credit-notes/"])
def test_the_lists_take_a_fixed_number_of_queries(people, browse, django_assert_max_num_queries, address):
    for _at in range(12):
        invoice = issued_invoice(people["sales"])
        services.confirm(payment_of(invoice, 10), by=SYSTEM)
        services.save_credit_note(CreditNote(invoice=invoice, amount=1, reason="Less"), by=SYSTEM)
    client = browse(people["finance"])
    client.get(address)
    with django_assert_max_num_queries(10):
        client.get(address)


def test_sales_requests_the_next_instalment_from_the_contracts_page(people, browse):
    contract = signed_contract(people["sales"], plan=[Decimal("376.67"), Decimal("753.33")])
    client = browse(people["sales"])
    address = f"/invoices/new/?contract={contract.pk}"
    assert address in client.get(contract.get_absolute_url()).content.decode()
    form = client.get(address)
    assert form.status_code == 200
    answer = client.post(address, typed(form))
    invoice = Invoice.objects.get()
    assert answer.status_code == 302
    assert (invoice.gross, invoice.instalment) == (Decimal("376.67"), contract.instalments.first())
    assert invoice.submitted_by == people["sales"]


def typed(page):
    """What the browser would send for a form as it stands."""
    found = {}
    for form in (page.context["form"], page.context["lines"].management_form, *page.context["lines"]):
        for bound in form:
            value = bound.value()
            found[bound.html_name] = "" if value is None else value
    return found


def test_a_request_without_lines_takes_what_is_left_of_the_contract(people, browse):
    contract = signed_contract(people["sales"])
    lines = {"lines-TOTAL_FORMS": 0, "lines-INITIAL_FORMS": 0}
    answer = browse(people["sales"]).post(
        "/invoices/new/", {"contract": contract.pk, "tax_type": "special", "currency": "CNY", **lines}
    )
    assert answer.status_code == 302, answer.context["form"].errors
    assert Invoice.objects.get().gross == contract.gross


def test_a_strangers_contract_is_not_proposed_for_an_invoice(people, browse):
    contract = signed_contract(people["stranger"])
    assert browse(people["sales"]).get(f"/invoices/new/?contract={contract.pk}").status_code == 404


def test_recording_a_payment_from_the_invoice_proposes_what_is_owed(people, books, browse):
    address = reverse("billing:invoice_act", args=[books["invoice"].pk, "record_payment"])
    client = browse(people["finance"])
    page = client.get(address)
    assert page.context["form"]["amount"].value() == 11000
    today = clock.today().isoformat()
    assert client.post(address, {"amount": "11000", "received_on": today, "method": "transfer"}).status_code == 302
    books["invoice"].refresh_from_db()
    assert books["invoice"].payment_state == "paid"


def test_a_payment_too_large_in_the_dialog_is_refused_beside_its_field(people, books, browse):
    services.confirm(payment := payment_of(None, 50, customer=books["invoice"].customer), by=SYSTEM)
    address = reverse("billing:payment_act", args=[payment.pk, "allocate"])
    page = browse(people["finance"]).post(address, {"invoice": books["invoice"].pk, "amount": "51"})
    assert page.status_code == 422
    assert "Only 50.00 of the payment is left" in page.content.decode()


def test_sales_registers_a_payment_of_their_customer(people, browse):
    customer = CustomerFactory(owner=people["sales"])
    values = {"customer": customer.pk, "amount": "10", "currency": "CNY", "method": "cash"}
    client = browse(people["sales"])
    assert client.get(f"/payments/new/?customer={customer.pk}").status_code == 200
    answer = client.post("/payments/new/", {**values, "received_on": clock.today().isoformat()})
    assert answer.status_code == 302, answer.context["form"].errors
    assert Payment.objects.get().status == "registered"


def test_sending_mails_the_pdf_and_a_link_the_customer_can_open(
    people, browse, client, django_capture_on_commit_callbacks
):
    invoice = issued_invoice(people["sales"], gross=700)
    ContactFactory(customer=invoice.customer, email="buyer@example.com")
    address = reverse("billing:invoice_act", args=[invoice.pk, "send"])
    signed_in = browse(people["finance"])
    assert signed_in.get(address).context["form"]["to"].value() == "buyer@example.com"
    with django_capture_on_commit_callbacks(execute=True):
        signed_in.post(address, {"to": "buyer@example.com", "language": "zh"})
    assert Job.objects.get().status == "succeeded"
    [letter] = mail.outbox
    assert letter.attachments[0][0] == f"{invoice}.pdf"
    path = next(word for word in letter.body.split() if "/i/" in word).split("/i/")[1]
    client.logout()
    page = client.get(f"/i/{path}")
    assert page.status_code == 200
    assert invoice.issued_number in page.content.decode()
    assert client.get(f"/i/{path}invoice.pdf")["Content-Type"] == "application/pdf"
    invoice.refresh_from_db()
    assert (invoice.status, invoice.viewed_at is not None) == ("sent", True)


def test_an_unknown_link_says_so(client, db):
    assert client.get("/i/nonsense/").status_code == 404
    assert client.get("/i/nonsense/invoice.pdf").status_code == 404


def test_each_figure_of_the_ageing_opens_the_invoices_that_sum_to_it(people, books, browse):
    client = browse(people["finance"])
    page = client.get("/billing/ageing/")
    [(cells, _statement)] = page.context["rows"]
    figures = [(text, address) for text, address, is_number in cells if is_number and address]
    assert figures
    for text, address in figures:
        assert "11,000" in text
        assert sum(row.balance for row in client.get(address).context["rows"]) == 11000
    assert client.get("/billing/ageing/?as_of=nonsense").status_code == 200


def test_home_shows_finance_what_waits(people, books, browse):
    services.request_invoice(contract=signed_contract(people["sales"]), by=people["sales"])
    payment_of(issued_invoice(people["sales"]), 5)
    page = browse(people["finance"]).get("/").content.decode()
    for label in ("Invoice requests to approve", "Invoices to send", "Payments to confirm", "Overdue invoices"):
        assert label in page
    assert "Overdue by owner" in browse(people["manager"]).get("/").content.decode()
    assert "Overdue invoices" in browse(people["sales"]).get("/").content.decode()


def test_the_customers_and_contracts_pages_show_invoices_and_payments(people, browse):
    contract = signed_contract(people["sales"])
    invoice = services.request_invoice(contract=contract, by=SYSTEM)
    for record in (contract, contract.customer):
        assert invoice.number in browse(people["sales"]).get(record.get_absolute_url()).content.decode()


def test_finance_closes_a_month_and_a_manager_opens_it_again(people, browse):
    period = Period.objects.of(clock.today().replace(day=1) - timedelta(days=1))
    browse(people["finance"]).post(reverse("billing:period_act", args=[period.pk, "close"]))
    period.refresh_from_db()
    assert period.status == "closed"
    browse(people["manager"]).post(reverse("billing:period_act", args=[period.pk, "reopen"]), {"reason": "Late"})
    period.refresh_from_db()
    assert period.status == "open"
