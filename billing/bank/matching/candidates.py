"""The open invoices, claims and refunds that many lines could be, each kind in one query."""

from collections import defaultdict
from datetime import timedelta

from django.db.models import F, Q

from billing.bank.booking import UNMATCHED, arrived
from billing.models import Invoice, Payment, Refund
from crm.models import Customer

NEAR = timedelta(days=60)  # how far a payment or refund may lie from its line


class Candidates:
    """What the lines could be, found by customer, number or amount."""

    def __init__(self, lines, evidence):
        self.currency = lines[0].account.currency
        self.customers = {key for found in evidence.values() for key in found.customers}
        self.numbers = {number for found in evidence.values() for number in found.numbers}
        self.amounts = {abs(line.amount) for line in lines}
        self.days = (min(line.booked_on for line in lines) - NEAR, max(line.booked_on for line in lines) + NEAR)
        self.customer = Customer.objects.in_bulk(self.customers)
        self.invoices = self._invoices()
        self.payments = self._payments()
        self.refunds = self._refunds() if any(line.amount < 0 for line in lines) else []
        self.of_customer = grouped(self.invoices, lambda invoice: invoice.customer_id)
        self.of_amount = grouped(self.invoices, lambda invoice: invoice.balance)
        self.of_number = defaultdict(list)
        for invoice in self.invoices:
            for number in {invoice.issued_number, invoice.number, getattr(invoice.contract, "number", "")} - {""}:
                self.of_number[number.upper()].append(invoice)
        self.claims_of_customer = grouped(self.payments, lambda payment: payment.customer_id)
        self.claims_of_amount = grouped(self.payments, arrived)
        self.claims_of_number = {payment.number: payment for payment in self.payments}
        self.claims_of_reference = {payment.reference: payment for payment in self.payments if payment.reference}

    def _invoices(self):
        asked = (
            Q(customer__in=self.customers)
            | Q(issued_number__in=self.numbers)
            | Q(number__in=self.numbers)
            | Q(contract__number__in=self.numbers)
            | Q(gross__in=self.amounts)
        )
        likely = Invoice.objects.filter(asked, status__in=Invoice.OWED, currency=self.currency)
        keys = list(likely.values_list("pk", flat=True))  # first, so that only these are summed up
        rows = Invoice.objects.receivable().filter(pk__in=keys)
        return list(rows.select_related("customer__owner", "contract").order_by("due_on", "pk"))

    def _payments(self):
        """Claims that nobody has seen at the bank yet, and payments confirmed without the bank."""
        asked = Q(customer__in=self.customers) | Q(number__in=self.numbers) | Q(arrived__in=self.amounts)
        rows = Payment.objects.alias(arrived=F("amount") - F("bank_fee")).filter(
            asked | Q(reference__in=self.numbers), currency=self.currency, bank_part=None
        )
        rows = rows.filter(status__in=UNMATCHED, received_on__range=self.days)
        return list(rows.select_related("customer", "submitted_by", "invoice").order_by("received_on", "pk"))

    def _refunds(self):
        rows = Refund.objects.filter(amount__in=self.amounts, bank_part=None, payment__currency=self.currency)
        return list(rows.filter(refunded_on__range=self.days).select_related("payment__customer").order_by("pk"))


def grouped(rows, key):
    found = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found
