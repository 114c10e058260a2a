"""What customers promise and object to."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from billing import services
from billing.models import Invoice, Promise, Reminder
from billing.models.dunning import to_chase
from billing.tasks import propose_reminders
from crm import clock
from crm.models import Notification
from tests.factories import ContactFactory, issued_invoice, payment_of

pytestmark = pytest.mark.django_db
TODAY = clock.today
DAY = timedelta(days=1)


def late_invoice(people, **values):
    late = TODAY() - 10 * DAY
    invoice = issued_invoice(people["sales"], on=late, due=late, **values)
    ContactFactory(customer=invoice.customer)
    return invoice


def promise(invoice, people, days=2, amount=None):
    return services.promise(invoice, promised_on=TODAY() + days * DAY, amount=amount, by=people["sales"])


def let_pass(given, days=3):
    """The promised day has gone by."""
    Promise.objects.filter(pk=given.pk).update(promised_on=TODAY() - days * DAY)
    given.refresh_from_db()


def outcomes(given):
    """How it stands, told by the record and by every filter that finds it."""
    rows = Promise.objects.filter(pk=given.pk)
    found = [state.value for state in Promise.Outcome if rows.in_state(state, TODAY()).exists()]
    return given.outcome, found


def test_paid_in_time_a_promise_is_kept(people):
    invoice = late_invoice(people)
    given = promise(invoice, people, amount=600)
    assert outcomes(given) == ("open", ["open"])
    services.confirm(payment_of(invoice, 599), by=people["finance"])
    given.refresh_from_db()
    assert given.outcome == "open"
    services.confirm(payment_of(invoice, 1), by=people["finance"])
    given.refresh_from_db()
    assert outcomes(given) == ("kept", ["kept"])


def test_not_paid_by_its_day_it_is_broken_even_when_paid_later(people):
    invoice = late_invoice(people)
    given = promise(invoice, people)
    let_pass(given)
    assert outcomes(given) == ("broken", ["broken"])
    services.confirm(payment_of(invoice, 1000), by=people["finance"])
    given.refresh_from_db()
    assert outcomes(given) == ("broken", ["broken"])


def test_what_was_paid_before_does_not_count_for_it(people):
    invoice = late_invoice(people)
    services.confirm(payment_of(invoice, 400), by=people["finance"])
    assert promise(Invoice.objects.get(pk=invoice.pk), people, amount=300).outcome == "open"


def test_a_payment_that_bounces_leaves_the_promise_open(people):
    invoice = late_invoice(people)
    given = promise(invoice, people)
    payment = services.confirm(payment_of(invoice, 1000), by=people["finance"])
    services.bounce(payment, reason="No funds", by=people["finance"])
    given.refresh_from_db()
    assert given.outcome == "open"


def test_an_invoice_taken_back_ends_its_promises(people):
    invoice = late_invoice(people)
    given = promise(invoice, people)
    services.reverse_invoice(invoice, reason="Wrong", by=people["finance"])
    given = Promise.objects.get(pk=given.pk)
    assert outcomes(given) == ("lapsed", ["lapsed"])


def test_a_new_promise_takes_the_place_of_the_open_one_and_twice_the_same_is_one(people):
    invoice = late_invoice(people)
    first = promise(invoice, people)
    assert promise(invoice, people) == first
    second = promise(invoice, people, days=5)
    first.refresh_from_db()
    assert (first.outcome, second.outcome) == ("withdrawn", "open")


@pytest.mark.parametrize(("days", "amount"), [(-1, 10), (1, 0), (1, 1001)])
def test_a_promise_is_for_a_day_to_come_and_for_what_is_owed(people, days, amount):
    with pytest.raises(ValidationError):
        promise(late_invoice(people), people, days=days, amount=amount)


def test_a_broken_promise_brings_the_invoice_back_and_a_letter_that_had_gone_out_again(people):
    invoice = late_invoice(people)
    propose_reminders(None)
    services.send_reminder(Reminder.objects.get(), by=people["finance"])
    given = promise(invoice, people)
    assert not to_chase(Invoice.objects, TODAY()).exists()
    let_pass(given, days=1)
    Reminder.objects.get().items.update(day=TODAY() - 2 * DAY)
    assert to_chase(Invoice.objects, TODAY()).get() == invoice
    propose_reminders(None)
    assert Reminder.objects.waiting().count() == 1


def test_a_withdrawn_promise_no_longer_holds_reminders_back(people):
    invoice = late_invoice(people)
    services.withdraw_promise(promise(invoice, people), reason="Mistaken", by=people["finance"])
    assert to_chase(Invoice.objects, TODAY()).get() == invoice


@pytest.mark.parametrize("role", ["operations", "service", "marketing", "admin", "sales_support", "stranger"])
def test_who_does_not_talk_to_the_customer_about_money_notes_no_promise(people, role):
    with pytest.raises(PermissionDenied):
        services.promise(late_invoice(people), promised_on=TODAY(), by=people[role])


# Disputes


def dispute(people, handler=None):
    return services.dispute(
        late_invoice(people), kind="goods", reason="Two were broken", handler=handler, by=people["finance"]
    )


def test_a_dispute_goes_to_the_owner_of_the_invoice_who_is_told(people):
    opened = dispute(people)
    assert opened.handler == people["sales"]
    assert Notification.objects.filter(user=people["sales"], url=opened.get_absolute_url()).exists()


def test_an_invoice_is_disputed_once_at_a_time(people):
    opened = dispute(people)
    with pytest.raises(ValidationError, match="already disputed"):
        services.dispute(opened.invoice, kind="other", reason="Again", by=people["finance"])


def test_resolved_the_invoice_is_chased_again_and_whoever_asked_is_told(people):
    opened = dispute(people)
    assert not to_chase(Invoice.objects, TODAY()).exists()
    services.resolve_dispute(opened, outcome="ours", resolution="It was used", by=people["sales"])
    assert (opened.status, opened.resolved_by, opened.resolved_on) == ("resolved", people["sales"], TODAY())
    assert to_chase(Invoice.objects, TODAY()).get() == opened.invoice
    assert Notification.objects.filter(user=people["finance"], url=opened.get_absolute_url()).exists()


def test_operations_resolve_only_what_was_given_to_them(people):
    opened = dispute(people)
    with pytest.raises(PermissionDenied):
        services.resolve_dispute(opened, outcome="ours", resolution="?", by=people["operations"])
    services.hand_over_dispute(opened, handler=people["operations"], by=people["sales"])
    services.resolve_dispute(opened, outcome="theirs", resolution="Sent again", by=people["operations"])
    assert opened.outcome == "theirs"


def test_nobody_is_made_to_resolve_who_may_not(people):
    with pytest.raises(ValidationError, match="does not resolve"):
        dispute(people, handler=people["marketing"])
