"""The rules of tickets and surveys."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from contracts.signals import order_accepted
from crm import events, jobs
from crm.access import SYSTEM
from crm.models import Job, Notification
from crm.transitions import IllegalMove
from feedback import services
from feedback.models import SurveyInvitation, Ticket
from tests.factories import ContactFactory, CustomerFactory
from tests.feedback.factories import TicketFactory, accepted_order, survey_for

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_unhappy_customer_is_heard_from_the_survey_to_the_closed_ticket(client, people):
    order = accepted_order(people["sales"])
    order_accepted.send(type(order), order=order, by=people["operations"])
    link = re.search(r"/s/\w+/", mail.outbox[0].body).group()

    client.post(link, {"score": 1, "recommend": 0, "comment": "Late and broken"})
    ticket = Ticket.objects.get()
    assert (ticket.case, ticket.customer, ticket.kind) == (order.case, order.customer, "complaint")
    assert Notification.objects.filter(user=people["sales"]).exists()

    services.answer(ticket, text="We are on our way.", by=people["service"])
    assert "We are on our way." in mail.outbox[-1].body
    assert ticket.answered_at <= ticket.response_due_at
    services.resolve(ticket, resolution="Replaced", by=people["service"])
    services.close(ticket, by=people["service"])
    assert SurveyInvitation.objects.get(ticket=ticket).status == SurveyInvitation.Status.SENT
    assert len(mail.outbox) == 3


def test_a_happy_answer_opens_no_ticket(people):
    survey, _key = survey_for(accepted_order(people["sales"]))
    services.record_answer(survey, score=5)
    assert not Ticket.objects.exists()


def test_an_answer_counts_once(people):
    survey, _key = survey_for(accepted_order(people["sales"]))
    services.record_answer(survey, score=1)
    services.record_answer(survey, score=5)
    survey.refresh_from_db()
    assert survey.score == 1
    assert Ticket.objects.count() == 1


def test_the_order_of_a_customer_is_asked_about_once(people):
    order = accepted_order(people["sales"])
    services.offer(order, by=SYSTEM)
    services.offer(order, by=SYSTEM)
    assert SurveyInvitation.objects.count() == 1
    assert len(mail.outbox) == 1


def test_a_customer_without_an_address_is_not_asked(people):
    order = accepted_order(people["sales"], contact=ContactFactory(customer__owner=people["sales"], email=""))
    assert services.offer(order, by=SYSTEM) is None


def test_a_survey_sent_twice_by_a_retried_job_is_one_mail(people):
    services.offer(accepted_order(people["sales"]), by=SYSTEM)
    job = Job.objects.get(task="feedback.send_survey")
    jobs.TASKS["feedback.send_survey"].function(job, *job.args)
    assert len(mail.outbox) == 1


def test_an_unanswered_survey_expires(people):
    survey, _key = survey_for(accepted_order(people["sales"]))
    SurveyInvitation.objects.filter(pk=survey.pk).update(expires_at=timezone.now() - timedelta(days=1))
    jobs.TASKS["feedback.expire_surveys"].function(None)
    survey.refresh_from_db()
    assert survey.status == SurveyInvitation.Status.EXPIRED
    with pytest.raises(ValidationError):
        services.record_answer(survey, score=5)


def test_priority_sets_both_clocks(people):
    customer = CustomerFactory(owner=people["sales"])
    urgent, low = (
        services.save_ticket(Ticket(customer=customer, subject="x", priority=priority), by=people["service"])
        for priority in ("urgent", "low")
    )
    assert urgent.response_due_at < low.response_due_at
    assert urgent.resolution_due_at < low.resolution_due_at


def test_waiting_for_the_customer_stops_the_clock(people, monkeypatch):
    ticket = TicketFactory(status="in_progress")
    due = ticket.resolution_due_at
    services.wait(ticket, by=people["service"])
    Ticket.objects.filter(pk=ticket.pk).update(waiting_since=timezone.now() - timedelta(days=7))
    services.resume(ticket, text="Here is the number", by=people["service"])
    assert ticket.status == Ticket.Status.IN_PROGRESS
    assert ticket.resolution_due_at - due > timedelta(days=4)


def test_operations_work_on_deliveries_only(people):
    with pytest.raises(PermissionDenied):
        services.take(TicketFactory(kind="complaint"), by=people["operations"])
    ticket = TicketFactory(kind="delivery")
    services.take(ticket, by=people["operations"])
    assert ticket.owner == people["operations"]


def test_sales_do_not_work_on_tickets(people):
    with pytest.raises(PermissionDenied):
        services.take(TicketFactory(), by=people["sales"])


def test_a_new_ticket_cannot_be_closed_unsolved(people):
    with pytest.raises(IllegalMove):
        services.close(TicketFactory(), by=people["service"])


def test_a_reopened_ticket_gets_a_new_clock(people):
    ticket = TicketFactory(status="closed")
    services.reopen(ticket, reason="Broke again", by=people["service"])
    assert ticket.status == Ticket.Status.REOPENED
    assert ticket.resolution_due_at > timezone.now()
    assert events.of_record(ticket).get().reason == "Broke again"


def test_a_ticket_about_an_order_belongs_to_its_case(people):
    order = accepted_order(people["sales"])
    ticket = services.save_ticket(Ticket(order=order, subject="Where is it?"), by=people["service"])
    assert (ticket.case, ticket.customer) == (order.case, order.customer)
