"""A clerk reconciles a statement without leaving the keyboard."""

import pytest
from playwright.sync_api import expect

from billing.models import BankLine, Invoice
from tests.billing.bank.making import bank_line
from tests.factories import CustomerFactory, issued_invoice

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


SETTLED = "() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')"


def press(page, key):
    """A key, once what the last one did stands there; before that the page takes it for a double press."""
    page.wait_for_function(SETTLED)
    page.keyboard.press(key)


def test_a_statement_is_reconciled_with_the_keyboard(people, windows):
    invoices = [issued_invoice(gross=100 * n, customer=CustomerFactory(name=f"Customer {n}")) for n in (1, 2, 3)]
    for number, invoice in enumerate(invoices, start=1):
        bank_line(100 * number, f"Customer {number}", invoice.issued_number)
    bank_line("-12.50", memo="Account fee")
    window = windows.sign_in(people["finance"])
    window.go("/bank/bench/")
    page, count = window.page, window.page.locator("#bench-count")
    expect(count).to_have_text("0 of 4 lines done")
    for done in (1, 2):
        press(page, "Enter")
        expect(count).to_have_text(f"{done} of 4 lines done")
    press(page, "u")
    expect(count).to_have_text("1 of 4 lines done")
    press(page, "s")
    amount = page.locator(f"[name='amount_{invoices[1].pk}']")
    amount.fill("150")
    expect(page.locator("#left-over")).to_contain_text("50.00")
    page.locator("[data-split-form] .btn-primary").click()
    expect(count).to_have_text("2 of 4 lines done")
    press(page, "Enter")
    expect(count).to_have_text("3 of 4 lines done")
    press(page, "Enter")
    expect(count).to_have_text("4 of 4 lines done")
    states = list(BankLine.objects.order_by("pk").values_list("status", flat=True))
    assert states == ["matched", "matched", "matched", "ignored"]
    assert [i.outstanding for i in Invoice.objects.order_by("pk")] == [0, 50, 0]
