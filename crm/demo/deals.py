"""Opportunities and their quotes: how a deal is pursued, won or lost."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from crm import money
from crm.access import CUSTOMER, SYSTEM, Role
from crm.demo import texts
from crm.demo.agreements import agree
from crm.demo.catalogue import REPEATS
from crm.demo.story import Fate, Thread
from crm.models import Contact, Customer, User
from opportunities.models import Opportunity, Quote, QuoteLine
from opportunities.stages import STAGES

QUOTE_DAYS = 30
FREE_DISCOUNT = 10  # per cent sales may give without approval
LOSSES = {"price": 26, "competitor": 24, "no_budget": 18, "no_decision": 20, "product": 7, "other": 5}


@dataclass
class Deal:
    """What the tellers of later stages need to know."""

    opportunity: Opportunity
    customer: Customer
    contact: Contact
    rep: User
    region: str
    currency: str
    lines: tuple
    content_since: datetime | None = None  # when everything was delivered to the customer's content

    def people(self, thread, role):
        """Somebody of the role in the deal's own region."""
        return thread.story.random.choice(thread.story.people.in_region[role, self.region])


def deal(thread, prospect, customer):
    """The opportunity a lead is converted into, and all that follows from it."""
    lead = prospect.lead
    _weight, name, _need, lines = prospect.bundle
    opened = _open(thread, customer, lead.owner, prospect.region, prospect.currency, name, lines, lead)
    thread.move(lead, "convert", lead.owner, data={"text": str(opened.opportunity), "opportunity": opened.opportunity})
    pursue(thread, opened)


def come_back(thread, earlier):
    """A customer who is content buys again, or renews after a year: a new case, without a lead."""
    _weight, name, (soonest, latest), lines = thread.story.random.choices(REPEATS, [entry[0] for entry in REPEATS])[0]
    thread.wait(soonest, latest)
    pursue(thread, _open(thread, earlier.customer, earlier.rep, earlier.region, earlier.currency, name, lines))


def _open(thread, customer, rep, region, currency, name, lines, lead=None):
    story = thread.story
    expected = sum(story.catalogue.products[sku].price * (low + high) / 2 for sku, low, high in lines)
    rate = story.catalogue.rate(currency, thread.day)
    amount = Decimal(round(expected / rate * Decimal(story.random.uniform(0.75, 1.25)) / 1000) * 1000)
    opportunity = Opportunity(
        lead=lead, case=lead.case if lead else thread.case(customer), customer=customer, contact=customer.buyer,
        owner=rep, name=f"{short(customer)} {name}", amount=amount, currency=currency, rate=rate,
        expected_close_on=thread.day + timedelta(days=story.random.randrange(40, 90)), need=lead.need if lead else "",
        last_activity_at=thread.at,
    )  # fmt: skip
    thread.create(opportunity, rep)
    return Deal(opportunity, customer, customer.buyer, rep, region, currency, lines)


def short(customer):
    """What people call the customer: city and brand, or the first word of a foreign name."""
    return customer.name.split()[0] if customer.name.isascii() else customer.name[:4]


def pursue(thread, deal):
    """Stage by stage to a signed contract, unless it is lost on the way."""
    _visit(thread, deal)
    if not thread.wins(0.87):
        return _lose(thread, deal)
    _go(thread, deal, "needs")
    _visit(thread, deal)
    if thread.suffers(0.06):
        _hold(thread, deal)
    if not thread.wins(0.78):
        return _lose(thread, deal)
    _go(thread, deal, "proposal")
    quote = _offer(thread, deal)
    if quote is None:
        return _lose(thread, deal)
    thread.aside(agree, deal, quote)
    if deal.content_since:
        come_back(Thread(thread.story, deal.content_since, Fate(knows_us=True)), deal)


def _go(thread, deal, stage):
    thread.move(deal.opportunity, "move", deal.rep, to=stage)
    deal.opportunity.last_activity_at = thread.at


def _visit(thread, deal):
    """A talk or two with the customer, each with its next step."""
    random = thread.story.random
    for _talk in range(random.choice((1, 1, 2))):
        thread.wait(1, 5)
        task = talk(thread, deal.opportunity, deal.rep, texts.DEAL_CALLS)
        thread.wait(2, 9)
        thread.keep(task)


