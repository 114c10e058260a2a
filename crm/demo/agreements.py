"""Contracts: drafted, reviewed, signed, sometimes amended or ended early, and closed."""

from datetime import timedelta
from decimal import Decimal

from contracts.models import Amendment, AmendmentLine, Contract, ContractLine, Instalment, Order, OrderLine
from crm import money
from crm.access import SYSTEM, Role
from crm.demo import texts
from crm.demo.deliveries import fulfil
from crm.demo.receivables import collect

PLANS = (  # weight, ((per cent, days after signing, label), …)
    (45, ((30, 5, "预付款"), (40, 40, "到货款"), (30, 75, "验收款"))),
    (20, ((50, 5, "预付款"), (50, 60, "验收款"))),
    (20, ((30, 5, "预付款"), (60, 50, "到货验收款"), (10, 180, "质保金"))),
    (15, ((100, 25, "全款"),)),
)
LINE = ("product", "description", "quantity", "unit_price", "discount_percent", "tax_rate")


def copied(line, model, **more):
    """A line of a later document: same product, quantity and price, hence the same amounts."""
    kept = {name: getattr(line, name) for name in (*LINE, "position", "net", "tax", "gross")}
    return model(**kept, **more)


def agree(thread, deal, quote):
    """From the accepted quote to the signed contract, and everything a contract brings about."""
    contract = _draft(thread, deal, quote)
    _review(thread, deal, contract)
    thread.wait(1, 7)
    if thread.suffers(0.02):
        return _give_up(thread, deal, contract)
    _sign(thread, deal, contract)
    if thread.suffers(0.03) and contract.instalments_told[0].due_on > thread.day + timedelta(days=15):
        return _terminate(thread, deal, contract)
    _carry_out(thread, deal, contract)


def _draft(thread, deal, quote):
    story = thread.story
    thread.wait(0.3, 2)
    author = deal.people(thread, Role.SALES_SUPPORT)
    contract = Contract(
        quote=quote, opportunity=deal.opportunity, case=deal.opportunity.case, customer=deal.customer, owner=deal.rep,
        contact=deal.contact, title=deal.opportunity.name, currency=quote.currency, rate=quote.rate, terms=quote.terms,
        promised_on=thread.day + timedelta(days=story.random.randrange(35, 60)), net=quote.net, tax=quote.tax,
        gross=quote.gross, starts_on=thread.day + timedelta(days=7),
    )  # fmt: skip
    lines = [copied(line, ContractLine, contract=contract) for line in quote.parts]
    plan = _plan(thread, contract)
    contract.lines_told, contract.instalments_told = lines, plan
    thread.create(contract, author, parts=[*lines, *plan])
    thread.log(
        quote, "draft_contract", author, was=quote.status, now=quote.status,
        data={"contract": contract, "text": contract.title},
    )  # fmt: skip
    return contract


def _plan(thread, contract):
    """The payment plan; its parts sum to the total to the cent."""
    parts = thread.story.random.choices([parts for _weight, parts in PLANS], [weight for weight, _parts in PLANS])[0]
    start = thread.day + timedelta(days=7)
    amounts = money.split(contract.gross, [share for share, _days, _label in parts], contract.currency)
    return [
        Instalment(contract=contract, position=at, label=label, due_on=start + timedelta(days=days), amount=amount)
        for at, ((_share, days, label), amount) in enumerate(zip(parts, amounts, strict=True), start=1)
    ]


def _review(thread, deal, contract):
    """Finance looks at the terms, and sends some back once."""
    thread.wait(0.2, 1.5)
    while True:
        contract.submitted_by = deal.rep
        thread.move(contract, "submit", deal.rep)
        thread.wait(0.3, 2.5)
        reviewer = thread.story.random.choice(thread.story.people.by_role[Role.FINANCE])
        if not thread.suffers(0.16):
            return thread.move(contract, "approve", reviewer)
        thread.move(contract, "return", reviewer, reason=thread.story.random.choice(texts.CONTRACT_RETURNED))
        thread.wait(0.3, 2)


def _give_up(thread, deal, contract):
    """Never signed: void, and the deal lost."""
    quote, contract.quote = contract.quote, None
    thread.move(contract, "void", deal.rep, reason="客户最终未签", data={"quote": quote})
    opportunity = deal.opportunity
    opportunity.held_from, opportunity.closed_at, opportunity.lost_reason = opportunity.status, thread.at, "no_decision"
    thread.move(
        opportunity, "lose", deal.rep, reason=texts.LOST_WORDS["no_decision"], data={"lost_reason": "no_decision"}
    )


def _sign(thread, deal, contract):
    """Both sides sign, and the deal is won."""
    contract.signed_on = thread.day
    thread.move(contract, "sign", deal.rep, data={"signed_on": str(contract.signed_on)})
    opportunity = deal.opportunity
    opportunity.held_from, opportunity.closed_at = opportunity.status, thread.at
    opportunity.last_activity_at = thread.at
    thread.move(opportunity, "win", SYSTEM)


