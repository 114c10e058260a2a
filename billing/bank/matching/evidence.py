"""What a line says about who paid for what: the payer's name and account, numbers in the memo."""

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field

from billing.bank import aliases
from billing.bank.models import PayerAlias
from crm.models import BillingTitle, Customer

JOINED = 5  # neighbouring pieces of a memo that may be one number torn apart
WORDS = re.compile(r"[A-Z0-9]+")
GAP = re.compile(r"[\s\-_/.,:#]*")
OWN = re.compile(r"([A-Z]{1,5})(20\d\d)(\d{1,7})")
BARE = re.compile(r"(20\d\d)(\d{5})")
INVOICES = "INV"


@dataclass
class Evidence:
    """Of one line: {customer key: reason} and the numbers it may be naming."""

    customers: dict = field(default_factory=dict)
    numbers: set = field(default_factory=set)


def gather(lines):
    """{line key: Evidence} of many lines, in a fixed number of queries."""
    found = {line.pk: Evidence(numbers=numbers_in(f"{line.memo} {line.reference}")) for line in lines}
    known = {line.pk: aliases.known_by(line) for line in lines}
    by_payer = defaultdict(dict)
    _named(by_payer, {text for pairs in known.values() for kind, text in pairs if kind == PayerAlias.Kind.NAME})
    _learnt(by_payer, {pair for pairs in known.values() for pair in pairs})
    for key, pairs in known.items():
        for pair in pairs:
            found[key].customers |= by_payer.get(pair, {})
    return found


def _named(by_payer, names):
    """Customers, and titles they are billed under, of just this name."""
    for rows, field_, key in (
        (Customer.objects.all(), "name", "pk"),
        (BillingTitle.objects.all(), "title", "customer_id"),
    ):
        rows = rows.annotate(bare=aliases.bare_field(field_)).filter(bare__in=names)
        for text, customer in rows.values_list("bare", key):
            by_payer[PayerAlias.Kind.NAME, text][customer] = "name"


def _learnt(by_payer, pairs):
    rows = PayerAlias.objects.filter(text__in={text for _kind, text in pairs}, count__gt=0).order_by("count")
    for kind, text, customer in rows.values_list("kind", "text", "customer"):
        if (kind, text) in pairs:
            earlier = by_payer[kind, text].get(customer)
            by_payer[kind, text][customer] = "account" if kind == PayerAlias.Kind.ACCOUNT else earlier or "alias"


def numbers_in(text):
    """Every number the text may be naming, as the system writes its own: `inv 2026/412` is INV-2026-00412."""
    plain = unicodedata.normalize("NFKC", text).upper()
    pieces = [(piece.group(), piece.start(), piece.end()) for piece in WORDS.finditer(plain)]
    found = set()
    for at, (_text, start, _end) in enumerate(pieces):
        joined, previous = "", start
        for piece, begins, ends in pieces[at : at + JOINED]:
            if joined and not GAP.fullmatch(plain, previous, begins):
                break
            joined, previous = joined + piece, ends
            found.update(_spellings(joined, plain[start:ends]))
    return found


def _spellings(joined, written):
    if sum(sign.isdigit() for sign in joined) < 4 or len(joined) > 30:
        return
    yield joined
    yield written
    if own := OWN.fullmatch(joined):
        yield f"{own[1]}-{own[2]}-{int(own[3]):05d}"
    elif own := BARE.fullmatch(joined):
        yield f"{INVOICES}-{own[1]}-{own[2]}"
