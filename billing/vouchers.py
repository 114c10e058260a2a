"""What each money act does to the accounts: the lines of its voucher, worked out from the documents alone.

Debits are positive, credits negative, and the lines of a voucher sum to zero in the base currency. What is owed on an
invoice and what is held of a payment are always worth their amount at the document's own rate, rounded once: a line
moves the base balance from one such worth to the next, so that nothing is left over when the amount is zero.
A `known` balance is (amount, base) as the ledger has it before the act.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal

from billing.models import LedgerEntry
from crm import money
from crm.models import Company

Account = LedgerEntry.Account
NOTHING = (money.ZERO, money.ZERO)


@dataclass(frozen=True)
class Line:
    """One line of a voucher: so much on an account, for an invoice or a payment."""

    account: str
    amount: Decimal
    base: Decimal
    currency: str
    invoice: object = None
    payment: object = None
    credit_note: object = None
    tax_rate: Decimal | None = None


def moved(known, amount, rate):
    """What a change of this amount does to a balance in the base currency."""
    known_amount, known_base = known
    return money.in_base(known_amount + amount, rate) - known_base


def undone(lines):
    """The same lines the other way round."""
    return [replace(line, amount=-line.amount, base=-line.base) for line in lines]


def owed(invoice, amount, known, **details):
    """The line that moves what is owed on an invoice."""
    base = moved(known, amount, invoice.rate)
    return Line(Account.RECEIVABLE, amount, base, invoice.currency, invoice=invoice, **details)


def held(payment, amount, known, **details):
    """The line that moves what the customer has in hand of a payment; more in hand is a credit, so negative."""
    base = moved(known, amount, payment.rate)
    return Line(Account.ADVANCE, amount, base, payment.currency, payment=payment, **details)


def by_rate(lines):
    """[(tax rate, net, tax)] of an invoice's lines."""
    sums = defaultdict(lambda: [money.ZERO, money.ZERO])
    for line in lines:
        sums[line.tax_rate][0] += line.net
        sums[line.tax_rate][1] += line.tax
    return [(rate, net, tax) for rate, (net, tax) in sorted(sums.items())]


def issued(invoice, parts):
    """An invoice is owed; its parts [(tax rate, net, tax)] are revenue and output VAT."""
    debit = owed(invoice, invoice.gross, NOTHING)
    return [debit, *_earned(invoice, parts, debit.base)]


def credited(note, invoice, parts, known):
    """A credit note takes its parts back."""
    credit = owed(invoice, -note.amount, known, credit_note=note)
    back = [(rate, -net, -tax) for rate, net, tax in parts]
    return [credit, *_earned(invoice, back, credit.base, credit_note=note)]


def _earned(invoice, parts, base, **details):
    """Revenue and VAT per tax rate; what rounding leaves of the base amount goes to the last revenue line."""
    details |= {"currency": invoice.currency, "invoice": invoice}
    taxes = [
        Line(Account.OUTPUT_TAX, -tax, money.in_base(-tax, invoice.rate), tax_rate=rate, **details)
        for rate, _net, tax in parts
        if tax
    ]
    left = -base - sum(line.base for line in taxes)
    revenue = []
    for rate, net, _tax in parts:
        share = money.in_base(-net, invoice.rate)
        revenue.append(Line(Account.REVENUE, -net, share, tax_rate=rate, **details))
        left -= share
    if revenue:
        revenue[-1] = replace(revenue[-1], base=revenue[-1].base + left)
    return revenue + taxes


def split_credit(note, left):
    """[(tax rate, net, tax)] of a credit note, in proportion to what is left [(tax rate, net, tax)] of its invoice."""
    nets = _shares(note.net, [net for _rate, net, _tax in left], note.currency)
    taxes = _shares(note.tax, [tax for _rate, _net, tax in left], note.currency)
    return [(rate, net, tax) for (rate, *_rest), net, tax in zip(left, nets, taxes, strict=True) if net or tax]


def _shares(amount, weights, currency):
    return money.split(amount, weights, currency) if sum(weights) else [money.ZERO for _weight in weights]


def received(payment):
    """The money is in the bank, less what the bank kept; all of it is the customer's until it pays something."""
    credit = held(payment, -payment.amount, NOTHING)
    fee = Line(
        Account.BANK_FEE, payment.bank_fee, money.in_base(payment.bank_fee, payment.rate), payment.currency,
        payment=payment,
    )  # fmt: skip
    bank = replace(fee, account=Account.BANK, amount=payment.amount - fee.amount, base=-credit.base - fee.base)
    return [bank, *([fee] if fee.amount else []), credit]


def allocated(payment, invoice, amount, paid, known_owed, known_held):
    """So much of the invoice is settled with so much of the payment; where their worth differs, it is a gain or loss
    on exchange. Negative amounts undo."""
    debit = held(payment, paid, known_held, invoice=invoice)
    credit = owed(invoice, -amount, known_owed, payment=payment)
    return [debit, credit, *exchange(debit.base + credit.base, invoice, payment)]


def exchange(gain, invoice, payment):
    """A gain on exchange in the base currency; a loss is negative."""
    if not gain:
        return []
    currency = Company.current().base_currency
    return [Line(Account.EXCHANGE, -gain, -gain, currency, invoice=invoice, payment=payment)]


def gain_of(lines):
    """The realised gain in the base currency among the lines."""
    return -sum((line.base for line in lines if line.account == Account.EXCHANGE), money.ZERO)


def bounced(payment):
    """The bank takes back all that was paid and keeps its fee."""
    debit = held(payment, payment.amount, (-payment.amount, money.in_base(-payment.amount, payment.rate)))
    return [replace(debit, account=Account.BANK, amount=-debit.amount, base=-debit.base), debit]


def refunded(payment, amount, known, rate):
    """Money goes back to the customer at the rate of the day; what that is worth more or less than when it came in is
    a loss or gain on exchange."""
    debit = held(payment, amount, known)
    bank = replace(debit, account=Account.BANK, amount=-amount, base=-money.in_base(amount, rate))
    return [debit, bank, *exchange(debit.base + bank.base, None, payment)]


def written_off(invoice, amount, known):
    """What is no longer expected becomes a loss; a negative amount takes the write-off back."""
    credit = owed(invoice, -amount, known)
    return [replace(credit, account=Account.BAD_DEBT, amount=amount, base=-credit.base), credit]


def entries(kind, lines, *, voucher, customer, day, actor=None, event=None, **details):
    """The ledger entries of a voucher. Raises ValueError where it does not balance."""
    if sum(line.base for line in lines):
        raise ValueError(f"The voucher does not balance: {lines}")
    return [
        LedgerEntry(
            voucher=voucher, kind=kind, day=day, customer=customer, actor=actor, event=event, account=line.account,
            amount=line.amount, base=line.base, currency=line.currency, invoice=line.invoice, payment=line.payment,
            credit_note=line.credit_note, tax_rate=line.tax_rate, **details,
        )
        for line in lines
    ]  # fmt: skip
