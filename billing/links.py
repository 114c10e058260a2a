"""The customer's secret link to an invoice."""

from billing.models import Invoice
from crm import links


def address(invoice):
    """The link to hand to the customer; None before the invoice is sent."""
    return links.address(invoice, "billing:customer_invoice")


def find(key):
    """The invoice behind a link, or None; void ones are no longer shown."""
    shown = (*Invoice.OWED, Invoice.Status.REVERSED)
    rows = Invoice.objects.with_balance().select_related("customer", "contract")
    return links.find(rows.filter(status__in=shown), key)
