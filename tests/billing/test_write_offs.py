"""Write-offs: finance asks, a manager decides, and what is paid after all is owed again."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from billing import checks, services
from billing.models import CreditNote, LedgerEntry, WriteOff
from crm.models import Notification
from crm.transitions import IllegalMove
from tests.factories import issued_invoice, payment_of

pytestmark = pytest.mark.django_db


def asked(people, amount=None, gross=1000):
    invoice = issued_invoice(people["sales"], gross=gross)
    return services.ask_write_off(invoice, amount=amount, reason="Insolvent", by=people["finance"])


def test_asking_changes_nothing_until_a_manager_approves(people):
    write_off = asked(people)
    assert (write_off.status, write_off.amount, write_off.invoice.outstanding) == ("asked", 1000, 1000)
    services.approve_write_off(write_off, by=people["manager"])
    write_off.invoice.refresh_from_db()
    assert (write_off.invoice.outstanding, write_off.invoice.payment_state) == (0, "written_off")
    assert LedgerEntry.objects.get(account="bad_debt").base == 1000
    assert Notification.objects.filter(user=people["finance"], url=write_off.get_absolute_url()).exists()


@pytest.mark.parametrize("role", ["finance", "sales", "admin", "sales_support", "operations", "service", "marketing"])
def test_only_a_manager_approves(people, role):
    with pytest.raises(PermissionDenied):
        services.approve_write_off(asked(people), by=people[role])


@pytest.mark.parametrize("role", ["sales", "manager", "admin", "service"])
def test_only_finance_asks(people, role):
    with pytest.raises(PermissionDenied):
        services.ask_write_off(issued_invoice(people["sales"]), reason="?", by=people[role])


def test_no_more_is_given_up_than_is_owed(people):
    with pytest.raises(ValidationError, match="is owed"):
        asked(people, amount=Decimal("1000.01"))
    write_off = asked(people)
    services.confirm(payment_of(write_off.invoice, 1), by=people["finance"])
    with pytest.raises(ValidationError, match="is owed"):
        services.approve_write_off(write_off, by=people["manager"])


def test_one_request_at_a_time(people):
    write_off = asked(people, amount=Decimal(10))
    with pytest.raises(ValidationError, match="waits for approval"):
        services.ask_write_off(write_off.invoice, reason="Again", by=people["finance"])


def test_declined_it_stays_owed_and_may_be_asked_for_again(people):
    write_off = services.decline_write_off(asked(people), reason="They will pay", by=people["manager"])
    assert write_off.invoice.outstanding == 1000
    assert services.ask_write_off(write_off.invoice, reason="Again", by=people["finance"]).status == "asked"


def test_paid_after_all_the_write_off_is_taken_back_and_the_money_pays(people):
    write_off = services.approve_write_off(asked(people), by=people["manager"])
    invoice = write_off.invoice
    payment = services.confirm(payment_of(None, 1000, customer=invoice.customer), by=people["finance"])
    with pytest.raises(ValidationError, match="is owed"):
        services.allocate(payment, invoice=invoice, amount=Decimal(1000), by=people["finance"])
    services.reverse_write_off(write_off, reason="Paid after all", by=people["finance"])
    services.allocate(payment, invoice=invoice, amount=Decimal(1000), by=people["finance"])
    invoice.refresh_from_db()
    assert (invoice.payment_state, write_off.status) == ("paid", "reversed")
    assert sum(entry.base for entry in LedgerEntry.objects.filter(account="bad_debt")) == 0
    assert checks.findings() == []


def test_a_decision_is_made_once(people):
    write_off = services.approve_write_off(asked(people), by=people["manager"])
    with pytest.raises(IllegalMove):
        services.approve_write_off(WriteOff.objects.get(pk=write_off.pk), by=people["boss"])


def test_what_is_written_off_is_not_credited_as_well(people):
    write_off = services.approve_write_off(asked(people, amount=Decimal(300)), by=people["manager"])
    with pytest.raises(ValidationError, match="written off"):
        services.reverse_invoice(write_off.invoice, reason="Back", by=people["finance"])
    note = CreditNote(invoice=write_off.invoice, amount=Decimal(700), reason="Less")
    services.issue_credit_note(services.save_credit_note(note, by=people["finance"]), by=people["finance"])
    assert checks.findings() == []


def test_by_api_finance_asks_and_the_manager_approves(people, call):
    invoice = issued_invoice(people["sales"])
    answer = call(people["finance"]).post(f"/api/v1/invoices/{invoice.pk}/write_off/", {"amount": 10, "reason": "Rest"})
    key = answer.json()["result"]["id"]
    assert call(people["finance"]).post(f"/api/v1/write-offs/{key}/approve/").status_code == 403
    assert call(people["manager"]).post(f"/api/v1/write-offs/{key}/approve/").json()["status"] == "approved"
    assert call(people["stranger"]).get(f"/api/v1/write-offs/{key}/").status_code == 404
    made = call(people["finance"]).post("/api/v1/write-offs/", {"invoice": invoice.pk, "amount": 5, "reason": "More"})
    assert (made.status_code, made.json()["status"]) == (201, "asked")


def test_it_waits_on_the_managers_home_and_has_a_page(people, browse):
    write_off = asked(people)
    manager = browse(people["manager"])
    assert "Write-offs to approve" in manager.get("/").content.decode()
    assert manager.post(f"{write_off.get_absolute_url()}approve/").status_code == 302
    assert "Written off" in manager.get(write_off.get_absolute_url()).content.decode()
    assert write_off.number in manager.get(write_off.invoice.get_absolute_url()).content.decode()
