"""ISO 20022 camt.052, 053 and 054 in all versions: names are read without their namespace, entries one by one.

The parser knows no DTD, resolves no entity and opens no address.
"""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from lxml import etree

from billing.bank.reading.entries import Broken, Entry, Foot, Head, reference, words

STATEMENTS = {"Stmt", "Rpt", "Ntfctn"}
BOOKED = {"", "BOOK"}


def read(file):
    """The statements of the file. One that is cut off yields what stands before the cut."""
    file.seek(0)
    events = etree.iterparse(
        file, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    state = _State()
    try:
        for event, element in events:
            if event == "start":
                _refuse_entities(element)
                continue
            yield from state.ended(element)
    except etree.XMLSyntaxError as broken:
        if not state.begun and not state.seen:
            message = _("This is not a camt file: %(why)s") % {"why": str(broken)[:200]}
            raise Broken(message) from broken
        yield from state.cut()
    if not state.seen:
        raise Broken(_("The file holds no statement of the kinds camt.052, 053 or 054."))


def _refuse_entities(element):
    if element.getparent() is None:
        info = element.getroottree().docinfo
        if info.doctype or info.internalDTD is not None:
            raise Broken(_("The file declares entities; such files are not accepted."))


class _State:
    """Where in the file we are: balances come before the entries, in some files after."""

    def __init__(self):
        self.begun = self.seen = False
        self.opening = self.closing = self.told = None
        self.account = self.currency = ""

    def ended(self, element):
        name = local(element)
        parent = element.getparent()
        above = local(parent) if parent is not None else ""
        if name == "Ntry" and above in STATEMENTS:
            yield from self._begin()
            yield from entries_of(element)
            _forget(element)
        elif above in STATEMENTS and name == "Bal":
            self._balance(element)
        elif above in STATEMENTS and name == "Acct":
            self.account = first_text(element, "Id/IBAN", "Id/Othr/Id")
            self.currency = text(element, "Ccy")
        elif above in STATEMENTS and name == "TxsSummry":
            told = text(element, "TtlNtries/NbOfNtries")
            self.told = int(told) if told.isdecimal() else None
        elif name in STATEMENTS:
            yield from self._begin()
            yield Foot(self.closing, opening=self.opening, told=self.told)
            self.begun, self.opening, self.closing, self.told = False, None, None, None
            _forget(element)

    def _begin(self):
        if not self.begun:
            self.begun = self.seen = True
            yield Head(self.account, self.currency, self.opening, self.told)

    def _balance(self, element):
        kind = first_text(element, "Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry")
        self.currency = self.currency or currency_of(element)
        if kind in {"OPBD", "PRCD"} and (self.opening is None or kind == "OPBD"):
            self.opening = signed(element)
        elif kind == "CLBD":
            self.closing = signed(element)

    def cut(self):
        yield from self._begin()
        yield Foot(self.closing, complete=False, opening=self.opening)


def entries_of(element):
    """The movements of an entry: of a batch each one, where they sum to it; what is not booked yet is left out."""
    if first_text(element, "Sts/Cd", "Sts") not in BOOKED:
        return
    whole = _entry(element)
    details = [found for part in children(element, "NtryDtls") for found in children(part, "TxDtls")]
    parts = [_detail(found, whole) for found in details]
    if len(parts) == 1:
        parts[0].amount = whole.amount
    if parts and sum(part.amount for part in parts) == whole.amount:
        yield from parts
    else:
        yield whole


def _entry(element):
    day = moment(element, "BookgDt") or moment(element, "ValDt")
    if day is None:
        raise Broken(_("Line %(number)s has an entry without a date.") % {"number": element.sourceline})
    return Entry(
        booked_on=day,
        value_on=moment(element, "ValDt"),
        amount=signed(element),
        memo=words(text(element, "AddtlNtryInf")),
        reference=reference(text(element, "AcctSvcrRef"), text(element, "NtryRef")),
    )


def _detail(element, entry):
    money_in = (text(element, "CdtDbtInd") or ("CRDT" if entry.amount >= 0 else "DBIT")) == "CRDT"
    side, account = ("Dbtr", "DbtrAcct") if money_in else ("Cdtr", "CdtrAcct")
    amount = decimal_of(element, "Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt")
    return Entry(
        booked_on=entry.booked_on,
        value_on=entry.value_on,
        amount=(amount if money_in else -amount) if amount is not None else Decimal(0),
        payer=first_text(element, f"RltdPties/{side}/Nm", f"RltdPties/{side}/Pty/Nm", f"RltdPties/Ultmt{side}/Nm"),
        payer_account=first_text(element, f"RltdPties/{account}/Id/IBAN", f"RltdPties/{account}/Id/Othr/Id"),
        memo=words(*_remittance(element), reference(text(element, "Refs/EndToEndId")), entry.memo),
        reference=reference(text(element, "Refs/AcctSvcrRef"), entry.reference, text(element, "Refs/TxId")),
    )


def _remittance(element):
    for part in children(element, "RmtInf"):
        for found in part.iter():
            if isinstance(found.tag, str) and local(found) in {"Ustrd", "Ref", "Nb"} and found.text:
                yield found.text
    yield text(element, "AddtlTxInf")


# Reading by local names


def local(element):
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def children(element, name):
    return [child for child in element if local(child) == name]


def at(element, path):
    for name in path.split("/"):
        element = next(iter(children(element, name)), None)
        if element is None:
            return None
    return element


def text(element, path):
    found = at(element, path)
    return (found.text or "").strip() if found is not None else ""


def first_text(element, *paths):
    return next(filter(None, (text(element, path) for path in paths)), "")


def decimal_of(element, *paths):
    told = next(filter(None, (text(element, path) for path in paths)), "")
    try:
        return Decimal(told) if told else None
    except InvalidOperation as broken:
        message = _("Line %(number)s cannot be read: %(text)s") % {"number": element.sourceline, "text": told[:60]}
        raise Broken(message) from broken


def signed(element):
    amount = decimal_of(element, "Amt")
    if amount is None:
        raise Broken(_("Line %(number)s has an entry without an amount.") % {"number": element.sourceline})
    return amount if text(element, "CdtDbtInd") != "DBIT" else -amount


def currency_of(element):
    found = at(element, "Amt")
    return found.get("Ccy", "") if found is not None else ""


def moment(element, path):
    told = first_text(element, f"{path}/Dt", f"{path}/DtTm")
    try:
        return datetime.fromisoformat(told).date() if "T" in told else date.fromisoformat(told[:10]) if told else None
    except ValueError as broken:
        message = _("Line %(number)s cannot be read: %(text)s") % {"number": element.sourceline, "text": told[:60]}
        raise Broken(message) from broken


def _forget(element):
    """Free what was read, so that memory stays the same whatever the length."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]
