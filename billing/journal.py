"""The vouchers of a period as an accounting system reads them. A closed period gives the same file every time."""

import csv
import hashlib
import io

from django.db.models import F

from billing.models import AccountCode, JournalFile, LedgerEntry, Period
from billing.models.journal import COLUMNS
from crm.sheets.writing import neutral

WORD = "记"
SUMMARIES = {  # in the language of the books, whoever exports them
    "invoice": "开具发票",
    "void": "作废发票",
    "credit_note": "开具红字发票",
    "payment": "收到货款",
    "allocation": "核销应收",
    "deallocation": "撤销核销",
    "bounce": "退票",
    "reversal": "冲销收款",
    "refund": "退还客户款",
    "write_off": "核销坏账",
    "recovery": "收回已核销坏账",
}


def lines(period):
    """Each line of the period's vouchers as {field: value}, in order, the vouchers numbered from 1."""
    AccountCode.fill()
    codes = {row.account: (row.code, row.name) for row in AccountCode.objects.all()}
    names = {
        "customer_name": F("customer__name"),
        "invoice_number": F("invoice__issued_number"),
        "payment_number": F("payment__number"),
        "note_number": F("credit_note__issued_number"),
    }
    entries = LedgerEntry.objects.filter(day__range=(period.first_day, period.last_day)).annotate(**names)
    number, line, voucher = 0, 0, None
    for entry in entries.order_by("day", "voucher", "pk").iterator(chunk_size=2000):
        number, line = (number + 1, 1) if entry.voucher != voucher else (number, line + 1)
        voucher = entry.voucher
        yield _line(entry, number, line, *codes[entry.account])


def _line(entry, number, line, code, name):
    """A debit is positive, a credit negative; either is written without its sign in its own column."""
    is_debit = entry.base > 0 or (entry.base == 0 and entry.amount > 0)
    return {
        "day": entry.day.isoformat(),
        "year": entry.day.year,
        "month": entry.day.month,
        "word": WORD,
        "number": number,
        "line": line,
        "summary": _summary(entry),
        "code": code,
        "name": name,
        "debit": entry.base if is_debit else "",
        "credit": "" if is_debit else -entry.base,
        "direction": "借" if is_debit else "贷",
        "currency": entry.currency,
        "amount": abs(entry.amount),
        "rate": _rate(entry),
        "customer_code": entry.customer_id,
        "customer": entry.customer_name,
        "invoice": entry.invoice_number or "",
        "payment": entry.payment_number or "",
        "tax_rate": "" if entry.tax_rate is None else entry.tax_rate,
        "voucher": entry.voucher,
        "attachments": 0,
    }


def _summary(entry):
    number = entry.note_number or entry.payment_number or entry.invoice_number or ""
    return f"{SUMMARIES[entry.kind]} {number} {entry.customer_name}"


def _rate(entry):
    return f"{entry.base / entry.amount:.6f}" if entry.amount else "1.000000"


def file(period, form):
    """The file's bytes. Of a closed period it is kept, and given again as long as columns and account codes are the
    same, whatever a customer is called by then."""
    if period.status != Period.Status.CLOSED:
        return _content(period, form)
    known = period.journals.filter(digest=_digest(form)).first()
    if known is None:
        JournalFile.objects.bulk_create(
            [JournalFile(period=period, digest=_digest(form), content=_content(period, form))], ignore_conflicts=True
        )
        known = period.journals.get(digest=_digest(form))
    return bytes(known.content)


def _digest(form):
    AccountCode.fill()
    codes = [f"{row.account} {row.code} {row.name}" for row in AccountCode.objects.order_by("account")]
    return hashlib.sha256("\n".join([form.encoding, form.columns, *codes]).encode()).hexdigest()


def _content(period, form):
    """The format's columns in its encoding."""
    text = io.StringIO()
    writer = csv.writer(text)
    pairs = [(header, field) for header, field in form.pairs() if field in COLUMNS]
    writer.writerow([neutral(header) for header, _field in pairs])
    for line in lines(period):
        writer.writerow([neutral(line[field]) for _header, field in pairs])
    return text.getvalue().encode(form.encoding, errors="replace")
