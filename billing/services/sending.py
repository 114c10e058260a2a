"""Sending invoices, and knowing that they were seen."""

from django.db import transaction
from django.utils import timezone

from crm import access, events, jobs, links
from crm.access import authorize
from crm.transitions import advance, locked


@transaction.atomic
def send_invoice(invoice, *, to, language, message="", by):
    """Mail the invoice as PDF, with a link to look at it. The mail goes out once this act stands."""
    authorize(by, "billing.send_invoice", invoice)
    return _send(invoice, "send", to, language, message, by)


@transaction.atomic
def resend_invoice(invoice, *, to, language, message="", by):
    """Mail the invoice once more."""
    authorize(by, "billing.resend_invoice", invoice)
    return _send(invoice, "resend", to, language, message, by)


def _send(invoice, verb, to, language, message, by):
    locked(invoice)
    advance(invoice, verb, by=by, data={"text": to})
    invoice.sent_at = timezone.now()
    links.seal(invoice)
    invoice.save(update_fields=["sent_at", "link_digest", "updated_at"])
    jobs.enqueue("billing.send_invoice", invoice.pk, to, language, message, by=by)
    return invoice


@transaction.atomic
def mark_viewed(invoice):
    """The customer opened the link: the first time is noted."""
    locked(invoice)
    if invoice.viewed_at is None:
        invoice.viewed_at = timezone.now()
        invoice.save(update_fields=["viewed_at", "updated_at"])
        events.write(invoice, "viewed", by=access.CUSTOMER)
