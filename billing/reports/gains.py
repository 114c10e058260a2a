"""Realised gains and losses on exchange, allocation by allocation."""

from django.utils.translation import gettext_lazy as _

from billing.models import Allocation
from billing.reports.shape import DATE, TEXT, Figure, Row, Table
from crm.templatetags.formatting import money

FIGURES = (
    Figure("day", _("Day"), DATE),
    Figure("payment", _("Payment"), TEXT),
    Figure("paid", _("taken from the payment"), TEXT),
    Figure("invoice", _("Invoice"), TEXT),
    Figure("amount", _("off the invoice"), TEXT),
    Figure("gain", _("gain or loss on exchange")),
)


def table(asked):
    rows = Allocation.objects.exclude(gain=0).filter(allocated_on__range=(asked.first, asked.last))
    if not asked.sees_all():
        rows = rows.filter(invoice__in=asked.invoices())
    rows = rows.select_related("payment", "invoice").order_by("allocated_on", "pk")
    return Table(FIGURES, [_row(row) for row in rows]).with_totals()


def _row(row):
    values = {
        "day": row.allocated_on,
        "payment": row.payment.number,
        "paid": money(row.paid, row.payment.currency),
        "invoice": str(row.invoice),
        "amount": money(row.amount, row.invoice.currency),
        "gain": row.gain,
    }
    return Row(values, {"payment": row.payment.get_absolute_url(), "invoice": row.invoice.get_absolute_url()})
