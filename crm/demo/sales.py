"""How leads are worked, and what becomes of them."""

from datetime import timedelta
from decimal import Decimal

from crm.access import SYSTEM, Role
from crm.demo import texts
from crm.demo.deals import deal, talk
from crm.demo.marketing import phone, turn_up
from crm.demo.people import person_name
from crm.demo.story import Thread, Today
from crm.models import BillingTitle, Contact, Customer

RECYCLE_DAYS = 30
GRADES = {"now": "A", "quarter": "A", "year": "B"}


def chain(story, at, fate=None):
    """One chain, from the moment somebody turns up to wherever it has got by today."""
    thread = Thread(story, at, fate)
    try:
        prospect = turn_up(thread)
        rep = _find_owner(thread, prospect)
        if rep and _work(thread, prospect.lead, rep):
            _qualify(thread, prospect, rep)
            deal(thread, prospect, _convert(thread, prospect, rep))
    except Today:
        return


def _find_owner(thread, prospect):
    """The lead is claimed from the pool, or given to somebody by marketing; a few nobody wants."""
    lead, story = prospect.lead, thread.story
    if lead.owner:
        return lead.owner
    reps = story.people.in_region[Role.SALES, prospect.region]
    rep = thread.fate.rep or story.random.choice(reps)
    thread.wait(0.1, 2.5)
    if thread.suffers(0.04):
        return _nobody_wants(thread, lead)
    if story.chance(0.3):
        marketer = story.random.choice(story.people.by_role[Role.MARKETING])
        _hold(thread, lead, rep)
        thread.move(lead, "assign", marketer, data={"owner": rep, "text": str(rep)})
    else:
        _hold(thread, lead, rep)
        thread.move(lead, "claim", rep)
    return rep


def _hold(thread, lead, rep):
    lead.owner, lead.assigned_at, lead.last_contact_at, lead.returned_reason = rep, thread.at, thread.at, ""


def _nobody_wants(thread, lead):
    thread.wait(20, 60)
    marketer = thread.story.random.choice(thread.story.people.by_role[Role.MARKETING])
    _disqualify(thread, lead, marketer)


def _disqualify(thread, lead, by):
    lead.disqualified_reason = thread.story.random.choice(texts.DISQUALIFIED)
    thread.move(lead, "disqualify", by, reason=lead.disqualified_reason)


def worth_pursuing(leads):
    """The share of contacted leads that qualify: the more leads a company gets, the choosier it is."""
    return min(0.42, 0.38 * (1200 / leads) ** 0.25)


def _work(thread, lead, rep):
    """Contact the lead until it is clear what it is worth; True when it is worth pursuing."""
    story = thread.story
    if thread.suffers(0.07):
        return _forget(thread, lead)
    thread.wait(0.05, 1.8)
    thread.move(lead, "contact", rep)
    for _touch in range(story.random.choice((1, 1, 1, 2, 3))):
        task = talk(thread, lead, rep, texts.LEAD_CALLS)
        thread.wait(2, 8)
        thread.keep(task)
    if thread.wins(worth_pursuing(story.leads)):
        return True
    return _give_up(thread, lead, rep)


def _give_up(thread, lead, rep):
    """Not worth pursuing now: closed, kept warm, given back or forgotten."""
    story = thread.story
    end = story.random.choices(("closed", "warm", "back", "forgotten"), (52, 20, 14, 14))[0]
    if end == "closed":
        _disqualify(thread, lead, rep)
    elif end == "warm":
        marketer = story.random.choice(story.people.by_role[Role.MARKETING])
        thread.move(lead, "nurture", marketer, reason=story.random.choice(texts.NURTURED))
        _into_pool(thread, lead)
    elif end == "back":
        reason = story.random.choice(texts.RETURNED)
        thread.move(lead, "return_to_pool", rep, reason=reason)
        _into_pool(thread, lead, reason)
        return _second_life(thread, lead)
    else:
        return _forget(thread, lead)
    return False


