"""Invoices, payments, what pays what, credit notes, bank lines, and the periods that lock."""

from billing.bank.models import BankAccount, BankLine, BankMatch, BankStatement, MatchedPayment, PayerAlias
from billing.models.credits import CreditNote
from billing.models.invoices import Invoice, InvoiceLine, NumberSeries
from billing.models.payments import Allocation, Payment, Refund
from billing.models.periods import MoneyCheck, Period

__all__ = [
    "Allocation", "BankAccount", "BankLine", "BankMatch", "BankStatement", "CreditNote", "Invoice", "InvoiceLine",
    "MatchedPayment", "MoneyCheck", "NumberSeries", "PayerAlias", "Payment", "Period", "Refund",
]  # fmt: skip