def talk(thread, record, rep, summaries):
    """A follow-up, often with a next step; some next steps are promised for sooner than they are done."""
    random = thread.story.random
    thread.follow_up(record, rep, random.choice(texts.KINDS), random.choice(summaries))
    if not thread.story.chance(0.7):
        return None
    return thread.promise(record, rep, random.choice(texts.NEXT_STEPS), random.randrange(2, 9))


def _hold(thread, deal):
    opportunity = deal.opportunity
    opportunity.held_from = opportunity.status
    thread.move(opportunity, "hold", deal.rep, reason=thread.story.random.choice(texts.HELD))
    thread.wait(20, 70)
    thread.move(opportunity, "resume", deal.rep, to=opportunity.held_from)
    opportunity.held_from = ""


def _lose(thread, deal):
    opportunity, random = deal.opportunity, thread.story.random
    thread.wait(3, 20)
    reason = random.choices(list(LOSSES), list(LOSSES.values()))[0]
    opportunity.held_from, opportunity.closed_at = opportunity.status, thread.at
    opportunity.lost_reason = reason
    opportunity.competitor = random.choice(texts.COMPETITORS) if reason in ("price", "competitor") else ""
    thread.move(
        opportunity, "lose", deal.rep, reason=texts.LOST_WORDS[reason],
        data={"lost_reason": reason, "text": opportunity.competitor},
    )  # fmt: skip


# Quotes


def _offer(thread, deal):
    """Have a quote drafted, approved and sent; the accepted one, or None."""
    _ask_for_draft(thread, deal)
    quote = _draft(thread, deal)
    for _version in range(3):
        _release(thread, deal, quote)
        answer = _answer(thread, deal, quote)
        if answer == "accept":
            return quote
        if answer == "lose":
            return None
        thread.wait(0.5, 3)
        quote = _revise(thread, deal, quote)
    return None


def _ask_for_draft(thread, deal):
    opportunity, support = deal.opportunity, deal.people(thread, Role.SALES_SUPPORT)
    thread.wait(0.2, 2)
    opportunity.quote_asked_at, opportunity.quote_asked_of = thread.at, support
    opportunity.quote_due_on = thread.day + timedelta(days=2)
    thread.move(opportunity, "request_quote", deal.rep, data={"asked": support, "text": str(support)})
    task = thread.promise(opportunity, support, f"起草报价：{opportunity.name}", 2)
    thread.reach("opportunity", "quote asked")
    thread.wait(0.3, 2.5)
    thread.keep(task)
    opportunity.quote_asked_at = opportunity.quote_asked_of = opportunity.quote_due_on = None


def _draft(thread, deal, version_of=None, cut=0):
    opportunity = deal.opportunity
    lines = [_line(thread, deal, wanted, cut) for wanted in deal.lines] if version_of is None else [
        _cheaper(line, cut) for line in version_of.parts
    ]  # fmt: skip
    quote = Quote(
        opportunity=opportunity, case=opportunity.case, customer=deal.customer, contact=deal.contact, owner=deal.rep,
        currency=deal.currency, rate=thread.story.catalogue.rate(deal.currency, thread.day), version_of=version_of,
        revision=version_of.revision + 1 if version_of else 1, valid_until=thread.day + timedelta(days=QUOTE_DAYS),
        terms="含税价，上海工厂交货。质保 12 个月。",
    )  # fmt: skip
    price(quote, lines, "quote")
    thread.create(quote, deal.people(thread, Role.SALES_SUPPORT), parts=lines)
    opportunity.last_activity_at = thread.at
    return quote


def price(document, lines, link):
    """Price and number the lines, and sum them into their document."""
    for position, line in enumerate(lines, start=1):
        line.position = position
        setattr(line, link, document)
        money.price_line(line, document.currency)
    money.total(document, lines)