def _into_pool(thread, lead, reason=""):
    lead.last_owner, lead.left_pool_owner_at = lead.owner, thread.at
    lead.owner, lead.returned_reason = None, reason


def _forget(thread, lead):
    """Nobody follows up, so the nightly job puts it back into the pool."""
    untouched = lead.last_contact_at + timedelta(days=RECYCLE_DAYS + 1)
    thread.sleep_until(untouched.astimezone(thread.story.zone).replace(hour=2, minute=1), working=False)
    thread.move(lead, "recycle", SYSTEM, data={"days": RECYCLE_DAYS})
    _into_pool(thread, lead)
    return _second_life(thread, lead)


def _second_life(thread, lead):
    """In the end somebody looks once more, and closes it."""
    thread.wait(9, 50)
    others = [rep for rep in thread.story.people.by_role[Role.SALES] if rep.pk != lead.last_owner.pk]
    rep = thread.story.random.choice(others)
    _hold(thread, lead, rep)
    thread.move(lead, "claim", rep)
    thread.wait(0.5, 2)
    thread.move(lead, "contact", rep)
    task = talk(thread, lead, rep, texts.LEAD_CALLS)
    thread.wait(2, 9)
    thread.keep(task)
    _disqualify(thread, lead, rep)
    return False


def _qualify(thread, prospect, rep):
    lead, random = prospect.lead, thread.story.random
    _weight, _name, need, lines = prospect.bundle
    price = sum(thread.story.catalogue.products[sku].price * (low + high) / 2 for sku, low, high in lines)
    lead.need = need
    lead.budget = Decimal(round(float(price) * random.uniform(0.8, 1.25) / 1000) * 1000)
    lead.timing = random.choice(("now", "quarter", "quarter", "year"))
    lead.grade = GRADES[lead.timing]
    thread.move(lead, "qualify", rep, data={"grade": lead.grade})
    task = thread.promise(lead, rep, "转为商机，安排技术交流", 3)
    thread.wait(0.5, 5)
    thread.keep(task)


def _convert(thread, prospect, rep):
    """The lead becomes a customer with its contacts; the deal follows at once."""
    story, lead = thread.story, prospect.lead
    customer = Customer(
        name=lead.company_name, industry=lead.industry, region=lead.region, phone=lead.phone, owner=rep,
        created_at=thread.at, updated_at=thread.at, website=f"https://www.{prospect.domain}",
    )  # fmt: skip
    story.ledger.add_ahead(customer, thread.at)
    thread.log(customer, "created", rep)
    contact = thread.create(
        Contact(customer=customer, name=lead.contact_name, title=lead.contact_title, phone=lead.phone,
                email=lead.email or f"office@{prospect.domain}", consent=lead.consent, is_primary=True), rep,
    )  # fmt: skip
    _bookkeeper(thread, prospect, customer, rep)
    lead.customer = lead.case.customer = customer
    customer.buyer = contact
    return customer


def _bookkeeper(thread, prospect, customer, rep):
    """Who pays there, and the title the invoices are made out to."""
    random = thread.story.random
    person, spelled = person_name(random)
    address = f"{spelled}@{prospect.domain}"
    thread.create(
        Contact(customer=customer, name=person, title=random.choice(texts.FINANCE_TITLES), phone=phone(random),
                email=address), rep,
    )  # fmt: skip
    customer.title = thread.create(
        BillingTitle(
            customer=customer, title=customer.name, email=address,
            tax_number=f"91{random.randrange(10**6):06d}DM{random.randrange(10**7):07d}X",
            address=f"{customer.region}高新区科技路 {random.randrange(1, 300)} 号 {customer.phone}",
            bank_account=f"{random.choice(texts.BANKS)} {random.randrange(10**15, 10**16)}",
        ), rep,
    )  # fmt: skip
