"""What the story's money acts did to the accounts, posted into the receivables ledger as they are told."""

from billing import vouchers
from billing.models import LedgerEntry

Account, Kind = LedgerEntry.Account, LedgerEntry.Kind
TOLD = {Account.RECEIVABLE: "invoice", Account.ADVANCE: "payment"}  # the accounts that keep a balance per record


def known(record):
    """(amount, base) of what was told of this invoice or payment so far."""
    return getattr(record, "balance_told", vouchers.NOTHING)


def post(thread, kind, lines, customer, by, day=None):
    for line in lines:
        if record := getattr(line, TOLD.get(line.account, ""), None):
            amount, base = known(record)
            record.balance_told = (amount + line.amount, base + line.base)
    rows = vouchers.entries(
        kind, lines, voucher=thread.story.ledger.next_key(LedgerEntry), customer=customer, day=day or thread.day,
        actor=by if by.pk else None, recorded_at=thread.at,
    )  # fmt: skip
    for row in rows:
        thread.story.ledger.add(row, thread.at)


def issue(thread, invoice, by):
    post(thread, Kind.INVOICE, vouchers.issued(invoice, vouchers.by_rate(invoice.parts)), invoice.customer, by)


def void(thread, invoice, by):
    lines = vouchers.undone(vouchers.issued(invoice, vouchers.by_rate(invoice.parts)))
    post(thread, Kind.VOID, lines, invoice.customer, by)


def credit(thread, note, by):
    invoice = note.invoice
    parts = vouchers.split_credit(note, vouchers.by_rate(invoice.parts))
    post(thread, Kind.CREDIT_NOTE, vouchers.credited(note, invoice, parts, known(invoice)), invoice.customer, by)


def receive(thread, payment, by):
    post(thread, Kind.PAYMENT, vouchers.received(payment), payment.customer, by, payment.received_on)


def bounce(thread, payment, by):
    post(thread, Kind.BOUNCE, vouchers.bounced(payment), payment.customer, by)


def allocate(thread, row, by):
    """An allocation, or the negative of one; its gain is worked out here."""
    payment, invoice = row.payment, row.invoice
    lines = vouchers.allocated(payment, invoice, row.amount, row.paid, known(invoice), known(payment))
    row.gain = vouchers.gain_of(lines)
    kind = Kind.ALLOCATION if row.amount > 0 else Kind.DEALLOCATION
    post(thread, kind, lines, invoice.customer, by, row.allocated_on)


def refund(thread, row, by):
    """A refund; its gain is worked out here."""
    payment = row.payment
    lines = vouchers.refunded(payment, row.amount, known(payment), row.rate)
    row.gain = vouchers.gain_of(lines)
    post(thread, Kind.REFUND, lines, payment.customer, by)


def write_off(thread, row, by):
    lines = vouchers.written_off(row.invoice, row.amount, known(row.invoice))
    post(thread, Kind.WRITE_OFF, lines, row.customer, by)
