"""What can be done with tickets and surveys. The only place where their states move."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from crm import jobs, links, records, work
from crm.access import CUSTOMER, SYSTEM, Role, authorize
from crm.models import Company, User
from crm.transitions import advance, locked, require
from feedback import hours
from feedback.models import SurveyInvitation, Ticket

HOURS = {  # priority -> business hours to the first answer, and to the solution
    Ticket.Priority.URGENT: (1, 4),
    Ticket.Priority.HIGH: (2, 8),
    Ticket.Priority.NORMAL: (4, 24),
    Ticket.Priority.LOW: (8, 40),
}
LOW_SCORE = 2

# Tickets


@transaction.atomic
def save_ticket(ticket, *, by, seen=None):
    """Write a ticket down, or change it. Its clocks start with it, by its priority."""
    _follow_order(ticket)
    if ticket._state.adding or "priority" in records.differences(ticket, Ticket.objects.get(pk=ticket.pk)):
        first, solution = HOURS[ticket.priority]
        ticket.response_due_at = hours.after(ticket.created_at, timedelta(hours=first))
        ticket.resolution_due_at = hours.after(ticket.created_at, timedelta(hours=solution))
    return records.save(ticket, by=by, seen=seen)


def _follow_order(ticket):
    """A ticket about an order belongs to the order's customer and case."""
    if ticket.order is None:
        return
    if ticket.customer_id and ticket.customer_id != ticket.order.customer_id:
        raise ValidationError({"order": _("This order belongs to another customer.")})
    ticket.customer = ticket.order.customer
    if ticket._state.adding:
        ticket.case = ticket.order.case


def _may_work(by, verb, ticket):
    """Operations work on delivery matters only."""
    authorize(by, f"feedback.{verb}_ticket", ticket)
    if isinstance(by, User) and not by.has_role(Role.SERVICE) and ticket.kind != Ticket.Kind.DELIVERY:
        raise PermissionDenied(_("Operations work on delivery matters only."))
    locked(ticket)
    require(ticket, verb)


@transaction.atomic
def take(ticket, *, by):
    """Make a ticket one's own work."""
    _may_work(by, "take", ticket)
    advance(ticket, "take", by=by)
    _own(ticket, by)
    return ticket


def _own(ticket, by):
    if ticket.owner_id is None or ticket.owner_id != by.pk:
        ticket.owner = by
        ticket.save(update_fields=["owner", "updated_at"])


@transaction.atomic
def answer(ticket, *, text, by):
    """Write to the customer. The first answer stops the response clock; the mail goes out after commit."""
    _may_work(by, "answer", ticket)
    _end_waiting(ticket)
    advance(ticket, "answer", by=by, data={"text": text})
    if ticket.owner_id is None:
        _own(ticket, by)
    if ticket.answered_at is None:
        ticket.answered_at = timezone.now()
        ticket.save(update_fields=["answered_at", "updated_at"])
    if ticket.contact and ticket.contact.email:
        jobs.enqueue("feedback.send_answer", ticket.pk, text, by=by)
    return ticket


@transaction.atomic
def wait(ticket, *, reason="", by):
    """The customer has to reply first; the resolution clock stands still."""
    _may_work(by, "wait", ticket)
    advance(ticket, "wait", by=by, reason=reason)
    ticket.waiting_since = timezone.now()
    ticket.save(update_fields=["waiting_since", "updated_at"])
    return ticket


@transaction.atomic
def resume(ticket, *, text="", by):
    """The customer replied; the resolution clock runs on, later by the business time that was waited."""
    _may_work(by, "resume", ticket)
    _end_waiting(ticket)
    advance(ticket, "resume", by=by, data={"text": text} if text else None)
    return ticket


def _end_waiting(ticket):
    if ticket.waiting_since is None:
        return
    waited = hours.between(ticket.waiting_since, timezone.now())
    ticket.resolution_due_at = hours.after(ticket.resolution_due_at, waited)
    ticket.waiting_since = None
    ticket.save(update_fields=["resolution_due_at", "waiting_since", "updated_at"])


