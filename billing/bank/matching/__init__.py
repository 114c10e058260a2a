"""Proposals for many lines at once: one to one, one to several, several to one, several to several.

Candidates are read in a fixed number of queries whatever the number of lines; the rest is arithmetic.
"""

from collections import defaultdict
from decimal import Decimal
from itertools import combinations

from billing.bank.booking import Booking, arrived
from billing.bank.matching.candidates import Candidates
from billing.bank.matching.evidence import gather
from billing.bank.matching.proposals import Proposal
from billing.bank.models import BankLine
from crm import money

__all__ = ["Proposal", "propose"]

SHOWN = 6  # proposals per line
FEE_MOST, FEE_SHARE = 60, Decimal("0.05")  # a fee is at most 60 units and five per cent
COMBINED = 25  # open invoices of a customer among which sums are tried
TOGETHER = 8  # waiting lines of a customer among which sums are tried
SOON = 7  # days around the due date
FEE_WORDS = ("手续费", "服务费", "管理费", "账户管理", "FEE", "CHARGE", "ENTGELT", "GEBÜHR", "KOSTEN", "COMMISSION")


def propose(lines):
    """{line key: [Proposal], best first} of waiting lines."""
    found = {}
    by_currency = defaultdict(list)
    for line in lines:
        by_currency[line.account.currency].append(line)
    for some in by_currency.values():
        found |= _propose(some)
    return found


def best(line):
    """The proposals of one line."""
    return propose([line])[line.pk]


def _propose(lines):
    siblings = _siblings(lines)
    everybody = {line.pk: line for line in [*siblings, *lines]}
    evidence = gather(everybody.values())
    known = Candidates(list(everybody.values()), evidence)
    fellows = _fellows(everybody.values(), evidence)
    return {line.pk: _ranked(_of_line(line, evidence[line.pk], known, fellows)) for line in lines}


def _siblings(lines):
    """Other waiting lines of the same payers: several receipts may be one invoice."""
    payers = {line.payer for line in lines if line.payer and line.amount > 0}
    rows = BankLine.objects.waiting().filter(
        account__in={line.account_id for line in lines}, payer__in=payers, amount__gt=0
    )
    return rows.select_related("account").order_by("booked_on", "pk")[: TOGETHER * max(len(payers), 1)]


def _fellows(lines, evidence):
    """{customer key: [line]} of the money in that has one known payer."""
    found = defaultdict(list)
    for line in lines:
        customers = evidence[line.pk].customers
        if line.amount > 0 and len(customers) == 1:
            found[next(iter(customers))].append(line)
    return found


def _ranked(proposals):
    """The best ones, each once; where two are equally good, both say that there is another."""
    unique = {}
    for proposal in proposals:
        known = unique.get(proposal.identity)
        if known is None or proposal.score > known.score:
            unique[proposal.identity] = proposal
    ranked = sorted(unique.values(), key=lambda proposal: -proposal.score)[:SHOWN]
    for proposal in ranked[1:]:
        if proposal.score == ranked[0].score:
            proposal.because("rival")
    if len(ranked) > 1 and ranked[1].reasons[-1][0] == "rival":
        ranked[0].because("rival")
        ranked.sort(key=lambda proposal: -proposal.score)
    return ranked


def _of_line(line, said, known, fellows):
    if line.amount < 0:
        yield from _outgoing(line, said, known)
        return
    claims = list(_claims(line, said, known))
    yield from claims
    for proposal in _of_invoices(line, said, known, fellows):
        yield _not_claimed_yet(proposal, claims)


def _of_invoices(line, said, known, fellows):
    """What would be registered anew."""
    named = _named(said, known)
    if named:
        yield from _by_number(line, said, named)
    for customer in said.customers:
        yield from _by_customer(line, said, known.of_customer.get(customer, []))
        yield from _several_lines(line, said, known.of_customer.get(customer, []), fellows[customer])
        yield from _as_credit(line, said, known, customer)
    if not named and not said.customers:
        yield from _by_amount(line, said, known)


