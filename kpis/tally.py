"""A KPI's figures for some periods, summed from the rows as they are now: one statement for all the periods."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from crm.models import Company
from kpis import facts

ZERO = Decimal(0)


@dataclass
class Figure:
    """A KPI in one period. `value` None means n/a: nothing to divide by."""

    numerator: Decimal = ZERO
    denominator: Decimal | None = None  # None where the KPI is a plain sum
    median: Decimal | None = None
    ninetieth: Decimal | None = None
    factors: "Factors | None" = None

    @property
    def value(self):
        if self.denominator is None:
            return self.numerator
        return self.numerator / self.denominator if self.denominator else None


@dataclass
class Factors:
    """What a customer's lifetime value is made of."""

    purchase_value: Decimal | None  # revenue per contract
    frequency: Decimal | None  # contracts per buying customer and year
    churn: Decimal | None  # share of customers lost per year, as a ratio
    churn_assumed: bool  # the configured default, while there is no year to compare

    @property
    def lifespan(self):
        """In years; None while no customer was lost."""
        return 1 / self.churn if self.churn else None


def figures(kpi, periods, cut):
    """One Figure per period. A KPI that cannot be told apart by person gives None for anything but the company."""
    if not (cut.whole or kpi.divisible):
        return [None] * len(periods)
    return KINDS[kpi.kind](kpi, periods, cut)


SUMS = """
    WITH {body} SELECT coalesce(sum(num), 0), coalesce(sum(den), 0) {spread}
    FROM unnest(%s::date[], %s::date[]) WITH ORDINALITY AS span (first, last, at)
    LEFT JOIN facts ON on_day BETWEEN first AND last GROUP BY at ORDER BY at
"""
SPREAD = """
    , percentile_cont(0.5) WITHIN GROUP (ORDER BY num), percentile_cont(0.9) WITHIN GROUP (ORDER BY num)
"""


def _plain(kpi, periods, cut):
    body, params = facts.of(kpi, cut, min(p.first for p in periods), max(p.last for p in periods))
    rows = _fetch(
        SUMS.format(body=body, spread=SPREAD if kpi.spread else ""),
        [*params, [p.first for p in periods], [p.last for p in periods]],
    )
    return [Figure(num, den if kpi.per else None, *map(_decimal, more)) for num, den, *more in rows]


def _growth(kpi, periods, cut):
    found = _plain(kpi, [*periods, *(kpi.earlier(period) for period in periods)], cut)
    now, before = found[: len(periods)], found[len(periods) :]
    return [Figure(a.numerator - b.numerator, b.numerator) for a, b in zip(now, before, strict=True)]


LIFETIME = """
    , bought AS (
        SELECT {place} at, customer,
            coalesce(sum(num) FILTER (WHERE on_day > last - interval '1 year'), 0) AS revenue,
            count(den) FILTER (WHERE on_day > last - interval '1 year') AS contracts,
            coalesce(bool_or(den IS NOT NULL AND on_day <= last - interval '1 year'), false) AS before
        FROM unnest(%s::date[]) WITH ORDINALITY AS span (last, at)
        LEFT JOIN {rows} ON on_day <= last AND on_day > last - interval '2 years'
        GROUP BY {place} at, customer)
    , factors AS (
        SELECT {place} at, sum(revenue) AS revenue, sum(contracts) AS contracts,
            count(*) FILTER (WHERE contracts > 0) AS buyers, count(*) FILTER (WHERE before) AS earlier,
            count(*) FILTER (WHERE before AND contracts = 0) AS lost
        FROM bought GROUP BY {place} at)
"""
LIFETIMES = "WITH {body} {factors} SELECT revenue, contracts, buyers, earlier, lost FROM factors ORDER BY at"


def _lifetime(kpi, periods, cut):
    body, params = facts.of(kpi, cut, min(two_years_before(p.last) for p in periods), max(p.last for p in periods))
    rows = _fetch(
        LIFETIMES.format(body=body, factors=LIFETIME.format(place="", rows="facts")),
        [*params, [p.last for p in periods]],
    )
    assumed = Company.current().yearly_churn / 100
    return [lifetime_figure(*row, assumed) for row in rows]


def lifetime_figure(revenue, contracts, buyers, earlier, lost, assumed):
    """Revenue per buyer of the year × the years a customer stays; without a year to compare the assumed churn."""
    churn = Decimal(lost) / earlier if earlier else assumed
    factors = Factors(
        purchase_value=revenue / contracts if contracts else None,
        frequency=Decimal(contracts) / buyers if buyers else None,
        churn=churn,
        churn_assumed=not earlier,
    )
    if not churn:
        return Figure(revenue, ZERO, factors=factors)
    return Figure(revenue / churn, Decimal(buyers), factors=factors)


def two_years_before(day):
    return day.replace(year=day.year - 2, day=1)


KINDS = {"plain": _plain, "growth": _growth, "lifetime": _lifetime}


def _fetch(sql, params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def _decimal(value):
    return None if value is None else Decimal(str(value))


BY_PERSON = """
    WITH {body} SELECT person, coalesce(sum(num), 0), coalesce(sum(den), 0) FROM facts
    WHERE person IS NOT NULL GROUP BY person ORDER BY 2 DESC, 1
"""


def by_person(kpi, period, cut):
    """[(person key, Figure)] of a period, the largest first; what belongs to nobody is left out."""
    window = kpi.window(period)
    body, params = facts.of(kpi, cut, window.first, window.last)
    rows = _fetch(BY_PERSON.format(body=body), params)
    return [(person, Figure(num, den if kpi.per else None)) for person, num, den in rows]