@transaction.atomic
def resolve(ticket, *, resolution, by):
    """Say how it was solved."""
    _may_work(by, "resolve", ticket)
    _end_waiting(ticket)
    advance(ticket, "resolve", by=by, data={"text": resolution})
    ticket.resolution, ticket.resolved_at = resolution, timezone.now()
    ticket.save(update_fields=["resolution", "resolved_at", "updated_at"])
    return ticket


@transaction.atomic
def close(ticket, *, by):
    """End a solved ticket; the customer is asked how satisfied they are."""
    _may_work(by, "close", ticket)
    advance(ticket, "close", by=by)
    invite(ticket=ticket, customer=ticket.customer, contact=ticket.contact, case=ticket.case, owner=ticket.owner)
    return ticket


@transaction.atomic
def reopen(ticket, *, reason, by):
    """It was not solved after all; a new resolution clock starts."""
    _may_work(by, "reopen", ticket)
    advance(ticket, "reopen", by=by, reason=reason)
    ticket.resolution_due_at = hours.after(timezone.now(), timedelta(hours=HOURS[ticket.priority][1]))
    ticket.resolved_at = None
    ticket.save(update_fields=["resolution_due_at", "resolved_at", "updated_at"])
    return ticket


# Surveys


def invite(*, customer, case, owner, contact=None, order=None, ticket=None):
    """Queue a survey, once per order and once per ticket; nothing happens without an address to send it to."""
    contact = contact or customer.contacts.exclude(email="").first()
    if contact is None or not contact.email:
        return None
    survey = SurveyInvitation(
        customer=customer, case=case, owner=owner, contact=contact, order=order, ticket=ticket,
        expires_at=timezone.now() + timedelta(days=Company.current().survey_valid_days),
    )  # fmt: skip
    try:
        with transaction.atomic():
            records.save(survey, by=SYSTEM)
            links.seal(survey)
            survey.save(update_fields=["link_digest"])
    except (IntegrityError, ValidationError):
        return SurveyInvitation.objects.get(order=order, ticket=ticket)
    jobs.enqueue("feedback.send_survey", survey.pk)
    return survey


@transaction.atomic
def sent(survey):
    """The mail with the link is out. Told twice, it counts once."""
    locked(survey)
    if survey.status != SurveyInvitation.Status.QUEUED:
        return survey
    advance(survey, "send", by=SYSTEM)
    survey.sent_at = timezone.now()
    survey.save(update_fields=["sent_at", "updated_at"])
    return survey


@transaction.atomic
def record_answer(survey, *, score, recommend=None, comment=""):
    """Keep the customer's answer, once. A score of 1 or 2 opens a ticket for service."""
    locked(survey)
    if survey.status == SurveyInvitation.Status.ANSWERED:
        return survey
    if survey.expires_at and survey.expires_at < timezone.now():
        raise ValidationError(_("The time to answer this survey is over."))
    require(survey, "answer")
    survey.score, survey.recommend, survey.comment = score, recommend, comment
    survey.answered_at = timezone.now()
    survey.full_clean()
    survey.save(update_fields=["score", "recommend", "comment", "answered_at", "updated_at"])
    advance(survey, "answer", by=CUSTOMER, data={"score": score, "text": comment})
    if score <= LOW_SCORE:
        _complain(survey)
    return survey


def _complain(survey):
    """An unhappy answer becomes a complaint in the same case; the customer's owner is told."""
    ticket = Ticket(
        customer=survey.customer, case=survey.case, order=survey.order, contact=survey.contact,
        kind=Ticket.Kind.COMPLAINT, priority=Ticket.Priority.HIGH,
        subject=say("Unhappy customer: %(score)s of 5") % {"score": survey.score}, description=survey.comment,
    )  # fmt: skip
    save_ticket(ticket, by=SYSTEM)
    text = gettext_noop("%(customer)s is unhappy: %(score)s of 5")
    url = ticket.get_absolute_url()
    work.notify(survey.customer.owner, text, url=url, customer=str(survey.customer), score=survey.score)


@transaction.atomic
def expire(survey, *, by):
    """Nobody answered in time."""
    locked(survey)
    advance(survey, "expire", by=by)
    return survey


def offer(order, by):
    """After a delivery was accepted: ask how satisfied the customer is."""
    return invite(customer=order.customer, case=order.case, owner=order.owner, order=order)
