"""Realised gains and losses on exchange, allocation by allocation and refund by refund."""

from django.utils.translation import gettext_lazy as _

from billing.models import Allocation, Refund
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
    rows = [*map(_of_allocation, _allocations(asked)), *map(_of_refund, _refunds(asked))]
    return Table(FIGURES, sorted(rows, key=lambda row: row.values["day"])).with_totals()


def _allocations(asked):
    rows = Allocation.objects.exclude(gain=0).filter(allocated_on__range=(asked.first, asked.last))
    if not asked.sees_all():
        rows = rows.filter(invoice__in=asked.invoices())
    return rows.select_related("payment", "invoice").order_by("allocated_on", "pk")


def _refunds(asked):
    rows = Refund.objects.exclude(gain=0).filter(refunded_on__range=(asked.first, asked.last))
    if not asked.sees_all("billing.view_payment"):
        rows = rows.filter(payment__in=asked.payments())
    return rows.select_related("payment").order_by("refunded_on", "pk")


def _of_allocation(row):
    values = {
        "day": row.allocated_on,
        "payment": row.payment.number,
        "paid": money(row.paid, row.payment.currency),
        "invoice": str(row.invoice),
        "amount": money(row.amount, row.invoice.currency),
        "gain": row.gain,
    }
    return Row(values, {"payment": row.payment.get_absolute_url(), "invoice": row.invoice.get_absolute_url()})


def _of_refund(row):
    values = {
        "day": row.refunded_on,
        "payment": row.payment.number,
        "paid": money(row.amount, row.payment.currency),
        "invoice": _("Refund"),
        "amount": "",
        "gain": row.gain,
    }
    return Row(values, {"payment": row.payment.get_absolute_url()})
