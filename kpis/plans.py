"""Targets as they are read: what a period is to bring, and how a plan's parts add up."""

from dataclasses import dataclass, field

from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from crm import money
from crm.access import Role
from crm.models import Company, User
from crm.templatetags import formatting
from kpis import tally
from kpis.cuts import Cut
from kpis.definitions import REGISTRY
from kpis.models import Target
from kpis.periods import of

WHOLE = "JPY"  # a currency without cents: customers are planned in whole numbers
SPANS = {"month": Target.Span.MONTH, "quarter": Target.Span.QUARTER, "year": Target.Span.YEAR}


def of_cut(cut):
    """The published targets of a person, of a team with the teams below it, or of the company."""
    rows = Target.objects.published()
    if cut.person:
        return rows.filter(person=cut.person)
    if cut.team:
        return rows.filter(team__path__startswith=cut.team.path, person=None)
    return rows.filter(team=None, person=None)


def goals(period, cut):
    """{KPI key: target} of a month, quarter or year; none for other runs of days or for a channel."""
    if period.span not in SPANS or cut.channel:
        return {}
    rows = of_cut(cut).filter(span=SPANS[period.span], starts_on=period.first)
    return dict(rows.order_by().values("kpi").annotate(sum=Sum("base")).values_list("kpi", "sum"))


def monthly_goals(kpi, months, cut):
    """{month: target} of one KPI."""
    if cut.channel:
        return {}
    rows = of_cut(cut).filter(kpi=kpi, span=Target.Span.MONTH, starts_on__in=months)
    return dict(rows.order_by().values("starts_on").annotate(sum=Sum("base")).values_list("starts_on", "sum"))


# Splitting


def split(kpi, amount, weights):
    """Parts of an amount by weight that sum to it exactly; equal parts where nothing weighs. None stays None."""
    if amount is None:
        return [None] * len(weights)
    currency = WHOLE if kpi == Target.Kpi.NEW_CUSTOMERS else Company.current().base_currency
    weights = [max(weight, 0) for weight in weights]
    return money.split(amount, weights if sum(weights) else [1] * len(weights), currency)


def sellers():
    """Those who carry targets, team by team."""
    return (
        User.objects.filter(roles__contains=[Role.SALES], is_active=True)
        .select_related("team")
        .order_by("team__path", "name")
    )


def last_years_months(kpi, months):
    """What each of these months brought a year ago, as weights."""
    periods = [of("month", month).year_before() for month in months]
    return [figure.value for figure in tally.figures(REGISTRY[kpi], periods, Cut())]


def last_years_people(kpi, year):
    """{person key: what they brought in the year before}."""
    found = tally.by_person(REGISTRY[kpi], year.previous(), Cut())
    return {person: figure.value for person, figure in found}


# The grid


@dataclass
class Line:
    """One place of a plan, with its targets by month and the sums of its quarters and year."""

    year: Target
    depth: int
    months: list = field(default_factory=list)
    quarters: list = field(default_factory=list)


def whole(head):
    """All targets of a plan, its head included."""
    return Target.objects.filter(Q(plan=head) | Q(pk=head.pk))


def family(record):
    """The targets of a plan at the place in hand and below it: the company, a team with its people, a person."""
    rows = whole(record.plan or record)
    if record.person_id:
        return rows.filter(person=record.person_id)
    return rows.filter(team=record.team_id) if record.team_id else rows


def grid(record):
    """The lines of a plan from this year's target down, each team followed by its people."""
    rows = family(record).select_related("team", "person__team").order_by("starts_on")
    lines = {}
    for row in rows:
        line = lines.setdefault((row.team_id, row.person_id), Line(row, depth(row)))
        if row.span == Target.Span.YEAR:
            line.year = row
        else:
            (line.months if row.span == Target.Span.MONTH else line.quarters).append(row)
    return sorted(lines.values(), key=order)


def depth(row):
    """0 for the company, 1 for a team, 2 for a person."""
    return 2 if row.person_id else 1 if row.team_id else 0


def order(line):
    team, person = line.year.team, line.year.person
    return (team is not None or person is not None, team.path if team else "", person is not None, str(person or ""))


@dataclass
class Gap:
    """A target whose parts do not add up to it."""

    target: Target
    level: str
    parts: object

    def text(self):
        return _("%(place)s %(period)s: the parts sum to %(parts)s, not to %(own)s.") % {
            "place": self.target.place,
            "period": f"{self.target.starts_on:%Y-%m}",
            "parts": formatting.plain(self.parts),
            "own": formatting.plain(getattr(self.target, self.level)),
        }


def gaps(head):
    """Where teams or people do not add up, month by month, to what stands above them."""
    months = family(head).filter(span=Target.Span.MONTH).select_related("team", "person").order_by("starts_on", "pk")
    parts = {level: Sum(f"children__{level}") for level in Target.LEVELS}
    rows = months.annotate(**{f"parts_{level}": total for level, total in parts.items()})
    return [
        Gap(row, level, found)
        for row in rows
        for level in Target.LEVELS
        if (found := getattr(row, f"parts_{level}")) is not None and found != getattr(row, level)
    ]


def money_text(amount):
    return formatting.money(amount, Company.current().base_currency)


def amount(target, level):
    """A target as it reads: money, or a number of customers; empty where none is set."""
    value = getattr(target, level)
    if value is None:
        return ""
    return formatting.plain(value) if target.kpi == Target.Kpi.NEW_CUSTOMERS else money_text(value)