def _not_claimed_yet(proposal, claims):
    """Where somebody registered just this money already, to register it again is the lesser choice."""
    booked = [(invoice.customer_id, invoice.pk) for invoice, _amount in proposal.booking.invoices]
    for claim in claims:
        for payment in claim.booking.payments:
            if any(payment.customer_id == who and payment.invoice_id in (None, what) for who, what in booked):
                return proposal.because("claimed", payment=payment)
    return proposal


def _named(said, known):
    """{invoice key: (invoice, number)} of the numbers in the memo."""
    return {
        invoice.pk: (invoice, number)
        for number in sorted(said.numbers & known.of_number.keys(), key=len)
        for invoice in known.of_number[number]
    }


def _who(proposal, said, customer):
    """Say how the payer is known to be this customer."""
    if reason := said.customers.get(customer.pk):
        proposal.because(reason, customer=customer)
    return proposal


def _when(proposal, line, invoice):
    if abs((line.booked_on - invoice.due_on).days) <= SOON:
        proposal.because("due", day=invoice.due_on.isoformat())
    return proposal


def _one(line, invoice, said):
    """One invoice: paid just so, but for a fee, in part, or with something left."""
    part = min(line.amount, invoice.balance)
    proposal = Proposal([line], Booking(invoices=[(invoice, part)]))
    missing = invoice.balance - line.amount
    if missing == 0:
        proposal.because("amount")
    elif _is_fee(missing, invoice.balance):
        proposal.booking = Booking(invoices=[(invoice, invoice.balance)], fee=missing)
        proposal.because("fee", fee=missing)
    elif missing > 0:
        proposal.because("partial")
    else:
        proposal.because("over", rest=-missing)
    return _when(_who(proposal, said, invoice.customer), line, invoice)


def _all_of(lines, invoices, said, reason, **params):
    proposal = Proposal(lines, Booking(invoices=[(invoice, invoice.balance) for invoice in invoices]))
    proposal.because(reason, **params)
    return _who(proposal, said, invoices[0].customer)


def _by_number(line, said, named):
    """The invoices the memo names, or those of the contract it names."""
    invoices = [invoice for invoice, _number in named.values()]
    for invoice, number in named.values():
        yield _one(line, invoice, said).because("number", number=number)
    if len(invoices) > 1 and len({invoice.customer_id for invoice in invoices}) == 1:
        numbers = ", ".join(dict.fromkeys(number for _invoice, number in named.values()))
        if sum(invoice.balance for invoice in invoices) == line.amount:
            yield _all_of([line], invoices, said, "total").because("number", number=numbers)


def _by_customer(line, said, invoices):
    """What the payer owes: one invoice, or several that sum to the amount, the oldest first."""
    equal = [invoice for invoice in invoices if invoice.balance == line.amount]
    for invoice in equal or invoices[:SHOWN]:
        yield _one(line, invoice, said)
    if equal:
        return
    for some in _summing(invoices[:COMBINED], line.amount):
        yield _all_of([line], some, said, "total")


def _summing(invoices, amount):
    """Invoices that together are the amount: the oldest ones, or any two or three."""
    sum_ = money.ZERO
    for count, invoice in enumerate(invoices, start=1):
        sum_ += invoice.balance
        if sum_ == amount and count > 1:
            yield invoices[:count]
            return
        if sum_ > amount:
            break
    smaller = [invoice for invoice in invoices if invoice.balance < amount]
    for size in (2, 3):
        for some in combinations(smaller, size):
            if sum(invoice.balance for invoice in some) == amount:
                yield list(some)
                return


