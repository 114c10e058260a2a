"""Invoices and the money for them: punctual customers, slow ones, and those who have to be chased."""

from datetime import timedelta
from decimal import Decimal

from billing.models import Allocation, CreditNote, Invoice, InvoiceLine, Payment, Refund, WriteOff
from crm import clock, money
from crm.access import SYSTEM, Role
from crm.demo import booking, texts
from crm.demo.story import Today

REMIND_DAYS = 3  # a job requests what falls due within these days and nobody has requested
PAYMENT_DAYS = 30
REFUND = ("payment", "refund asked")
GIVEN_UP = 0.45  # of what is never paid
HOPELESS_DAYS = (150, 240)  # past due, before finance gives up
FEE = Decimal("28.50")  # what the bank keeps of a payment from abroad
HABITS = {  # weight, days late from and to, share that never pays so far, share paid in parts
    "punctual": (55, -4, 2, 0.0, 0.05),
    "slow": (33, 3, 32, 0.0, 0.2),
    "bad": (12, 35, 130, 0.25, 0.45),
}


def collect(thread, deal, contract):
    """Every instalment of the plan is billed and paid, each on its own line; ends when the last is paid."""
    if not hasattr(deal.customer, "habit"):
        names, weights = list(HABITS), [habit[0] for habit in HABITS.values()]
        deal.customer.habit = thread.story.random.choices(names, weights)[0]
    ends = [thread.aside(_bill, deal, contract, part) for part in contract.instalments_told]
    if not all(ends):
        raise Today
    thread.sleep_until(max(ends))


def _bill(thread, deal, contract, instalment):
    """One instalment: requested, approved, issued, sent, paid."""
    invoice = _request(thread, deal, contract, instalment)
    _approve(thread, deal, invoice)
    _issue(thread, invoice)
    if thread.suffers(0.012):
        invoice = _void(thread, deal, contract, instalment, invoice)
    _send(thread, deal, invoice)
    if thread.suffers(0.012):
        invoice = _reverse(thread, deal, contract, instalment, invoice)
    if thread.suffers(0.02):
        _credit(thread, deal, invoice)
    _get_paid(thread, deal, invoice)


def _request(thread, deal, contract, instalment, *, again=False):
    """By sales or support ahead of time, else by the morning's job shortly before it is due."""
    story = thread.story
    morning = clock.day_start(instalment.due_on - timedelta(days=REMIND_DAYS)) + timedelta(hours=6, minutes=30)
    due_on = None
    if again:
        by = deal.people(thread, Role.SALES_SUPPORT)
    elif story.chance(0.55):
        early = morning - timedelta(days=story.random.uniform(0.8, 6))
        thread.sleep_until(min(story.at_work(max(early, thread.at)), max(morning, thread.at)), working=False)
        by = story.random.choice((deal.rep, deal.people(thread, Role.SALES_SUPPORT)))
    else:
        thread.sleep_until(morning, working=False)
        by, due_on = SYSTEM, instalment.due_on
    invoice = Invoice(
        contract=contract, instalment=instalment, case=contract.case, customer=deal.customer, owner=deal.rep,
        currency=contract.currency, rate=story.catalogue.rate(contract.currency, thread.day), due_on=due_on,
        billing_title=deal.customer.title, submitted_by=by if by.pk else None,
        tax_type=story.random.choice(("electronic", "electronic", "special")),
    )  # fmt: skip
    return thread.create(invoice, by, parts=_lines(invoice, contract, instalment))


def _lines(invoice, contract, instalment):
    """One line per tax rate, to the cent of the instalment."""
    shares = {}
    for line in contract.lines_told:
        shares[line.tax_rate] = shares.get(line.tax_rate, Decimal(0)) + line.gross
    rates = sorted(rate for rate, share in shares.items() if share)
    parts = money.split(instalment.amount, [shares[rate] for rate in rates], contract.currency)
    words = f"{contract.title} · {instalment.label}"
    lines = [
        _line(invoice, at, words, rate, gross)
        for at, (rate, gross) in enumerate(zip(rates, parts, strict=True), start=1) if gross
    ]  # fmt: skip
    money.total(invoice, lines)
    return lines


def _line(invoice, position, words, rate, gross):
    net = gross - money.rounded(gross * rate / (money.HUNDRED + rate), invoice.currency)
    line = InvoiceLine(
        invoice=invoice, position=position, description=words, quantity=Decimal(1), unit_price=net, tax_rate=rate,
        discount_percent=Decimal(0), agreed_gross=gross,
    )  # fmt: skip
    return money.price_line(line, invoice.currency)


def _clerk(thread):
    return thread.story.random.choice(thread.story.people.by_role[Role.FINANCE])