def _line(thread, deal, wanted, cut):
    sku, low, high = wanted
    story = thread.story
    product = story.catalogue.products[sku]
    rate = story.catalogue.rate(deal.currency, thread.day)
    unit_price = (product.price / rate).quantize(Decimal("0.01")) if deal.currency != "CNY" else product.price
    discount = story.random.choices((0, 5, 8, 10, 12, 15, 20), (34, 20, 12, 12, 9, 8, 5))[0]
    return QuoteLine(
        product=product, description=product.name, quantity=Decimal(story.random.randint(low, high)),
        unit_price=unit_price, discount_percent=Decimal(discount + cut),
        tax_rate=product.tax_rate if deal.currency == "CNY" else Decimal(0),
    )  # fmt: skip


def _cheaper(line, cut):
    kept = ("product", "description", "quantity", "unit_price", "tax_rate")
    discount = min(line.discount_percent + cut, Decimal(25))
    return QuoteLine(**{name: getattr(line, name) for name in kept}, discount_percent=discount)


def _release(thread, deal, quote):
    """Submitted; above the limit a manager decides, who sends some back first."""
    story = thread.story
    thread.wait(0.1, 1)
    largest = max(line.discount_percent for line in quote.parts)
    needs_manager = largest > FREE_DISCOUNT or thread.fate.stop == ("quote", "in_approval")
    if needs_manager and largest <= FREE_DISCOUNT:
        quote.parts[0].discount_percent = largest = Decimal(15)
        price(quote, quote.parts, "quote")
    while True:
        author = quote.submitted_by = deal.people(thread, Role.SALES_SUPPORT)
        if not needs_manager:
            return thread.move(quote, "submit", author)
        thread.move(quote, "submit", author, to=Quote.Status.IN_APPROVAL, data={"discount": str(largest)})
        thread.wait(0.3, 2)
        manager = deal.people(thread, Role.MANAGER)
        if not thread.suffers(0.15):
            return thread.move(quote, "approve", manager)
        thread.move(quote, "return", manager, reason=story.random.choice(texts.QUOTE_RETURNED))
        thread.wait(0.3, 1.5)


def _answer(thread, deal, quote):
    """Send the quote and wait: the customer accepts, asks for better, or is lost."""
    story, opportunity = thread.story, deal.opportunity
    thread.wait(0.1, 1)
    quote.sent_at = thread.at
    thread.move(quote, "send", deal.rep, data={"text": deal.contact.email})
    opportunity.last_activity_at = thread.at
    thread.wait(0.5, 3)
    quote.viewed_at = thread.at
    thread.log(quote, "viewed", CUSTOMER)
    thread.wait(1, 4)
    if opportunity.status == STAGES[2].key:
        _go(thread, deal, "negotiation")
    _visit(thread, deal)
    end = "accept" if thread.wins(0.62) else story.random.choices(("revise", "decline", "silence"), (50, 30, 20))[0]
    if end == "accept" and thread.day <= quote.valid_until:
        _accept(thread, deal, quote)
        return "accept"
    if end == "silence" or thread.day > quote.valid_until:
        _expire(thread, quote)
        return "lose"
    thread.move(quote, "decline", deal.rep, reason=story.random.choice(texts.QUOTE_DECLINED))
    return "revise" if end == "revise" else "lose"


def _accept(thread, deal, quote):
    by_link = thread.story.chance(0.6)
    name = deal.contact.name
    thread.move(quote, "accept", CUSTOMER if by_link else deal.rep, data={"text": name})
    if deal.opportunity.status != "contracting":
        thread.move(deal.opportunity, "move", CUSTOMER if by_link else deal.rep, to="contracting")
    deal.opportunity.last_activity_at = thread.at


def _expire(thread, quote):
    """The customer says nothing until the quote is no longer valid."""
    late = thread.at.replace(hour=1, minute=0) + timedelta(days=max((quote.valid_until - thread.day).days + 1, 1))
    thread.sleep_until(late, working=False)
    thread.log(quote, "expired", SYSTEM)


def _revise(thread, deal, quote):
    """A better offer takes the place of the declined one."""
    better = _draft(thread, deal, version_of=quote, cut=thread.story.random.choice((3, 5, 7)))
    thread.move(quote, "revise", deal.rep, data={"text": "新版本"})
    return better
