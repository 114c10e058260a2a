"""Mail to customers and the surveys' clock."""

from celery.schedules import crontab
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from crm import jobs, links
from crm.access import SYSTEM
from crm.models import Company
from feedback import services
from feedback.models import SurveyInvitation, Ticket


def _mail(template, subject, to, values, reply_to=None):
    """A letter in the company's own language; the customer's page then follows their browser."""
    values = {**values, "company": Company.current()}
    EmailMessage(subject, render_to_string(template, values), to=[to], reply_to=reply_to).send()


@jobs.task("feedback.send_answer", _("Send an answer to a customer"))
def send_answer(job, ticket_id, text):
    """Mail what service wrote on a ticket."""
    ticket = Ticket.objects.select_related("contact", "owner").get(pk=ticket_id)
    with translation.override(settings.LANGUAGE_CODE):
        subject = say("Your request %(number)s: %(subject)s") % {"number": ticket.number, "subject": ticket.subject}
        reply_to = [ticket.owner.email] if ticket.owner else None
        _mail("feedback/answer_mail.txt", subject, ticket.contact.email, {"ticket": ticket, "text": text}, reply_to)
    return {"sent": 1}


@jobs.task("feedback.send_survey", _("Send a survey"))
def send_survey(job, survey_id):
    """Mail the link to the survey, unless that has been done."""
    survey = SurveyInvitation.objects.select_related("contact", "customer", "order", "ticket").get(pk=survey_id)
    if survey.status != SurveyInvitation.Status.QUEUED:
        return {"sent": 0}
    with translation.override(settings.LANGUAGE_CODE):
        link = links.address(survey, "feedback:survey")
        subject = say("How satisfied are you with us?")
        _mail("feedback/survey_mail.txt", subject, survey.contact.email, {"survey": survey, "link": link})
    services.sent(survey)
    return {"sent": 1}


@jobs.task("feedback.send_surveys", _("Send surveys that wait"), every=600)
def send_surveys(job):
    """Surveys whose mail failed for good are tried again."""
    waiting = SurveyInvitation.objects.filter(status=SurveyInvitation.Status.QUEUED, expires_at__gt=timezone.now())
    for survey in waiting:
        jobs.enqueue("feedback.send_survey", survey.pk)
    return {"waiting": len(waiting)}


@jobs.task("feedback.expire_surveys", _("Expire unanswered surveys"), every=crontab(hour=3, minute=10))
def expire_surveys(job):
    unanswered = [SurveyInvitation.Status.QUEUED, SurveyInvitation.Status.SENT]
    over = SurveyInvitation.objects.filter(status__in=unanswered, expires_at__lt=timezone.now())
    for survey in over:
        services.expire(survey, by=SYSTEM)
    return {"expired": len(over)}
