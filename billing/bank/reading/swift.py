"""MT940, message by message and field by field, so that a file of any length needs little memory.

Fields are told apart here; what is in them, the mt940 package reads.
"""

import io
import re
from datetime import date

from django.utils.translation import gettext as _
from mt940 import Options, models, processors, tags

from billing.bank.reading.entries import Broken, Entry, Foot, Head, reference, words
from crm.sheets.text import encoding_of

FIELD = re.compile(r"^:(\d{2}[A-Z]?|NS):")
OPENING, CLOSING = {"60F", "60M"}, {"62F", "62M"}
OPTIONS = Options.all()
LINE, DETAILS = tags.Statement(), tags.Tags.TRANSACTION_DETAILS.value
BALANCES = {
    "60F": tags.FinalOpeningBalance(),
    "60M": tags.IntermediateOpeningBalance(),
    "62F": tags.FinalClosingBalance(),
    "62M": tags.IntermediateClosingBalance(),
}
CODES = ("EREF", "REMI", "NAME", "ORDP", "BENM", "IBAN", "CNTP", "MARF", "CSID", "PURP", "ISDT", "TRCD", "OCMT", "EXCH")
CODED = re.compile(rf"/({'|'.join(CODES)})/")


def fields(file):
    """(tag, value, line number) of each field; a value may run over several lines."""
    stream = io.TextIOWrapper(getattr(file, "file", file), encoding_of(file), newline=None)
    file.seek(0)
    tag, value, at = "", [], 0
    try:
        for number, line in enumerate(stream, start=1):
            line = line.rstrip("\r\n")
            found = FIELD.match(line)
            ends = line.startswith(("-}", "{1:", "{4:")) or line.strip() == "-"
            if (found or ends) and tag:
                yield tag, "\n".join(value), at
            if found:
                tag, value, at = found[1], [line[found.end() :]], number
            elif ends:
                tag = "END" if line.startswith("-") else ""
                value, at = [], number
            elif tag:
                value.append(line)
        if tag:
            yield tag, "\n".join(value), at
    finally:
        if not stream.closed:
            stream.detach()


def read(file):
    """The statements of the file. One without its closing balance breaks off."""
    context, account, entry, details, begun = models.Transactions(options=OPTIONS), "", None, [], False
    for tag, value, number in fields(file):
        if tag == "86" and entry is not None:
            details.append(value)
            continue
        if entry is not None:
            yield _told(entry, details)
            entry, details = None, []
        if tag == "25":
            account = value.strip().split("\n")[0]
        elif tag in OPENING:
            if begun:
                yield Foot(complete=False)
            balance = _balance(context, tag, value, number)
            context.data["currency"] = balance.currency
            yield Head(account, balance.currency, balance.amount)
            begun = True
        elif tag == "61":
            entry = _entry(context, value, number)
        elif tag in CLOSING and begun:
            yield Foot(_balance(context, tag, value, number).amount)
            begun = False
    if entry is not None:
        yield _told(entry, details)
    if begun:
        yield Foot(complete=False)


def _parsed(parser, context, value, number):
    try:
        return parser(context, parser.parse(context, value))
    except (RuntimeError, ValueError, ArithmeticError, KeyError, TypeError) as broken:
        message = _("Line %(number)s cannot be read: %(text)s") % {"number": number, "text": value[:60]}
        raise Broken(message) from broken


def _balance(context, tag, value, number):
    (balance,) = _parsed(BALANCES[tag], context, value, number).values()
    return balance.amount


def _entry(context, value, number):
    told = _parsed(LINE, context, value, number)
    entry = Entry(
        booked_on=_plain_day(told.get("entry_date") if told.get("entry_month") else None) or _plain_day(told["date"]),
        value_on=_plain_day(told["date"]),
        amount=told["amount"].amount,
        reference=reference(told["bank_reference"], told["customer_reference"]),
        memo=words(reference(told["customer_reference"]), told["extra_details"]),
    )
    return entry


def _plain_day(day):
    return date(day.year, day.month, day.day) if day else None


def _told(entry, details):
    """The entry with what its :86: fields say about it."""
    for text in details:
        found = _structured(text) or _coded(text) or {"memo": " ".join(text.split())}
        entry.payer = entry.payer or found.get("payer", "")
        entry.payer_account = entry.payer_account or found.get("account", "")
        entry.memo = words(entry.memo, found.get("memo", ""))
    return entry


def _structured(text):
    """?20…?33 subfields, as banks of the German-speaking countries write them."""
    plain = "".join(text.splitlines())
    if not re.match(r"^\d{3}\?\d{2}", plain):
        return None
    told = processors.transaction_details_post_processor(
        models.Transactions(options=OPTIONS), DETAILS, {"transaction_details": text}, {"transaction_details": text}
    )
    return {
        "payer": told.get("applicant_name") or "",
        "account": told.get("applicant_iban") or "",
        "memo": words(told.get("end_to_end_reference"), told.get("purpose"), told.get("additional_purpose")),
    }


def _coded(text):
    """/NAME/…/REMI/… as banks of the Benelux and many others write them."""
    pieces = CODED.split("".join(text.splitlines()))
    if len(pieces) < 3:
        return None
    told = {}
    for code, value in zip(pieces[1::2], pieces[2::2], strict=True):
        told[code] = told.get(code, "") or value.strip("/ ")
    counterparty = told.get("CNTP", "").split("/")
    ordered = told.get("ORDP") or told.get("BENM") or ""
    return {
        "payer": told.get("NAME") or (counterparty[2] if len(counterparty) > 2 else "") or ordered,
        "account": told.get("IBAN") or counterparty[0],
        "memo": words(pieces[0], told.get("EREF"), told.get("REMI", "").removeprefix("USTD//")),
    }
