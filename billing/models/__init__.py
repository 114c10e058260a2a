"""Invoices, payments, what pays what, credit notes, and the periods that lock."""

from billing.models.credits import CreditNote
from billing.models.invoices import Invoice, InvoiceLine, NumberSeries
from billing.models.payments import Allocation, Payment, Refund
from billing.models.periods import MoneyCheck, Period

__all__ = [
    "Allocation", "CreditNote", "Invoice", "InvoiceLine", "MoneyCheck", "NumberSeries", "Payment", "Period", "Refund",
]  # fmt: skip
