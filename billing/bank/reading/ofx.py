"""OFX and QFX, versions 1 (SGML) and 2 (XML), by the ofxtools parser, which knows no entities."""

import logging
from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from ofxtools.header import OFXHeaderError
from ofxtools.Parser import OFXTree, ParseError

from billing.bank.reading.entries import Broken, Entry, Foot, Head, reference, words

STATEMENTS = ("STMTRS", "CCSTMTRS")
END = 200  # bytes in which the file must close
logging.getLogger("ofxtools").setLevel(logging.WARNING)


def read(file):
    """The statements of the file; its balance is the one at its end."""
    file.seek(0)
    tree = OFXTree()
    try:
        root = tree.parse(getattr(file, "file", file))
    except (ParseError, OFXHeaderError, AssertionError, UnicodeDecodeError, ValueError) as broken:
        message = _("The file breaks off or is not OFX: %(why)s") % {"why": str(broken)[:200]}
        raise Broken(message) from broken
    found = [statement for name in STATEMENTS for statement in root.iter(name)]
    if not found:
        raise Broken(_("The file holds no bank statement."))
    whole = _is_whole(file)
    for statement in found:
        yield from _statement(statement, whole or statement is not found[-1])


def _is_whole(file):
    """The parser closes by itself what a cut left open."""
    file.seek(max(0, file.seek(0, 2) - END))
    return b"</OFX>" in file.read().upper()


def _statement(statement, complete):
    account = statement.findtext("BANKACCTFROM/ACCTID") or statement.findtext("CCACCTFROM/ACCTID") or ""
    closing = statement.findtext("LEDGERBAL/BALAMT")
    yield Head(account, statement.findtext("CURDEF") or "")
    for line in statement.iter("STMTTRN"):
        yield _entry(line)
    yield Foot(_decimal(closing) if closing else None, complete)


def _entry(line):
    return Entry(
        booked_on=_day(line.findtext("DTPOSTED") or ""),
        value_on=_day(line.findtext("DTAVAIL")) if line.findtext("DTAVAIL") else None,
        amount=_decimal(line.findtext("TRNAMT") or ""),
        payer=words(line.findtext("NAME") or line.findtext("PAYEE/NAME")),
        payer_account=line.findtext("BANKACCTTO/ACCTID") or "",
        memo=words(line.findtext("MEMO"), line.findtext("CHECKNUM")),
        reference=reference(line.findtext("FITID"), line.findtext("REFNUM")),
    )


def _day(text):
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError as broken:
        raise Broken(_("“%(text)s” is not a day.") % {"text": text[:40]}) from broken


def _decimal(text):
    try:
        return Decimal(text.replace(",", ".").strip())
    except InvalidOperation as broken:
        raise Broken(_("“%(text)s” is not an amount.") % {"text": text[:40]}) from broken