def _several_lines(line, said, invoices, fellows):
    """Receipts of one payer that together are one invoice, or everything that is owed."""
    others = [fellow for fellow in fellows if fellow.pk != line.pk][:TOGETHER]
    balances = {invoice.balance: invoice for invoice in reversed(invoices)}
    for size in (1, 2, 3):
        for some in combinations(others, size):
            together = sorted([line, *some], key=lambda one: one.pk)
            total = sum(one.amount for one in together)
            if invoice := balances.get(total):
                yield _all_of(together, [invoice], said, "lines", count=len(together))
                return
            if len(invoices) > 1 and total == sum(invoice.balance for invoice in invoices):
                yield _all_of(together, invoices, said, "lines", count=len(together))
                return


def _as_credit(line, said, known, customer):
    """The payer is known and owes nothing."""
    if not known.of_customer.get(customer) and not known.claims_of_customer.get(customer):
        payer = known.customer[customer]
        yield _who(Proposal([line], Booking(customer=payer)).because("credit"), said, payer)


def _by_amount(line, said, known):
    """Nobody knows the payer: invoices of just this amount."""
    equal = known.of_amount.get(line.amount, [])
    for invoice in equal[:SHOWN]:
        proposal = _one(line, invoice, said)
        yield proposal.because("only") if len(equal) == 1 else proposal


def _claims(line, said, known):
    """What was registered before, by sales or without the bank."""
    same = known.claims_of_reference.get(line.reference) if line.reference else None
    if same is not None and arrived(same) == line.amount:
        yield _claim(line, same, said).because("reference")
    for number in said.numbers & known.claims_of_number.keys():
        payment = known.claims_of_number[number]
        if arrived(payment) == line.amount:
            yield _claim(line, payment, said).because("number", number=number)
    for payment in known.claims_of_amount.get(line.amount, []):
        if not said.customers or payment.customer_id in said.customers:
            yield _claim(line, payment, said)
    for customer in said.customers:
        for payment in known.claims_of_customer.get(customer, []):
            if _is_fee(arrived(payment) - line.amount, payment.amount) and payment.status == payment.Status.REGISTERED:
                yield _claim(line, payment, said, fee=arrived(payment) - line.amount)
        yield from _several_claims(line, said, known.claims_of_customer.get(customer, []))


def _is_fee(missing, amount):
    """Is this little enough to be what a bank keeps?"""
    return 0 < missing <= min(FEE_MOST, amount * FEE_SHARE)


def _claim(line, payment, said, fee=money.ZERO):
    proposal = Proposal([line], Booking(payments=[payment], fee=fee))
    proposal = proposal.because("fee", fee=fee) if fee else proposal.because("amount")
    _who(proposal, said, payment.customer)
    if number := _number_of(payment.invoice, said):
        proposal.because("number", number=number)
    if payment.submitted_by:
        proposal.because("claim", who=payment.submitted_by)
    days = abs((line.booked_on - payment.received_on).days)
    if days == 0:
        return proposal.because("day")
    return proposal.because("near", days=days) if days <= SOON else proposal


def _number_of(invoice, said):
    """Which of the invoice's numbers the line names."""
    numbers = {invoice.issued_number.upper(), invoice.number.upper()} if invoice else set()
    return next(iter(sorted(numbers & said.numbers)), "")


def _several_claims(line, said, payments):
    smaller = [payment for payment in payments if arrived(payment) < line.amount][:TOGETHER]
    for size in (2, 3):
        for some in combinations(smaller, size):
            if sum(arrived(payment) for payment in some) == line.amount:
                proposal = Proposal([line], Booking(payments=list(some))).because("total")
                yield _who(proposal, said, some[0].customer)
                return


def _outgoing(line, said, known):
    """Refunds of just this amount; what the bank charges is set aside."""
    for refund in known.refunds:
        if refund.amount == -line.amount:
            proposal = Proposal([line], Booking(refunds=[refund])).because("amount")
            yield _who(proposal, said, refund.payment.customer)
    words = f"{line.memo} {line.payer}".upper()
    if any(word in words for word in FEE_WORDS) and -line.amount <= 10 * FEE_MOST:
        yield Proposal([line], ignored_as=BankLine.IgnoredAs.FEE).because("words")
