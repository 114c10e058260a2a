"""The customer's secret link to a quote.

The key is derived from the quote and the installation's secret, so a reminder carries the same link as the first mail,
and the database keeps only the key's SHA-256.
"""

import hashlib

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac

from opportunities.models import Quote


def key_of(quote):
    return salted_hmac("opportunities.quote.link", quote.number, algorithm="sha256").hexdigest()


def digest(key):
    return hashlib.sha256(key.encode()).hexdigest()


def address(quote):
    """The link to hand to the customer; None before the quote is sent."""
    if quote.link_digest != digest(key_of(quote)):
        return None
    return settings.SITE_URL + reverse("opportunities:customer_quote", args=[key_of(quote)])


def find(key):
    """The quote behind a link, or None."""
    rows = Quote.objects.select_related("opportunity", "customer", "owner__team", "contact")
    return rows.filter(link_digest=digest(key)).first()
