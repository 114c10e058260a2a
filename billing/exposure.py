"""What a customer could cost us: owed, less what they have paid in advance, and signed but not yet invoiced.

A signed contract counts from the day it is signed, so an order that is confirmed under it adds nothing further."""

from decimal import Decimal
from typing import NamedTuple

from django.db.models import F, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Greatest

from billing.models import CreditNote, Invoice, LedgerEntry
from billing.models.sums import AMOUNT
from contracts.models import Contract
from crm import money
from crm.models import Company

BILLABLE = (Contract.Status.SIGNED, Contract.Status.FULFILLED)
ZERO = Decimal("0.00")


class Exposure(NamedTuple):
    """In the base currency."""

    owed: Decimal
    unbilled: Decimal

    @property
    def total(self):
        return self.owed + self.unbilled


def of_customer(customer):
    """The customer's exposure at this moment, in two queries."""
    accounts = (LedgerEntry.Account.RECEIVABLE, LedgerEntry.Account.ADVANCE)
    owed = LedgerEntry.objects.filter(customer=customer, account__in=accounts).aggregate(sum=Sum("base"))["sum"]
    return Exposure(owed or ZERO, unbilled(customer))


def unbilled(customer):
    """What is signed and not invoiced yet, each contract at its own rate."""
    contracts = Contract.objects.filter(customer=customer, status__in=BILLABLE)
    left = contracts.annotate(left=Greatest(F("gross") - _billed() + _credited(), Value(ZERO, output_field=AMOUNT)))
    worth = left.aggregate(sum=Sum(F("left") * F("rate")))["sum"] or ZERO
    return money.rounded(worth, Company.current().base_currency)


def _billed():
    rows = Invoice.objects.filter(contract=OuterRef("pk"), issued_on__isnull=False).counted().order_by()
    return _sum(rows.values("contract").annotate(sum=Sum("gross")))


def _credited():
    rows = CreditNote.objects.effective().filter(invoice__contract=OuterRef("pk")).order_by()
    return _sum(rows.values("invoice__contract").annotate(sum=Sum("amount")))


def _sum(rows):
    return Coalesce(Subquery(rows.values("sum"), output_field=AMOUNT), ZERO, output_field=AMOUNT)
