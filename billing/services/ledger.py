"""Writing the ledger: each money act posts its voucher in its own transaction, with its documents' rows held."""

from django.db import connection
from django.db.models import Sum

from billing import vouchers
from billing.models import LedgerEntry
from billing.services.periods import refuse_closed
from crm import money

Kind = LedgerEntry.Kind


def post(kind, lines, *, customer, day, by, event=None):
    """Write a voucher into the ledger. Raises ValidationError where the day lies in a closed period."""
    refuse_closed(day)
    keys = take_keys(len(lines))
    actor = by if by.pk else None
    rows = vouchers.entries(kind, lines, voucher=keys[0], customer=customer, day=day, actor=actor, event=event)
    for row, key in zip(rows, keys, strict=True):
        row.pk = key
    return LedgerEntry.objects.bulk_create(rows)


def take_keys(count):
    """Keys from the ledger's own sequence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [LedgerEntry._meta.db_table, count],
        )
        return [key for (key,) in cursor.fetchall()]


def owed(invoice):
    """(amount, base) of what the ledger says is owed on the invoice."""
    return LedgerEntry.objects.owed().filter(invoice=invoice).balance()


def held(payment):
    """(amount, base) of what the ledger says the customer has in hand of the payment; negative."""
    return LedgerEntry.objects.held().filter(payment=payment).balance()


def post_invoice(invoice, *, by, event):
    parts = vouchers.by_rate(invoice.lines.all())
    day = invoice.issued_on
    post(Kind.INVOICE, vouchers.issued(invoice, parts), customer=invoice.customer, day=day, by=by, event=event)


def post_void(invoice, *, by, event):
    lines = vouchers.undone(vouchers.issued(invoice, vouchers.by_rate(invoice.lines.all())))
    post(Kind.VOID, lines, customer=invoice.customer, day=invoice.voided_on, by=by, event=event)


def post_credit_note(note, invoice, *, by, event):
    parts = vouchers.split_credit(note, _left_by_rate(invoice))
    lines = vouchers.credited(note, invoice, parts, owed(invoice))
    post(Kind.CREDIT_NOTE, lines, customer=invoice.customer, day=note.issued_on, by=by, event=event)


def _left_by_rate(invoice):
    """[(tax rate, net, tax)] of the invoice that no credit note has taken back yet."""
    earned = LedgerEntry.objects.filter(invoice=invoice, tax_rate__isnull=False)
    sums = earned.order_by().values("tax_rate", "account").annotate(sum=Sum("amount"))
    left = {(row["tax_rate"], row["account"]): -row["sum"] for row in sums}
    accounts = (LedgerEntry.Account.REVENUE, LedgerEntry.Account.OUTPUT_TAX)
    rates = sorted({rate for rate, _account in left})
    return [(rate, *(left.get((rate, account), money.ZERO) for account in accounts)) for rate in rates]


def post_receipt(payment, *, by, event):
    lines, day = vouchers.received(payment), payment.received_on
    post(Kind.PAYMENT, lines, customer=payment.customer, day=day, by=by, event=event)


def post_undone(kind, payment, *, fee_returned=True, day, by, event):
    """The bank took the money back, or it never came: the receipt the other way round, the fee only where the bank
    returned it."""
    lines = vouchers.undone(vouchers.received(payment)) if fee_returned else vouchers.bounced(payment)
    post(kind, lines, customer=payment.customer, day=day, by=by, event=event)


def post_allocation(payment, invoice, amount, paid, *, day, by, event):
    """What pays what, or, with negative amounts, no longer does; gives the realised gain in the base currency."""
    lines = vouchers.allocated(payment, invoice, amount, paid, owed(invoice), held(payment))
    kind = Kind.ALLOCATION if amount > 0 else Kind.DEALLOCATION
    post(kind, lines, customer=invoice.customer, day=day, by=by, event=event)
    return vouchers.gain_of(lines)


def post_refund(refund, *, by, event):
    """What goes back; gives the realised gain in the base currency."""
    payment = refund.payment
    lines = vouchers.refunded(payment, refund.amount, held(payment), refund.rate)
    post(Kind.REFUND, lines, customer=payment.customer, day=refund.refunded_on, by=by, event=event)
    return vouchers.gain_of(lines)


def post_write_off(kind, invoice, amount, *, day, by, event):
    lines = vouchers.written_off(invoice, amount, owed(invoice))
    post(kind, lines, customer=invoice.customer, day=day, by=by, event=event)