def draft_order(thread, deal, contract, lines):
    order = Order(
        contract=contract, case=contract.case, customer=deal.customer, owner=deal.rep, currency=contract.currency,
        rate=contract.rate, promised_on=contract.promised_on,
        ship_to=f"{deal.customer.region}，收货人 {deal.contact.name}",
    )  # fmt: skip
    order.lines_told = [copied(line, OrderLine, order=order, contract_line=line) for line in lines]
    money.total(order, order.lines_told)
    return thread.create(order, deal.rep, parts=order.lines_told)


def _terminate(thread, deal, contract):
    """Ended before anything was delivered or billed."""
    order = draft_order(thread, deal, contract, contract.lines_told)
    thread.wait(2, 9)
    reason = thread.story.random.choice(texts.TERMINATED)
    amounts = {"net": str(contract.net), "gross": str(contract.gross)}
    thread.move(contract, "terminate", deal.people(thread, Role.MANAGER), reason=reason, data=amounts)
    thread.move(order, "cancel", SYSTEM, reason=reason)


def _carry_out(thread, deal, contract):
    """Delivery and payment run side by side; when both are through, the file is closed."""
    orders = [thread.aside(_amend, deal, contract)] if thread.suffers(0.06) or thread.bound_for("amendment") else []
    orders.append(thread.aside(_deliver, deal, contract))
    paid = thread.aside(collect, deal, contract)
    if not all(orders):
        return
    last = thread.fork()
    last.sleep_until(max(orders))
    last.wait(0.5, 4)
    last.move(contract, "fulfil", last.story.random.choice(last.story.people.by_role[Role.OPERATIONS]))
    if paid:
        last.sleep_until(paid)
        last.wait(1, 6)
        last.move(contract, "close", last.story.random.choice(last.story.people.by_role[Role.FINANCE]))


def _deliver(thread, deal, contract):
    """The order, from draft to completion; a content customer will come back."""
    order = draft_order(thread, deal, contract, list(contract.lines_told[: len(contract.quote.parts)]))
    fulfil(thread, deal, order)
    if thread.story.chance(0.75):
        deal.content_since = thread.at


def _amend(thread, deal, contract):
    """The customer wants more: a further line, its own instalment and its own order, once finance agrees."""
    story = thread.story
    thread.wait(6, 25)
    reason = story.random.choice(texts.AMENDED)
    first = contract.lines_told[0]
    extra = copied(first, ContractLine, contract=contract)
    extra.quantity = Decimal(max(1, round(float(first.quantity) * 0.3)))
    extra.position = len(contract.lines_told) + 1
    money.price_line(extra, contract.currency)
    amendment = _amendment(thread, deal, contract, extra, reason)
    amendment.submitted_by = deal.rep
    thread.wait(0.2, 1)
    thread.move(amendment, "submit", deal.rep)
    thread.wait(0.5, 3)
    finance = story.random.choice(story.people.by_role[Role.FINANCE])
    amendment.approved_on = thread.day
    before = [{name: str(getattr(line, name)) for name in LINE[2:]} for line in contract.lines_told]
    thread.move(amendment, "approve", finance)
    _take_over(contract, amendment, extra)
    data = {"amendment": amendment, "delta": str(amendment.delta), "delta_net": str(amendment.delta_net)}
    thread.move(contract, "amend", finance, reason=reason, data=data | {"lines_before": before})
    fulfil(thread, deal, draft_order(thread, deal, contract, [extra]))


def _amendment(thread, deal, contract, extra, reason):
    amendment = Amendment(
        contract=contract, case=contract.case, customer=deal.customer, owner=deal.rep, currency=contract.currency,
        rate=contract.rate, reason=reason, due_on=thread.day + timedelta(days=40), delta_net=extra.net,
        delta=extra.gross,
    )  # fmt: skip
    lines = [
        copied(line, AmendmentLine, amendment=amendment, contract_line=line if line is not extra else None)
        for line in [*contract.lines_told, extra]
    ]
    money.total(amendment, lines)
    return thread.create(amendment, deal.people(thread, Role.SALES_SUPPORT), parts=lines)


def _take_over(contract, amendment, extra):
    """The contract follows: line, total and plan."""
    instalment = Instalment(
        contract=contract, position=len(contract.instalments_told) + 1, label="增补款", due_on=amendment.due_on,
        amount=amendment.delta,
    )  # fmt: skip
    contract.lines_told.append(extra)
    contract.instalments_told.append(instalment)
    contract.parts += [extra, instalment]
    contract.net, contract.tax = contract.net + extra.net, contract.tax + extra.tax
    contract.gross = contract.net + contract.tax
