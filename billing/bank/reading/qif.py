"""QIF: one letter per line, records ended by ^. It tells neither account nor balance."""

import io
import re
from datetime import date

from django.utils.translation import gettext as _

from billing.bank.reading.amounts import amount
from billing.bank.reading.entries import Broken, Entry, Foot, Head, reference, words
from crm.sheets.text import encoding_of

BANK = {"!type:bank", "!type:cash", "!type:ccard", "!type:oth a"}
DAY = re.compile(r"(\d{1,4})[/.\- ]+(\d{1,2})[/.\-' ]+(\d{1,4})")


def read(file, columns=None):
    """The entries of the file; days are month first unless `columns` names another order."""
    order = (columns or {}).get("day_order") or "mdy"
    stream = io.TextIOWrapper(getattr(file, "file", file), encoding_of(file), newline=None)
    file.seek(0)
    yield Head()
    record, of_bank = {}, False
    try:
        for number, line in enumerate(stream, start=1):
            line = line.strip()
            if line.startswith("!"):
                of_bank = line.lower().rstrip() in BANK
            elif line == "^":
                if record and of_bank:
                    yield _entry(record, order, number)
                record = {}
            elif line and of_bank:
                record.setdefault(line[0], line[1:].strip())
    finally:
        if not stream.closed:
            stream.detach()
    yield Foot(complete=not record)


def _entry(record, order, number):
    try:
        value = amount(record.get("T") or record.get("U"))
        if value is None:
            raise Broken(_("An entry has no amount."))
        return Entry(
            booked_on=_day(record.get("D", ""), order),
            amount=value,
            payer=record.get("P", ""),
            memo=words(record.get("M")),
            reference=reference(record.get("N")),
        )
    except Broken as broken:
        message = _("Line %(number)s: %(why)s") % {"number": number, "why": " ".join(broken.messages)}
        raise Broken(message) from broken


def _day(text, order):
    found = DAY.fullmatch(text.strip())
    if not found:
        raise Broken(_("“%(text)s” is not clear as a day.") % {"text": text[:40]})
    one, two, three = map(int, found.groups())
    if len(found[1]) == 4:
        year, month, day = one, two, three
    else:
        year = three + 2000 if three < 100 else three
        month, day = (one, two) if order == "mdy" else (two, one)
    try:
        return date(year, month, day)
    except ValueError as broken:
        raise Broken(_("“%(text)s” is not a day.") % {"text": text[:40]}) from broken
