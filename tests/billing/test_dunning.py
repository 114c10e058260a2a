"""Reminding customers: one letter over all that is overdue, by levels; it stops where paid, promised or disputed."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from billing import services
from billing.models import DunningLevel, Reminder
from billing.services import dunning
from billing.tasks import propose_reminders
from crm import clock
from crm.access import SYSTEM
from crm.models import Event, ExchangeRate
from tests.factories import ContactFactory, CustomerFactory, issued_invoice, payment_of

pytestmark = pytest.mark.django_db


def days_ago(days):
    return clock.today() - timedelta(days=days)


def overdue(customer, days=5, gross=2000, **values):
    return issued_invoice(customer=customer, gross=gross, on=days_ago(days), due=days_ago(days), **values)


@pytest.fixture
def customer(people):
    customer = CustomerFactory(owner=people["sales"], name="华兴制造")
    ContactFactory(customer=customer, email="ap@huaxing.example")
    return customer


@pytest.fixture(autouse=True)
def dollars(db):
    ExchangeRate.objects.create(currency="USD", rate=7, valid_from=days_ago(100))


def proposed():
    propose_reminders(None)
    return list(Reminder.objects.waiting())


def test_all_that_is_overdue_goes_into_one_letter_at_the_level_of_the_oldest(customer):
    overdue(customer, 5, 2000), overdue(customer, 20, 3000), issued_invoice(customer=customer, gross=900)
    (letter,) = proposed()
    assert (letter.level.days, letter.balance, letter.owner) == (15, 5000, customer.owner)


def test_each_customer_and_each_currency_has_its_own_letter(customer, people):
    overdue(customer), overdue(customer, currency="USD"), overdue(CustomerFactory(owner=people["sales"]))
    assert len(proposed()) == 3


def test_proposing_twice_makes_one_letter(customer):
    overdue(customer)
    assert [letter.pk for letter in proposed()] == [letter.pk for letter in proposed()]


def test_nothing_is_proposed_before_the_first_level_or_below_its_amount(customer):
    overdue(customer, 2)
    assert proposed() == []
    DunningLevel.objects.update(minimum=Decimal("4000.01"))
    overdue(customer, 5)
    assert proposed() == []
    DunningLevel.objects.update(minimum=4000)
    assert len(proposed()) == 1


def test_once_sent_the_next_letter_comes_with_the_next_level(customer, people):
    invoice = overdue(customer, 5)
    services.send_reminder(proposed()[0], by=people["finance"])
    assert proposed() == []
    with connection.cursor() as cursor:  # eleven days pass
        cursor.execute("SET LOCAL session_replication_role = replica")
        type(invoice).objects.filter(pk=invoice.pk).update(due_on=days_ago(16))
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert [letter.level.days for letter in proposed()] == [15]


def test_the_last_level_comes_again_after_its_days(customer, people):
    overdue(customer, 50)
    services.send_reminder(proposed()[0], by=people["finance"])
    assert proposed() == []
    DunningLevel.objects.filter(days=45).update(again_after=10)
    Reminder.objects.get().items.update(day=days_ago(10))
    assert len(proposed()) == 1


def test_a_letter_somebody_decided_against_is_not_proposed_again_at_its_level(customer, people):
    overdue(customer)
    services.drop_reminder(proposed()[0], reason="We talked", by=people["finance"])
    assert proposed() == []


def paid(invoice, people):
    services.confirm(payment_of(invoice, invoice.gross), by=people["finance"])


def promised(invoice, people):
    services.promise(invoice, promised_on=clock.today() + timedelta(days=3), by=people["finance"])


def disputed(invoice, people):
    services.dispute(invoice, kind="goods", reason="Broken", by=people["finance"])


@pytest.mark.parametrize("happens", [paid, promised, disputed])
def test_a_letter_that_waits_has_nothing_left_at_once(customer, people, happens):
    invoice = overdue(customer)
    (letter,) = proposed()
    happens(invoice, people)
    assert not Reminder.objects.waiting().exists()
    with pytest.raises(ValidationError, match="to be chased any more"):
        services.send_reminder(letter, by=people["finance"])
    proposed()
    letter.refresh_from_db()
    assert letter.status == "dropped"


@pytest.mark.parametrize("happens", [paid, promised, disputed])
def test_what_is_settled_is_left_out_of_the_letter(customer, people, happens):
    settled, other = overdue(customer, 5, 2000), overdue(customer, 6, 700)
    (letter,) = proposed()
    happens(settled, people)
    services.send_reminder(letter, by=people["finance"])
    assert [(item.invoice, item.amount, item.days_late) for item in letter.items.all()] == [(other, 700, 6)]
    assert letter.amount == 700


def test_the_mail_carries_words_and_pdf_and_the_invoice_remembers(customer, people, django_capture_on_commit_callbacks):
    invoice = overdue(customer)
    (letter,) = proposed()
    with django_capture_on_commit_callbacks(execute=True):
        services.send_reminder(letter, by=people["finance"])
    (message,) = mail.outbox
    assert message.to == ["ap@huaxing.example"]
    assert "华兴制造" in message.body and str(invoice) in message.body and "{" not in message.body
    assert message.attachments[0][1].startswith(b"%PDF")
    assert Event.objects.filter(record_type="invoice", record_id=invoice.pk, verb="reminded").count() == 1


def test_what_finance_wrote_is_what_is_sent(customer, people):
    overdue(customer)
    (letter,) = proposed()
    services.send_reminder(letter, to="boss@huaxing.example", subject="Hello", message="Pay {amount}", by=SYSTEM)
    assert (letter.to, letter.subject, letter.message) == ("boss@huaxing.example", "Hello", "Pay {amount}")


def test_without_an_address_nothing_goes_out(people):
    customer = CustomerFactory(owner=people["sales"])
    overdue(customer)
    (letter,) = proposed()
    with pytest.raises(ValidationError, match="No e-mail address"):
        services.send_reminder(letter, by=people["finance"])


def test_a_level_that_goes_by_itself_is_sent_at_night(customer, people):
    DunningLevel.fill()
    DunningLevel.objects.filter(days=3).update(automatic=True)
    overdue(customer), overdue(CustomerFactory(owner=people["sales"]))
    assert propose_reminders(None) == {"proposed": 2, "sent": 1}
    assert Reminder.objects.filter(status="sent").get().customer == customer


@pytest.mark.parametrize("role", ["sales", "sales_support", "manager", "operations", "service", "admin", "marketing"])
def test_only_finance_sends(customer, people, role):
    overdue(customer)
    with pytest.raises(PermissionDenied):
        services.send_reminder(proposed()[0], by=people[role])


def test_a_letter_is_sent_once(customer, people):
    overdue(customer)
    (letter,) = proposed()
    services.send_reminder(Reminder.objects.get(pk=letter.pk), by=people["finance"])
    with pytest.raises(ValidationError):
        services.send_reminder(letter, by=people["finance"])


def test_a_text_with_an_unknown_place_is_refused(db):
    DunningLevel.fill()
    level = DunningLevel.objects.first()
    level.text_en = "Dear {customer.owner.password} {nobody}"
    with pytest.raises(ValidationError) as refusal:
        level.full_clean()
    assert "customer.owner.password, nobody" in str(refusal.value.message_dict["text_en"])


def test_the_levels_take_the_amount_in_the_base_currency(customer):
    overdue(customer, gross=100, currency="USD")
    DunningLevel.fill()
    DunningLevel.objects.update(minimum=700)
    assert len(proposed()) == 1
    DunningLevel.objects.update(minimum=701)
    levels = list(DunningLevel.objects.all())
    invoices = dunning._by_debtor(clock.today())[customer.pk, "USD"]
    assert dunning.due_level(invoices, levels, clock.today()) is None
