"""The customer's secret link to an invoice.

The key is derived from the invoice and the installation's secret, so every mail carries the same link, and the database
keeps only the key's SHA-256.
"""

import hashlib

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac

from billing.models import Invoice


def key_of(invoice):
    return salted_hmac("billing.invoice.link", invoice.number, algorithm="sha256").hexdigest()


def digest(key):
    return hashlib.sha256(key.encode()).hexdigest()


def address(invoice):
    return settings.SITE_URL + reverse("billing:customer_invoice", args=[key_of(invoice)])


def find(key):
    """The invoice behind a link, or None; void ones are no longer shown."""
    shown = (*Invoice.OWED, Invoice.Status.REVERSED)
    rows = Invoice.objects.with_balance().select_related("customer", "contract")
    return rows.filter(link_digest=digest(key), status__in=shown).first()
