"""Secret links by which somebody outside opens one record: a quote, an invoice, a survey.

The key is derived from the record and the installation's secret, so a reminder carries the same link as the first
mail, and the database keeps only the key's SHA-256.
"""

import hashlib

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac


def key_of(record):
    """The secret part of the record's link."""
    return salted_hmac(f"link.{record._meta.label_lower}", str(record.pk), algorithm="sha256").hexdigest()


def digest(key):
    return hashlib.sha256(key.encode()).hexdigest()


def seal(record):
    """Open the record to whoever holds its key; save `link_digest` afterwards."""
    record.link_digest = digest(key_of(record))


def address(record, url_name):
    """The whole link, to hand out; None before the record was sealed."""
    key = key_of(record)
    return settings.SITE_URL + reverse(url_name, args=[key]) if record.link_digest == digest(key) else None


def find(queryset, key):
    """The record behind a key, or None."""
    return queryset.filter(link_digest=digest(key)).first()
