"""Invoices, payments, what pays what, credit notes, write-offs, how debts are collected, bank lines, the ledger, and
the periods that lock."""

from billing.bank.models import BankAccount, BankLine, BankMatch, BankStatement, MatchedPayment, PayerAlias
from billing.models.credit import CreditLimit, CreditRelease
from billing.models.credits import CreditNote
from billing.models.disputes import Dispute
from billing.models.dunning import DunningLevel, Reminder, ReminderItem
from billing.models.invoices import Invoice, InvoiceLine, NumberSeries
from billing.models.journal import AccountCode, JournalFile, JournalFormat
from billing.models.ledger import LedgerEntry
from billing.models.payments import Allocation, Payment, Refund
from billing.models.periods import MoneyCheck, Period
from billing.models.promises import Promise
from billing.models.write_offs import WriteOff

__all__ = [
    "AccountCode", "Allocation", "BankAccount", "BankLine", "BankMatch", "BankStatement", "CreditLimit", "CreditNote",
    "CreditRelease", "Dispute",
    "DunningLevel", "Invoice", "InvoiceLine", "JournalFile", "JournalFormat", "LedgerEntry", "MatchedPayment",
    "MoneyCheck", "NumberSeries", "PayerAlias", "Payment", "Period", "Promise", "Refund", "Reminder", "ReminderItem",
    "WriteOff",
]  # fmt: skip
