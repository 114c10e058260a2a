"""What must hold between the ledger and the documents: replayed, the ledger gives every balance the documents have.

Each rule is one query for the records whose expected amount is not the one found in the ledger.
"""

from django.db.models import Case, DecimalField, F, Max, Q, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from billing.models import Allocation, Invoice, LedgerEntry, Payment, Refund
from billing.models.sums import summed
from billing.reports import in_base
from crm import money

Account = LedgerEntry.Account
AMOUNT = DecimalField(max_digits=20, decimal_places=2)
STANDING = Q(status__in=(*Invoice.OWED, Invoice.Status.REVERSED))
RECEIVED = Q(status__in=Payment.RECEIVED)


def either(condition, value):
    """The value where the condition holds, else 0."""
    return Case(When(condition, then=value), default=Value(money.ZERO), output_field=AMOUNT)


def posted(link, *accounts, field="amount"):
    """Σ of what the ledger has on these accounts for the outer record."""
    return summed("LedgerEntry", link, field, account__in=accounts)


def unlike(rows, gross, found):
    """The rows whose expected amount is not what was found."""
    rows = rows.annotate(expected=gross).annotate(found=found)
    return rows.exclude(found=F("expected"))


def owed():
    """What the ledger says is owed on an invoice is what its documents say."""
    rows = Invoice.objects.with_balance()
    return unlike(rows, either(STANDING, F("balance")), posted("invoice", Account.RECEIVABLE))


def owed_base():
    """In the base currency that is worth the amount at the invoice's rate, rounded once."""
    rows = Invoice.objects.exclude(issued_on=None).annotate(balance=posted("invoice", Account.RECEIVABLE))
    return unlike(rows, in_base(), posted("invoice", Account.RECEIVABLE, field="base"))


def held():
    """What the ledger says customers have in hand of a payment is what its documents say."""
    rows = Payment.objects.with_unallocated()
    return unlike(rows, either(RECEIVED, -F("unallocated")), posted("payment", Account.ADVANCE))


def held_base():
    """In the base currency that is worth the amount at the payment's rate, rounded once."""
    rows = Payment.objects.annotate(balance=posted("payment", Account.ADVANCE))
    return unlike(rows, in_base(), posted("payment", Account.ADVANCE, field="base"))


def banked():
    """What reached the bank and what the bank kept is what was paid less what was refunded."""
    rows = Payment.objects.with_unallocated()
    expected = either(RECEIVED, F("amount") - F("refunded"))
    return unlike(rows, expected, posted("payment", Account.BANK, Account.BANK_FEE))


def earned():
    """Revenue and VAT in the ledger are what was invoiced less what was credited."""
    rows = Invoice.objects.with_balance()
    expected = either(STANDING, F("credited") - F("gross"))
    return unlike(rows, expected, posted("invoice", Account.REVENUE, Account.OUTPUT_TAX))


def taxed():
    """Output VAT in the ledger is that of the invoice less that of its credit notes."""
    notes = summed("CreditNote", "invoice", "tax", status__in=("issued", "applied"))
    rows = Invoice.objects.annotate(tax_back=notes)
    return unlike(rows, either(STANDING, F("tax_back") - F("tax")), posted("invoice", Account.OUTPUT_TAX))


def lost():
    """Bad debts in the ledger are the write-offs that stand."""
    rows = Invoice.objects.with_balance()
    return unlike(rows, F("written_off"), posted("invoice", Account.BAD_DEBT))


def exchanged():
    """Exchange differences in the ledger are the gains shown on the allocations and refunds."""
    gains = summed("Allocation", "payment", "gain") + summed("Refund", "payment", "gain")
    given = Q(pk__in=Allocation.objects.values("payment")) | Q(pk__in=Refund.objects.values("payment"))
    return unlike(Payment.objects.filter(given), -gains, posted("payment", Account.EXCHANGE))


RULES = {
    "ledger_owed": (_("The ledger's balance of each invoice is what its documents say"), owed),
    "ledger_owed_base": (_("Each invoice's balance is worth its amount at the frozen rate"), owed_base),
    "ledger_held": (_("The ledger's balance of each payment is what its documents say"), held),
    "ledger_held_base": (_("Each payment's balance is worth its amount at the frozen rate"), held_base),
    "ledger_bank": (_("Receipts in the ledger are the payments less the refunds"), banked),
    "ledger_earned": (_("Revenue and VAT in the ledger are the invoices less the credit notes"), earned),
    "ledger_tax": (_("Output VAT in the ledger is that of the invoices less the credit notes"), taxed),
    "ledger_lost": (_("Bad debts in the ledger are the write-offs that stand"), lost),
    "ledger_exchange": (_("Exchange differences in the ledger are those shown on allocations and refunds"), exchanged),
}


def unbalanced():
    """[(voucher, Σ, invoice, payment)] of the vouchers whose lines do not sum to zero."""
    sums = LedgerEntry.objects.order_by().values("voucher").annotate(
        sum=Coalesce(Sum("base"), money.ZERO), of_invoice=Max("invoice"), of_payment=Max("payment")
    )  # fmt: skip
    return sums.exclude(sum=0).order_by("voucher").values_list("voucher", "sum", "of_invoice", "of_payment")
