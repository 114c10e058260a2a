"""Campaigns, what they cost, and the people who turn up through them."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from crm import clock
from crm.access import CUSTOMER, Role
from crm.demo import texts
from crm.demo.catalogue import BUNDLES
from crm.demo.people import REGIONS, person_name
from crm.demo.story import Thread, Today
from crm.models import Event
from leads.models import Campaign, Lead, Spend

COST_PER_LEAD = 620  # yuan, all campaigns together
PLANS = (  # name, channel, first month of the year, months, share of the leads and of the money
    ("{year} 春季工业自动化展", "exhibition", 3, 2, 1.0),
    ("{year} 秋季工业博览会", "exhibition", 9, 2, 1.1),
    ("{year} 上半年搜索推广", "search_ads", 1, 6, 1.6),
    ("{year} 下半年搜索推广", "search_ads", 7, 6, 1.7),
    ("{year} 公众号与行业社群", "social", 1, 12, 1.1),
    ("{year} 官网与白皮书下载", "website", 2, 11, 1.3),
    ("{year} 渠道伙伴沙龙", "partner", 5, 3, 0.6),
    ("{year} 老客户转介绍", "referral", 4, 9, 0.8),
    ("{year} 新品邮件直投", "email", 11, 2, 0.4),
)
WITHOUT = (("phone", 0.5), ("referral", 0.3), ("partner", 0.2))  # channels of leads that no campaign brought
SOURCES = {"exhibition": "import", "search_ads": "form", "website": "form", "social": "form", "email": "form"}


@dataclass
class Running:
    """A campaign with the days it brings leads on."""

    campaign: Campaign
    first: object
    last: object
    share: float


def plan(story):
    """All campaigns that touch the two years, and one to come."""
    story.market = []
    ahead = story.today + timedelta(days=75)
    years = range(story.first_day.year, ahead.year + 1)
    plans = [(year, *entry) for year in years for entry in PLANS]
    whole = sum(share for *_rest, share in PLANS) * 2
    for year, name, channel, month, months, share in plans:
        first = story.first_day.replace(year=year, month=month, day=5)
        last = first + timedelta(days=30 * months - 8)
        if last > story.first_day + timedelta(days=20) and first < ahead:
            budget = story.leads * COST_PER_LEAD * share / whole
            _run(story, name.format(year=year), channel, max(first, story.first_day), last, share, budget)
    _called_off(story)


def _run(story, name, channel, first, last, share, budget):
    marketer = story.random.choice(story.people.by_role[Role.MARKETING])
    budget = max(Decimal(round(budget / 1000) * 1000), Decimal(3000))
    campaign = Campaign(name=name, channel=channel, starts_on=first, ends_on=last, budget=budget, owner=marketer)
    campaign.form_key = "".join(story.random.choices("abcdefghjkmnpqrstuvwxyz23456789", k=12))
    born = min(clock.day_start(first) - timedelta(days=18), story.end - timedelta(days=2))
    thread = Thread(story, story.at_work(born))
    thread.create(campaign, marketer)
    story.market.append(Running(campaign, first, last, share))
    try:
        thread.sleep_until(clock.day_start(first) - timedelta(hours=14))
        thread.move(campaign, "activate", marketer)
        _spend(thread, campaign, marketer, last)
        thread.sleep_until(clock.day_start(last) + timedelta(days=2))
        thread.move(campaign, "complete", marketer)
    except Today:
        return


def _spend(thread, campaign, marketer, last):
    """The budget goes in monthly bills; some campaigns stay below it, some go over."""
    story = thread.story
    months = max(2, (last - campaign.starts_on).days // 30)
    whole = float(campaign.budget) * story.random.uniform(0.86, 1.04)
    for bill in range(months):
        amount = Decimal(whole / months * story.random.uniform(0.9, 1.1)).quantize(Decimal("0.01"))
        note = ("场地与搭建", "广告费", "物料制作", "差旅与执行", "平台服务费")[bill % 5]
        spend = Spend(campaign=campaign, spent_on=thread.day, amount=amount, note=note, booked_by=marketer)
        story.ledger.add(spend, thread.at)
        data = {"amount": str(amount), "spent_on": str(spend.spent_on), "text": note}
        thread.log(campaign, "book_spend", marketer, was=campaign.status, now=campaign.status, data=data)
        thread.wait(24, 29)


def _called_off(story):
    """One campaign that was planned and given up."""
    marketer = story.people.by_role[Role.MARKETING][0]
    first = story.first_day + timedelta(days=400)
    campaign = Campaign(
        name=f"{first.year} 海外巡展", channel="exhibition", starts_on=first, ends_on=first + timedelta(days=20),
        budget=Decimal(60000), owner=marketer, form_key="overseas-tour",
    )  # fmt: skip
    thread = Thread(story, story.at_work(clock.day_start(first) - timedelta(days=60)))
    thread.create(campaign, marketer)
    thread.wait(20)
    thread.move(campaign, "cancel", marketer, reason="主办方延期，预算转投秋季展会")


def arrivals(story, count):
    """The moments at which leads turn up, in order."""
    days = story.days()
    chosen = sorted(story.random.choices(days, [story.weight(day) for day in days], k=count))
    moments = [clock.day_start(day) + timedelta(minutes=story.random.randrange(540, 1080)) for day in chosen]
    return sorted(moments)


@dataclass
class Prospect:
    """Who turns up: the company, the person, and what they will turn out to need."""

    lead: Lead
    region: str
    bundle: tuple
    domain: str
    currency: str = "CNY"


def turn_up(thread):
    """A new lead, from a campaign or without one, by import, form or hand."""
    story, random = thread.story, thread.story.random
    prospect = _prospect(story, thread.fate.rep)
    lead = prospect.lead
    running = _campaign_on(story, thread.day)
    lead.campaign = running.campaign if running else None
    names, shares = zip(*WITHOUT, strict=True)
    lead.channel = running.campaign.channel if running else random.choices(names, shares)[0]
    lead.case = thread.case()
    lead.consent = random.random() < 0.7
    _write_down(thread, prospect)
    return prospect


def _campaign_on(story, day):
    running = [entry for entry in story.market if entry.first <= day <= entry.last]
    if not running or story.chance(0.22):
        return None
    return story.random.choices(running, [entry.share for entry in running])[0]


def _write_down(thread, prospect):
    """Web forms by the customer, lists by marketing, calls by the rep who took them."""
    story, lead = thread.story, prospect.lead
    marketer = story.random.choice(story.people.by_role[Role.MARKETING])
    way = SOURCES.get(lead.channel) if lead.campaign else None
    if way == "form":
        thread.create(lead, CUSTOMER)
    elif way == "import":
        thread.create(lead, marketer, source=Event.Source.IMPORT)
    elif lead.channel in ("phone", "referral") and story.chance(0.6):
        rep = thread.fate.rep or story.random.choice(story.people.in_region[Role.SALES, prospect.region])
        lead.owner, lead.status = rep, Lead.Status.ASSIGNED
        lead.assigned_at = lead.last_contact_at = thread.at
        thread.create(lead, rep)
    else:
        thread.create(lead, marketer)


def _prospect(story, rep):
    random = story.random
    region = rep.team.name[:2] if rep else random.choices(REGIONS, (46, 27, 27))[0]
    industry = random.choices(list(texts.INDUSTRIES), [weight for weight, _words in texts.INDUSTRIES.values()])[0]
    bundle = random.choices(BUNDLES, [entry[0] for entry in BUNDLES])[0]
    person, spelled = person_name(random)
    if random.random() < 0.04:
        name, domain, province, currency = _overseas(random)
    else:
        name, domain, province = _domestic(random, region, industry)
        currency = "CNY"
    lead = Lead(
        company_name=name, contact_name=person, contact_title=random.choice(texts.TITLES), industry=industry,
        region=province, phone=phone(random), email=f"{spelled}@{domain}" if random.random() < 0.75 else "",
        need=bundle[2] if random.random() < 0.5 else "",
    )  # fmt: skip
    return Prospect(lead, region, bundle, domain, currency)


def _domestic(random, region, industry):
    province, cities = random.choice(texts.CITIES[region])
    first, second = random.sample(texts.BRANDS, 2)
    line = random.choice(texts.INDUSTRIES[industry][1])
    form = random.choice(texts.FORMS)
    if line.endswith(("科技", "技术")):
        form = form.removeprefix("科技")
    name = f"{random.choice(cities)}{first[0]}{second[0]}{line}{form}"
    return name, f"{first[1]}{second[1]}.example.com", province


def _overseas(random):
    brand = random.choice(texts.OVERSEAS)
    return f"{brand} {random.choice(('Ltd', 'Inc', 'GmbH'))}", f"{brand.split()[0].lower()}.example.com", "海外", "USD"


def phone(random):
    """A mobile number of a block that no operator uses."""
    return f"154{random.randrange(10**8):08d}"
