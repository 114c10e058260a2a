"""The statement of account on a page and by mail, and the tax authority's number on an invoice."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError

from billing import services
from billing.views.statements import with_balances
from crm import clock
from crm.models import Event
from tests.factories import issued_invoice, payment_of

pytestmark = pytest.mark.django_db


def test_each_line_carries_the_balance_on():
    lines = list(with_balances(100, [(None, "", 50), (None, "", -120)]))
    assert [line["balance"] for line in lines] == [150, 30]


def test_the_page_tells_opening_documents_and_closing(people, browse):
    invoice = issued_invoice(people["sales"], gross=1000, on=clock.today() - timedelta(days=40))
    services.confirm(payment_of(invoice, 400), by=people["finance"])
    address = f"/billing/statements/{invoice.customer_id}/?first={clock.today() - timedelta(days=5)}"
    page = browse(people["finance"]).get(f"{address}&last={clock.today()}&currency=CNY").content.decode()
    assert page.count("1,000.00") == 1 and "-400.00" in page.replace("−", "-") and "600.00" in page


def test_a_period_that_ends_before_it_begins_is_refused_with_its_reason(people, browse):
    customer = issued_invoice(people["sales"]).customer
    answer = browse(people["finance"]).get(
        f"/billing/statements/{customer.pk}/?first=2026-02-02&last=2026-01-01&currency=CNY"
    )
    assert answer.status_code == 422 and "before the first" in answer.content.decode()


def test_it_is_mailed_as_pdf_and_the_customer_remembers(people, browse, django_capture_on_commit_callbacks):
    customer = issued_invoice(people["sales"]).customer
    asked = {"first": "2026-01-01", "last": "2026-03-31", "currency": "CNY", "to": "ap@a.example", "language": "zh"}
    with django_capture_on_commit_callbacks(execute=True):
        answer = browse(people["finance"]).post(f"/billing/statements/{customer.pk}/send/", asked)
    assert answer.status_code == 302
    assert mail.outbox[0].to == ["ap@a.example"] and mail.outbox[0].attachments[0][1].startswith(b"%PDF")
    assert Event.objects.filter(record_type="customer", record_id=customer.pk, verb="statement_sent").exists()


@pytest.mark.parametrize(("role", "status"), [("stranger", 404), ("service", 403), ("marketing", 403), ("sales", 200)])
def test_only_who_sees_the_customers_amounts_reads_it(people, browse, role, status):
    customer = issued_invoice(people["sales"]).customer
    assert browse(people[role]).get(f"/billing/statements/{customer.pk}/").status_code == status


def test_the_tax_authoritys_number_is_kept_on_the_issued_invoice_and_belongs_to_one(people):
    invoice, other = issued_invoice(people["sales"]), issued_invoice(people["sales"])
    services.note_tax_number(invoice, number="26112000000012345678", by=people["finance"])
    invoice.refresh_from_db()
    assert invoice.tax_invoice_number == "26112000000012345678"
    with pytest.raises(ValidationError, match="has this number"):
        services.note_tax_number(other, number="26112000000012345678", by=people["finance"])
    with pytest.raises(PermissionDenied):
        services.note_tax_number(other, number="1", by=people["sales"])
