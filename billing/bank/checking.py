"""Does a statement add up, by itself and with what is here already? What does not is told, never swallowed."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.bank.models import BankLine, BankStatement
from billing.bank.reading import Entry, Foot, Head

PROBLEMS = {
    "truncated": _("The file breaks off before its end."),
    "sum": _("Opening balance %(opening)s and the lines' sum %(sum)s make %(found)s, but it closes with %(closing)s."),
    "running": _("The running balance does not follow in %(count)s places, first in line %(line)s."),
    "count": _("The file says it holds %(told)s lines, but there are %(found)s."),
    "inside": _("A part of the file opens with %(opening)s, but the part before it closes with %(closing)s."),
    "gap": _("It opens with %(opening)s, but by the lines that are here it should be %(expected)s."),
    "account": _("The file is of account %(account)s."),
    "twins": _("%(count)s lines look as if they were here already, from a file of another kind."),
    "no_balance": _("The file tells no balance, so nothing shows whether it is whole."),
}
NOTES = {"no_balance"}  # told, but no reason to stop


@dataclass
class Part:
    """One statement of the file, summed up."""

    account: str = ""
    currency: str = ""
    opening: Decimal | None = None
    closing: Decimal | None = None
    told: int | None = None
    complete: bool = True
    count: int = 0
    sum: Decimal = Decimal(0)
    first: date | None = None
    last: date | None = None
    running: "Running" = field(default_factory=lambda: Running())

    def add(self, entry, line):
        self.count += 1
        self.sum += entry.amount
        self.first = min(filter(None, (self.first, entry.booked_on)))
        self.last = max(filter(None, (self.last, entry.booked_on)))
        self.running.add(entry, line)

    def end(self, foot):
        """Take what stands at the end, and the balances from the running ones where none are told."""
        self.complete = foot.complete
        self.told = foot.told if foot.told is not None else self.told
        opening, closing = self.running.ends()
        told = foot.closing if foot.closing is not None else closing
        self.closing = told
        self.opening = next((x for x in (self.opening, foot.opening, opening) if x is not None), None)
        if self.opening is None and told is not None:
            self.opening = told - self.sum  # only the end is told: it holds by itself, the next one shows


class Running:
    """The running balance, whether the file is in the order of time or against it."""

    def __init__(self):
        self.first = self.last = None
        self.known = True
        self.breaks = {"forward": [], "backward": []}

    def add(self, entry, line):
        if entry.balance is None:
            self.known = False
            return
        if self.last is not None:
            if self.last.balance + entry.amount != entry.balance:
                self.breaks["forward"].append(line)
            if entry.balance + self.last.amount != self.last.balance:
                self.breaks["backward"].append(line)
        self.first, self.last = self.first or entry, entry

    @property
    def forward(self):
        later = self.first and self.first.booked_on > self.last.booked_on
        return len(self.breaks["forward"]) <= len(self.breaks["backward"]) and not (later and self.breaks["forward"])

    def ends(self):
        """(opening, closing) as the running balances tell them."""
        if not self.known or self.first is None:
            return None, None
        early, late = (self.first, self.last) if self.forward else (self.last, self.first)
        return early.balance - early.amount, late.balance

    def broken(self):
        return self.breaks["forward" if self.forward else "backward"] if self.known else []


def parts_of(stream):
    """The statements of a file, summed up while it is read."""
    part, line = None, 0
    for told in stream:
        if isinstance(told, Head):
            part = Part(told.account, told.currency, told.opening, told=told.told)
        elif isinstance(told, Entry):
            line += 1
            part.add(told, line)
        elif isinstance(told, Foot):
            part.end(told)
            yield part


def of_account(part, account):
    """Is this part of the file about the account, as far as it says?"""
    told = "".join(sign for sign in part.account.upper() if sign.isalnum() or sign == "*")
    if not told:
        return True
    if "*" in told:
        return account.number.endswith(told.rsplit("*", 1)[1])
    digits = ["".join(sign for sign in number if sign.isdigit()).lstrip("0") for number in (told, account.number)]
    short, long = sorted(digits, key=len)
    return bool(short) and short in long


def problems_of(parts, account):
    """[(key, params)] of what does not add up in the file by itself."""
    found = []
    for part in parts:
        found += _of_part(part)
    for before, after in pairwise(parts):
        if None not in (before.closing, after.opening) and before.closing != after.opening:
            found.append(("inside", {"opening": str(after.opening), "closing": str(before.closing)}))
    if any(part.count and part.opening is None and part.closing is None for part in parts):
        found.append(("no_balance", {}))
    return found


def _of_part(part):
    if not part.complete:
        yield "truncated", {}
    if part.told is not None and part.told != part.count:
        yield "count", {"told": part.told, "found": part.count}
    if part.running.broken():
        yield "running", {"count": len(part.running.broken()), "line": part.running.broken()[0]}
    if None not in (part.opening, part.closing) and part.opening + part.sum != part.closing:
        told = {"opening": part.opening, "sum": part.sum, "found": part.opening + part.sum, "closing": part.closing}
        yield "sum", {key: str(value) for key, value in told.items()}


def continuity(account, opening, closing, first, last):
    """Does the statement go on where those before it ended, or end where those after it begin?"""
    if opening is None or account.opening_balance is None or first is None:
        return []
    lines = account.lines.all()
    expected = account.balance_before(first)
    reached = expected + sum(lines.filter(booked_on=first).values_list("amount", flat=True))
    if opening in (expected, reached):
        return []
    if closing == account.opening_balance and not lines.filter(booked_on__lt=last).exists():
        return []
    earlier = account.statements.filter(status=BankStatement.Status.IMPORTED, closing=opening, last_day__gte=first)
    if earlier.filter(Q(last_day=first) | Q(first_day__lte=first)).exists():
        return []
    return [("gap", {"opening": str(opening), "expected": str(expected)})]


def twins(statement, keys, entries):
    """How many of these entries are not known, but look like lines of another format on the same day."""
    others = BankLine.objects.filter(
        account=statement.account, booked_on__in={entry.booked_on for entry in entries}
    ).exclude(statement__format=statement.format)
    known = set(others.filter(key__in=keys).values_list("key", flat=True))
    there = {}
    for day, amount in others.values_list("booked_on", "amount"):
        there[day, amount] = there.get((day, amount), 0) + 1
    count = 0
    for key, entry in zip(keys, entries, strict=True):
        if key not in known and there.get((entry.booked_on, entry.amount), 0) > 0:
            there[entry.booked_on, entry.amount] -= 1
            count += 1
    return count


def told(problems):
    """The problems in words, with whether each is a reason to stop."""
    return [{"key": key, "text": PROBLEMS[key] % params, "serious": key not in NOTES} for key, params in problems]


def serious(problems):
    return [problem for problem in problems if problem[0] not in NOTES]
