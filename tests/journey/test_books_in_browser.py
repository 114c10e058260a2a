"""The books in real browsers: a month is closed, a bad debt is given up by two people, a figure opens its rows."""

from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from billing import services
from billing.models import Period
from crm.access import SYSTEM
from tests.browser import PHONE
from tests.factories import issued_invoice, payment_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MAY, JUNE = date(2026, 5, 4), date(2026, 6, 8)


def test_finance_closes_a_month_and_takes_its_journal(people, windows):
    invoice = issued_invoice(people["sales"], on=MAY, due=JUNE)
    services.confirm(payment_of(invoice, Decimal(600), received_on=JUNE), by=SYSTEM)
    period = Period.objects.of(JUNE)
    finance = windows.sign_in(people["finance"])
    finance.go(f"/periods/{period.pk}/").act("Close period", then="Closed")
    finance.expect_text("Receivables as closed")
    finance.expect_text("400.00")
    answer = finance.page.request.get(f"/periods/{period.pk}/journal/kingdee.csv")
    assert "应收账款" in answer.text()


def test_finance_asks_and_the_manager_approves_a_write_off_on_the_phone(people, windows):
    invoice = issued_invoice(people["sales"], on=MAY, due=JUNE)
    finance = windows.sign_in(people["finance"])
    finance.go(invoice.get_absolute_url()).act("Ask for write-off", then="Asked for", reason="Insolvent")
    manager = windows.sign_in(people["manager"], PHONE)
    manager.open_waiting(str(invoice))
    manager.act("Approve write-off", then="Written off")
    manager.go("/billing/reports/ageing/").expect_text("Nothing was outstanding on this day")


def test_a_figure_of_the_ageing_opens_its_invoices(people, windows):
    invoice = issued_invoice(people["sales"], on=MAY, due=JUNE)
    finance = windows.sign_in(people["finance"])
    finance.go("/billing/reports/").follow("Ageing")
    finance.fill(as_of="2026-06-30")
    finance.press("Show")
    finance.page.locator("td.num a").filter(has_text="1,000.00").first.click()
    expect(finance.page.locator("#content table.rows")).to_contain_text(str(invoice))
