"""The customer's secret link to a quote."""

from crm import links
from opportunities.models import Quote


def address(quote):
    """The link to hand to the customer; None before the quote is sent."""
    return links.address(quote, "opportunities:customer_quote")


def find(key):
    """The quote behind a link, or None."""
    return links.find(Quote.objects.select_related("opportunity", "customer", "owner__team", "contact"), key)
