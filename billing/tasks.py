"""What billing does behind the pages and by the clock."""

from datetime import date

from celery.schedules import crontab
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing import checks, links, papers, services
from billing.models import Invoice, Reminder
from billing.services import dunning
from crm.jobs import task
from crm.models import Company, Customer
from crm.templatetags.formatting import money


@task("billing.send_invoice", _("Send invoice"))
def send_invoice(job, invoice_id, to, language, message):
    """Mail the invoice with its PDF and the customer's link."""
    invoice = Invoice.objects.select_related("customer", "contract").get(pk=invoice_id)
    if invoice.status not in Invoice.OWED:
        return {"skipped": invoice.status}
    with translation.override(papers.LANGUAGES[language]):
        mail = _invoice_mail(invoice, to, message, links.address(invoice))
    mail.attach(f"{invoice}.pdf", papers.invoice_pdf(invoice, papers.LANGUAGES[language]), "application/pdf")
    mail.send()
    return {"to": to}


def _invoice_mail(invoice, to, message, link):
    company = Company.current().name
    values = {
        "company": company,
        "number": str(invoice),
        "amount": money(invoice.gross, invoice.currency),
        "due": invoice.due_on.isoformat(),
        "link": link,
    }
    parts = [
        message,
        _t("Please find attached our invoice %(number)s over %(amount)s, due on %(due)s.") % values,
        _t("You can look at it here: %(link)s") % values,
        company,
    ]
    return EmailMessage(
        subject=_t("Invoice %(number)s from %(company)s") % values,
        body="\n\n".join(part for part in parts if part),
        to=[to],
    )


@task("billing.send_reminder", _("Send reminder"))
def send_reminder(job, reminder_id):
    """Mail the letter as it was written, with its PDF."""
    letter = Reminder.objects.select_related("customer", "level").get(pk=reminder_id)
    mail = EmailMessage(subject=letter.subject, body=letter.message, to=[letter.to])
    mail.attach(f"{letter}.pdf", papers.reminder_pdf(letter, papers.LANGUAGES[letter.language]), "application/pdf")
    mail.send()
    return {"to": letter.to}


@task("billing.send_statement", _("Send statement of account"))
def send_statement(job, customer_id, currency, first, last, to, language):
    """Mail the statement as PDF."""
    customer, company = Customer.objects.get(pk=customer_id), Company.current().name
    days = {"first": first, "last": last, "company": company}
    with translation.override(papers.LANGUAGES[language]):
        subject = _t("Statement of account from %(company)s, %(first)s to %(last)s") % days
        body = _t("Please find attached our statement of account from %(first)s to %(last)s. Let us know if it differs "
                  "from yours.") % days  # fmt: skip
    mail = EmailMessage(subject=subject, body=f"{customer}\n\n{body}\n\n{company}", to=[to])
    content = papers.statement_pdf(
        customer, currency, date.fromisoformat(first), date.fromisoformat(last), papers.LANGUAGES[language]
    )
    mail.attach(f"statement-{last}.pdf", content, "application/pdf")
    mail.send()
    return {"to": to}


@task("billing.propose_reminders", _("Propose reminders"), every=crontab(hour=5, minute=30))
def propose_reminders(job):
    """Each night: which customers are to get which letter; those that go by themselves are sent."""
    proposed = dunning.propose_all()
    return {"proposed": len(proposed), "sent": dunning.send_automatic(proposed)}


@task("billing.request_due", _("Request invoices that fall due"), every=crontab(hour=6, minute=30))
def request_due(job):
    """Each morning: the instalments that fall due get their invoice requests."""
    return {"requested": len(services.request_due())}


@task("billing.check_money", _("Check the money"), every=crontab(hour=2, minute=30))
def check_money(job):
    """Each night: do the books still add up?"""
    return {"findings": len(checks.run().findings)}
