"""A customer's statement of account, from the ledger."""

from django.db.models import Max, Sum
from django.utils.translation import gettext_lazy as _

from billing.models import LedgerEntry
from crm import money

Account, Kind = LedgerEntry.Account, LedgerEntry.Kind
TEXTS = {
    Kind.INVOICE: _("Invoice %(number)s"),
    Kind.VOID: _("Invoice %(number)s voided"),
    Kind.CREDIT_NOTE: _("Credit note %(number)s"),
    Kind.PAYMENT: _("Payment %(number)s"),
    Kind.ALLOCATION: _("Payment %(number)s exchanged"),
    Kind.DEALLOCATION: _("Payment %(number)s exchanged back"),
    Kind.BOUNCE: _("Payment %(number)s taken back"),
    Kind.REVERSAL: _("Payment %(number)s taken back"),
    Kind.REFUND: _("Refund of %(number)s"),
    Kind.WRITE_OFF: _("Invoice %(number)s written off"),
    Kind.RECOVERY: _("Invoice %(number)s owed again"),
}
NUMBERS = {"note": "credit_note__issued_number", "receipt": "payment__number", "bill": "invoice__issued_number"}


def statement_rows(customer, currency, first, last):
    """(balance before the first day, [(day, text, amount)]): what was billed is added, what was credited, paid or
    given back is taken off or added back. What a payment pays moves nothing, unless it is in another currency."""
    account = (Account.RECEIVABLE, Account.ADVANCE)
    entries = LedgerEntry.objects.filter(customer=customer, currency=currency, account__in=account)
    opening = entries.filter(day__lt=first).aggregate(sum=Sum("amount"))["sum"] or money.ZERO
    return opening, [
        (row["day"], _text(row), row["sum"]) for row in _vouchers(entries.filter(day__range=(first, last)))
    ]


def _vouchers(entries):
    rows = entries.order_by("day", "voucher").values("day", "voucher", "kind")
    numbers = {name: Max(path) for name, path in NUMBERS.items()}
    return rows.annotate(sum=Sum("amount"), **numbers).exclude(sum=0)


def _text(row):
    numbers = (row[name] for name in NUMBERS)
    return str(TEXTS[row["kind"]]) % {"number": next(filter(None, numbers), "")}