def _approve(thread, deal, invoice):
    while True:
        thread.wait(0.2, 1.5)
        clerk = _clerk(thread)
        if not thread.suffers(0.05):
            break
        invoice.returned_reason = thread.story.random.choice(texts.INVOICE_RETURNED)
        thread.move(invoice, "return", clerk, reason=invoice.returned_reason)
        thread.wait(0.2, 1)
        author = deal.people(thread, Role.SALES_SUPPORT)
        was, invoice.returned_reason = invoice.returned_reason, ""
        invoice.version += 1
        thread.log(invoice, "changed", author, data={"changes": {"returned_reason": [was, ""]}})
    thread.move(invoice, "approve", clerk)


def _issue(thread, invoice):
    """From now on it has its number and never changes; it is written down as of this moment."""
    thread.wait(0.05, 1)
    title = invoice.billing_title
    invoice.issued_on, invoice.rate = thread.day, thread.story.catalogue.rate(invoice.currency, thread.day)
    invoice.due_on = max(invoice.due_on or thread.day + timedelta(days=PAYMENT_DAYS), thread.day)
    invoice.buyer = {name: getattr(title, name) for name in ("title", "tax_number", "address", "bank_account")}
    invoice.told_at = thread.at
    clerk = _clerk(thread)
    booking.issue(thread, invoice, clerk)
    thread.move(invoice, "issue", clerk)


def _send(thread, deal, invoice):
    thread.wait(0.02, 0.6)
    invoice.sent_at = thread.at
    thread.move(invoice, "send", _clerk(thread), data={"text": deal.customer.title.email})


def _void(thread, deal, contract, instalment, invoice):
    """Found wrong on the same day, and made anew."""
    later = thread.at + timedelta(minutes=25)
    thread.sleep_until(later, working=False)
    invoice.voided_on = thread.day
    clerk = _clerk(thread)
    booking.void(thread, invoice, clerk)
    thread.move(invoice, "void", clerk, reason=texts.VOIDED)
    return _again(thread, deal, contract, instalment)


def _again(thread, deal, contract, instalment):
    thread.wait(0.05, 0.5)
    invoice = _request(thread, deal, contract, instalment, again=True)
    _approve(thread, deal, invoice)
    _issue(thread, invoice)
    return invoice


def _reverse(thread, deal, contract, instalment, invoice):
    """Sent to the wrong name: taken back in full, and made anew."""
    thread.wait(2, 6)
    _take_back(thread, deal, invoice, invoice.gross, invoice.tax, texts.REVERSED)
    invoice = _again(thread, deal, contract, instalment)
    _send(thread, deal, invoice)
    return invoice


def _credit(thread, deal, invoice):
    """A part is given up."""
    thread.wait(2, 9)
    amount = money.rounded(invoice.gross * Decimal(thread.story.random.randrange(3, 12)) / 100, invoice.currency)
    tax = money.rounded(invoice.tax * amount / invoice.gross, invoice.currency)
    _take_back(thread, deal, invoice, amount, tax, thread.story.random.choice(texts.CREDITED))
    invoice.credited_told = amount


def _take_back(thread, deal, invoice, amount, tax, reason):
    clerk = _clerk(thread)
    note = CreditNote(
        invoice=invoice, case=invoice.case, customer=deal.customer, owner=deal.rep, amount=amount, net=amount - tax,
        tax=tax, reason=reason, issued_on=thread.day,
    )  # fmt: skip
    thread.create(note, clerk)
    thread.sleep_until(thread.at + timedelta(minutes=3), working=False)
    note.issued_on, note.told_at = thread.day, thread.at
    booking.credit(thread, note, clerk)
    thread.move(note, "issue", clerk)
    if amount == invoice.gross:
        thread.move(invoice, "reverse", clerk, reason=reason)


# Money


def _get_paid(thread, deal, invoice):
    """When and how the customer pays, by habit; who is late is chased."""
    random = thread.story.random
    _weight, low, high, never, parts = HABITS[deal.customer.habit]
    late = random.randint(low, high)
    owed = invoice.gross - getattr(invoice, "credited_told", 0)
    hopeless = random.random() < never
    late += 400 if hopeless else 0
    if thread.bound_for("writeoff") or (hopeless and thread.suffers(GIVEN_UP)):
        return _give_up(thread, deal, invoice, owed)
    amounts = [owed]
    if thread.story.chance(parts):
        amounts = money.split(owed, [random.choice((30, 40, 50, 60)), 50], invoice.currency)
    paid_on = max(clock.day_start(invoice.due_on + timedelta(days=late)), thread.at)
    _chase(thread, invoice, paid_on)
    for amount in amounts:
        thread.sleep_until(paid_on)
        _pay(thread, deal, invoice, amount)
        paid_on = thread.at + timedelta(days=random.randint(12, 45))
        if amount is not amounts[-1]:
            _chase(thread, invoice, paid_on)


