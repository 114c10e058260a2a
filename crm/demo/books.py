"""Numbers of invoices, months of the books, and the figures that targets and KPIs need besides the chains."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

from django.db.models import F, Min, Q, Sum

from billing.models import CreditNote, Invoice, NumberSeries, Payment, Period
from billing.services import periods
from contracts.models import Contract
from crm import clock, links
from crm.access import Role
from crm.demo.ledger import Act
from crm.demo.story import Thread, month_end
from feedback.models import SurveyInvitation
from kpis import planning
from kpis.models import Cost, IndustrySales, Target
from opportunities.models import Quote

CLOSES_ON = 20  # the day of the next month on which finance closes a month
COSTS_ON = 6  # the day of the month on which figures are entered
SEGMENTS = {"": 1.0, "manufacturing": 0.44, "energy": 0.15, "logistics": 0.12, "healthcare": 0.09}
MARKET = 28  # the whole market, as a multiple of our own yearly sales at the beginning
LEVELS = (Decimal(1), Decimal("1.1"), Decimal("1.2"))  # base, stretch, challenge
YOUNG = 0.3  # the share of a year's business below which it is too early to tell
NEXT_YEAR = Decimal("1.3")  # and what is then expected, as a multiple of the year before
TASTE = Decimal("1.07")  # targets ask a little more than is likely


def prepare(story):
    """What the ledger does with papers once they have their keys: numbers without gaps, links for customers."""
    story.series = Counter()
    story.ledger.finishers = {
        Invoice: lambda invoices: _finish_invoices(story, invoices),
        CreditNote: lambda notes: [_number(story, note) for note in notes if note.issued_on],
        Quote: _seal_what_was_sent,
        SurveyInvitation: _seal_what_was_sent,
    }


def _finish_invoices(story, invoices):
    for invoice in invoices:
        if invoice.issued_on:
            _number(story, invoice)
    _seal_what_was_sent(invoices)


def _seal_what_was_sent(papers):
    """The customer's link, where the customer has got it."""
    for paper in papers:
        if paper.sent_at:
            links.seal(paper)


def _number(story, paper):
    year = paper.issued_on.year
    story.series[paper.SERIES, year] += 1
    paper.issue_year, paper.sequence = year, story.series[paper.SERIES, year]
    paper.issued_number = f"{paper.SERIES}-{year}-{paper.sequence:05d}"


def close_months(story):
    """The counters as they stand, and every month but the last two closed."""
    NumberSeries.objects.bulk_create(
        NumberSeries(series=series, year=year, last=last) for (series, year), last in story.series.items()
    )
    day = story.first_day
    while day <= story.today:
        period = Period(first_day=day, last_day=month_end(day))
        opened = clock.day_start(day)
        period.status_since = period.updated_at = opened
        story.ledger.add(period, opened)
        story.ledger.log(Act(opened, period, "created", story.people.by_role[Role.FINANCE][0], now=period.status))
        Thread(story, clock.day_start(period.last_day)).aside(_close, period)
        day = month_end(day) + timedelta(days=1)


def _close(thread, period):
    thread.sleep_until(clock.day_start(period.last_day + timedelta(days=CLOSES_ON)))
    thread.move(period, "close", thread.story.people.by_role[Role.FINANCE][0])


def keep_figures():
    """Each closed month keeps how the receivables moved in it."""
    for period in Period.objects.filter(status=Period.Status.CLOSED):
        period.roll_forward = periods.figures(period)
        period.save(update_fields=["roll_forward"])


# Figures from outside


def enter_figures(story):
    """Month by month: costs of sales and marketing besides campaigns, and what the whole market sold."""
    yearly = sum(signed_by_year().values(), Decimal(0)) / 2
    day = story.first_day
    while day <= story.today:
        month = yearly * MARKET / 12 * Decimal(story.weight(day + timedelta(days=(7 - day.weekday()) % 7)))
        for teller, moment, details in (
            (_costs, day + timedelta(days=COSTS_ON), ()),
            (_market, month_end(day) + timedelta(days=COSTS_ON), (month,)),
        ):
            Thread(story, clock.day_start(day)).aside(_on, clock.day_start(moment), teller, day, *details)
        day = month_end(day) + timedelta(days=1)


def _on(thread, moment, teller, month, *details):
    thread.sleep_until(moment)
    teller(thread, month, *details)


