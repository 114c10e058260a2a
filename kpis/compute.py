"""Storing the KPIs by month, for the company, each team with the teams below it, and each person.

One statement per KPI for any number of months. Doing it twice, or in two places at once, leaves the same rows: a lock
lets one at a time at a KPI, and what no longer counts anything is cleared first.
"""

from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from contracts.models import Contract
from crm import clock
from crm.models import Company
from kpis import facts, periods
from kpis.cuts import Cut
from kpis.definitions import REGISTRY
from kpis.models import KpiValue
from kpis.tally import LIFETIME, two_years_before
from leads.models import Lead

LOCK_SPACE = 7003  # keeps these advisory locks apart from anybody else's

# Each row counts for the company, for its person, and for that person's team and every team above it.
COMPANY = """
    , placed AS (
        SELECT NULL::bigint AS team, NULL::bigint AS someone, facts.* FROM facts
"""
PLACES = """
        UNION ALL SELECT NULL, person, facts.* FROM facts WHERE person IS NOT NULL
        UNION ALL SELECT above.id, NULL, facts.* FROM facts
            JOIN crm_user member ON member.id = person
            JOIN crm_team own ON own.id = member.team_id
            JOIN crm_team above ON starts_with(own.path, above.path)
"""
STORE = """
    INSERT INTO kpis_kpivalue (kpi, month, team_id, person_id, numerator, denominator, value, computed_at)
    SELECT %s, month, team, someone, num, den, CASE WHEN {plain} THEN num WHEN den <> 0 THEN num / den END, %s
    FROM sums
    ON CONFLICT (kpi, month, team_id, person_id) DO UPDATE SET numerator = excluded.numerator,
        denominator = excluded.denominator, value = excluded.value, computed_at = excluded.computed_at
"""
MONTHLY = """
    , sums AS (
        SELECT date_trunc('month', on_day)::date AS month, team, someone, coalesce(sum(num), 0) AS num,
            {denominator} AS den
        FROM placed GROUP BY 1, 2, 3)
"""
# Growth: a month's sum stands above the line, that of the earlier month above and below it.
GROWN = """
    , grown AS (
        SELECT on_day, person, customer, num, NULL::numeric AS den FROM facts
        UNION ALL SELECT (date_trunc('month', on_day) + %s * interval '1 month')::date, person, customer, -num, num
        FROM facts)
"""
LIFETIMES = """
    , sums AS (
        SELECT date_trunc('month', ends.day)::date AS month, team, someone,
            CASE WHEN earlier = 0 THEN revenue / %s WHEN lost = 0 THEN revenue ELSE revenue * earlier / lost END AS num,
            CASE WHEN earlier > 0 AND lost = 0 THEN 0 ELSE buyers END AS den
        FROM factors JOIN unnest(%s::date[]) WITH ORDINALITY AS ends (day, at) USING (at)
        WHERE revenue <> 0 OR contracts > 0 OR earlier > 0)
"""


def recompute(months=None, progress=None):
    """Compute all KPIs of these months (their first days), or of all months there is anything to count in."""
    months = sorted(months or all_months())
    for done, kpi in enumerate(REGISTRY.values(), start=1):
        store(kpi, months)
        if progress:
            progress(done, len(REGISTRY))
    return len(REGISTRY) * len(months)


def recent_months():
    """The month that runs, and the one before."""
    this = periods.month_start(clock.today())
    return [periods.months_later(this, -1), this]


def all_months():
    """From the first lead or contract to today."""
    today = clock.today()
    lead = Lead.objects.aggregate(day=Min("created_at"))["day"]
    days = [lead and clock.business_day(lead), Contract.objects.aggregate(day=Min("signed_on"))["day"], today]
    return periods.month_starts(min(day for day in days if day), today)


@transaction.atomic
def store(kpi, months):
    """Replace the stored values of one KPI in these months, which follow one another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK_SPACE, kpi.key])
        KpiValue.objects.filter(kpi=kpi.key, month__in=months).delete()
        sql, params = STATEMENTS[kpi.kind](kpi, months)
        plain = "false" if kpi.per or kpi.kind == "growth" else "true"
        cursor.execute(f"{sql} {STORE.format(plain=plain)}", [*params, kpi.key, timezone.now()])


def _placed(kpi):
    """The rows once for every place they count for; only for the company where no person can be told."""
    return f"{COMPANY} {PLACES if kpi.divisible else ''})"


def _plain(kpi, months):
    body, params = facts.of(kpi, Cut(), months[0], _end(months[-1]))
    denominator = "coalesce(sum(den), 0)" if kpi.per else "NULL::numeric"
    return f"WITH {body} {_placed(kpi)} {MONTHLY.format(denominator=denominator)}", params


def _growth(kpi, months):
    body, params = facts.of(kpi, Cut(), periods.months_later(months[0], -kpi.back), _end(months[-1]))
    placed = _placed(kpi).replace("facts", "grown")
    within = "FROM placed WHERE on_day BETWEEN %s AND %s"
    monthly = MONTHLY.format(denominator="coalesce(sum(den), 0)").replace("FROM placed", within)
    return f"WITH {body} {GROWN} {placed} {monthly}", [*params, kpi.back, months[0], _end(months[-1])]


def _lifetime(kpi, months):
    ends = [_end(month) for month in months]
    body, params = facts.of(kpi, Cut(), two_years_before(months[0]), ends[-1])
    lifetime = LIFETIME.format(place="team, someone,", rows="placed")
    churn = Company.current().yearly_churn / 100
    return f"WITH {body} {_placed(kpi)} {lifetime} {LIFETIMES}", [*params, ends, churn, ends]


STATEMENTS = {"plain": _plain, "growth": _growth, "lifetime": _lifetime}


def _end(month):
    return periods.months_later(month, 1) - timedelta(1)