def _give_up(thread, deal, invoice, owed):
    """Nothing comes: finance asks to write it off, the general manager agrees."""
    given_up = clock.day_start(invoice.due_on + timedelta(days=thread.story.random.randint(*HOPELESS_DAYS)))
    _chase(thread, invoice, given_up)
    thread.sleep_until(given_up)
    clerk, boss = _clerk(thread), thread.story.people.boss
    row = WriteOff(
        invoice=invoice, case=invoice.case, customer=deal.customer, owner=deal.rep, amount=owed, reason=texts.HOPELESS,
        submitted_by=clerk,
    )  # fmt: skip
    thread.log(invoice, "write_off", clerk, was=invoice.status, now=invoice.status, reason=row.reason)
    thread.create(row, clerk)
    thread.wait(1, 6)
    row.written_off_on, row.decided_by = thread.day, boss
    booking.write_off(thread, row, boss)
    thread.move(row, "approve", boss)


def _chase(thread, invoice, until):
    """Finance calls every few weeks while the invoice is overdue."""
    day = clock.day_start(invoice.due_on + timedelta(days=9))
    while day < until:
        if day > thread.at:
            thread.sleep_until(day)
            thread.follow_up(invoice, _clerk(thread), "call", thread.story.random.choice(texts.DUNNING))
            task = thread.promise(invoice, _clerk(thread), "再次催款", 14)
            thread.wait(8, 15)
            thread.keep(task)
        day += timedelta(days=21)


def _pay(thread, deal, invoice, amount):
    """The bank shows it; finance books it, or sales claims it and finance confirms. Cheques may bounce once."""
    story = thread.story
    too_much = thread.suffers(0.03) or thread.fate.stop == REFUND
    extra = Decimal(500) if too_much else Decimal(0)
    by_cheque = thread.suffers(0.03)
    payment = _register(thread, deal, invoice, amount + extra, "cheque" if by_cheque else "transfer")
    clerk = _confirm(thread, payment, invoice, amount)
    if by_cheque and story.chance(0.5):
        thread.wait(1, 4)
        _allocate(thread, payment, invoice, -amount, clerk)
        payment.undone_on = thread.day
        booking.bounce(thread, payment, clerk)
        thread.move(payment, "bounce", clerk, reason=texts.BOUNCED)
        thread.wait(3, 15)
        payment = _register(thread, deal, invoice, amount + extra, "transfer")
        clerk = _confirm(thread, payment, invoice, amount)
    if extra and (story.chance(0.6) or thread.fate.stop == REFUND):
        thread.aside(_give_back, payment, extra, clerk)


def _register(thread, deal, invoice, amount, method):
    story = thread.story
    received = thread.day
    by = deal.rep if story.chance(0.35) or thread.fate.stop == ("payment", "registered") else _clerk(thread)
    thread.wait(0.05, 1.5)
    number = story.next("payment")
    payment = Payment(
        invoice=invoice, case=invoice.case, customer=deal.customer, owner=deal.rep, amount=amount,
        currency=invoice.currency, rate=story.catalogue.rate(invoice.currency, received), method=method,
        received_on=received, reference=f"{received:%Y%m%d}{number:07d}", payer=deal.customer.name, submitted_by=by,
        bank_fee=FEE if story.catalogue.rate(invoice.currency, received) != 1 else Decimal(0),
    )  # fmt: skip
    return thread.create(payment, by)


def _confirm(thread, payment, invoice, amount):
    clerk = payment.submitted_by
    if Role.FINANCE in clerk.roles:
        thread.sleep_until(thread.at + timedelta(seconds=2), working=False)
    else:
        clerk = _clerk(thread)
        thread.wait(0.2, 2)
    booking.receive(thread, payment, clerk)
    thread.move(payment, "confirm", clerk)
    _allocate(thread, payment, invoice, amount, clerk, payment.received_on)
    return clerk


def _allocate(thread, payment, invoice, amount, clerk, day=None):
    row = Allocation(
        payment=payment, invoice=invoice, amount=amount, paid=amount, allocated_on=day or thread.day, created_by=clerk,
        created_at=thread.at,
    )  # fmt: skip
    booking.allocate(thread, row, clerk)
    thread.story.ledger.add(row, thread.at)


def _give_back(thread, payment, extra, clerk):
    """Too much was paid: finance asks to return it, the general manager approves."""
    thread.wait(2, 12)
    payment.refund_asked, payment.refund_reason, payment.refund_asked_by = extra, texts.REFUNDED, clerk
    amount = {"amount": str(extra), "text": str(extra)}
    thread.move(payment, "request_refund", clerk, reason=texts.REFUNDED, data=amount)
    thread.reach(*REFUND)
    thread.wait(0.5, 3)
    boss = thread.story.people.boss
    payment.refund_asked = Decimal(0)
    rate = thread.story.catalogue.rate(payment.currency, thread.day)
    refund = Refund(payment=payment, amount=extra, rate=rate, refunded_on=thread.day, approved_by=boss)
    booking.refund(thread, refund, boss)
    thread.story.ledger.add(refund, thread.at)
    thread.move(payment, "refund", boss, to=payment.status, data=amount)