def _costs(thread, month):
    """Wages and travel, booked early in the month."""
    story = thread.story
    reps = len(story.people.by_role[Role.SALES])
    for kind, amount, note in (("sales", reps * 8200, "销售工资与差旅"), ("marketing", reps * 1900, "市场部工资")):
        spent = Decimal(amount * story.random.uniform(0.92, 1.08)).quantize(Decimal("0.01"))
        cost = Cost(month=month, kind=kind, amount=spent, note=note)
        thread.create(cost, story.people.by_role[Role.FINANCE][0])


def _market(thread, month, whole):
    """The trade association publishes a month soon after its end."""
    story = thread.story
    for industry, share in SEGMENTS.items():
        amount = (whole * Decimal(share) * Decimal(story.random.uniform(0.95, 1.05))).quantize(Decimal("1"))
        figure = IndustrySales(month=month, industry=industry, amount=amount, source="行业协会月报")
        thread.create(figure, story.people.by_role[Role.MARKETING][0])


# Targets


def signed_by_year():
    """{year: revenue in the base currency} of the contracts that stand."""
    rows = Contract.objects.filter(status__in=Contract.BINDING).order_by().values("signed_on__year")
    return {row["signed_on__year"]: row["sum"] for row in rows.annotate(sum=Sum(F("net") * F("rate")))}


def collected_by_year():
    rows = Payment.objects.filter(status__in=Payment.RECEIVED).order_by().values("received_on__year")
    return {row["received_on__year"]: row["sum"] for row in rows.annotate(sum=Sum(F("amount") * F("rate")))}


def won_by_year():
    """{year: customers whose first contract was signed in it}."""
    firsts = Contract.objects.filter(status__in=Contract.BINDING).order_by().values("customer")
    return Counter(row["first"].year for row in firsts.annotate(first=Min("signed_on")))


def set_targets(story):
    """Last year's and this year's plans, drafted in December and published before Christmas."""
    results = {
        Target.Kpi.REVENUE: (signed_by_year(), Decimal(10000)),
        Target.Kpi.REVENUE_COLLECTED: (collected_by_year(), Decimal(10000)),
        Target.Kpi.NEW_CUSTOMERS: (won_by_year(), Decimal(1)),
    }
    for year in (story.today.year - 1, story.today.year):
        for kpi, (reached, unit) in results.items():
            likely = _likely(story, reached, year)
            base = max((likely * TASTE / unit).quantize(Decimal(1)), Decimal(1)) * unit
            _publish(story, _plan(story, kpi, year, base, unit))


def _likely(story, reached, year):
    """What the whole year will bring: by what it brought so far, or while it is young by the year before."""
    told = _share_of_year_told(story, year)
    if told < YOUNG:
        return Decimal(reached.get(year - 1, 0)) * NEXT_YEAR
    return Decimal(reached.get(year, 0)) / Decimal(told)


def _share_of_year_told(story, year):
    """How much of a year's business lies within the story, by how busy its days are."""
    first = story.first_day.replace(year=year, month=1, day=1)
    days = [first + timedelta(days=n) for n in range(365)]
    told = sum(story.weight(day) for day in days if story.first_day <= day < story.today)
    return told / sum(story.weight(day) for day in days)


def _plan(story, kpi, year, base, unit):
    levels = [(base * factor / unit).quantize(Decimal(1)) * unit for factor in LEVELS]
    head = Target(
        kpi=kpi, span=Target.Span.YEAR, starts_on=story.first_day.replace(year=year, month=1, day=1),
        owner=story.people.boss, **dict(zip(Target.LEVELS, levels, strict=True)),
    )  # fmt: skip
    drafted = story.at_work(max(clock.day_start(head.starts_on) - timedelta(days=25), story.start))
    head.created_at = drafted
    head.save()
    story.ledger.log(Act(drafted, head, "created", story.people.boss, now=Target.Status.DRAFT))
    planning.lay_out(head, months=planning.EQUAL, people=planning.EQUAL)
    return head


def _publish(story, head):
    """All rows of the plan at once."""
    published = story.at_work(max(clock.day_start(head.starts_on) - timedelta(days=12), story.start))
    rows = Target.objects.filter(Q(pk=head.pk) | Q(plan=head)).order_by("pk")
    rows.update(status=Target.Status.PUBLISHED, status_since=published, version=2)
    boss = story.people.boss
    for row in rows:
        if row.pk != head.pk:
            story.ledger.log(Act(head.created_at, row, "created", boss, now=Target.Status.DRAFT))
        story.ledger.log(Act(published, row, "publish", boss, was=Target.Status.DRAFT, now=row.status))
