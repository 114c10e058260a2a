"""Work on quotes behind the pages: the mail to the customer, and the daily look at what is past its validity."""

from celery.schedules import crontab
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from crm import clock, jobs
from crm.models import Company
from opportunities import links, quoting
from opportunities.models import Quote
from opportunities.papers import quote_pdf


@jobs.task("opportunities.send_quote", _("Send a quote by mail"))
def send_quote(job, quote_id, to, language, message):
    """Mail the quote with its PDF and link, unless it has been answered or replaced meanwhile."""
    quote = Quote.objects.select_related("opportunity", "customer", "contact", "owner").get(pk=quote_id)
    if quote.status != Quote.Status.SENT:
        return {"sent": 0}
    with translation.override(language):
        mail_of(quote, to, language, message).send()
    return {"sent": 1}


def mail_of(quote, to, language, message):
    company = Company.current()
    values = {"quote": quote, "company": company, "message": message, "link": links.address(quote)}
    mail = EmailMessage(
        subject=say("Quote %(number)s from %(company)s") % {"number": quote.number, "company": company},
        body=render_to_string("opportunities/quote_mail.txt", values),
        to=[to],
        reply_to=[quote.owner.email] if quote.owner else None,
    )
    mail.attach(f"{quote.number}.pdf", quote_pdf(quote, language), "application/pdf")
    return mail


@jobs.task("opportunities.expire_quotes", _("Expire quotes"), every=crontab(hour=1, minute=10))
def expire_quotes(job):
    """Tell the owners of quotes past their validity, once per quote."""
    told = 0
    for quote in Quote.objects.past_validity(clock.today()).select_related("owner", "submitted_by").iterator():
        told += quoting.tell_expired(quote)
    return {"told": told}
