"""Laying out a plan: a year's target split to months, and each month to teams and people, without a cent left over."""

from crm import records
from kpis import plans
from kpis.models import Target
from kpis.periods import month_starts, of

EQUAL, LAST_YEAR = "equal", "last_year"
MONTH, QUARTER, YEAR = Target.Span.MONTH, Target.Span.QUARTER, Target.Span.YEAR


def lay_out(head, *, months, people):
    """Write all parts of a plan under its head; `months` and `people` say how it is split: equally, or as last year."""
    year = of("year", head.starts_on)
    starts = month_starts(year.first, year.last)
    weights = plans.last_years_months(head.kpi, starts) if months == LAST_YEAR else [1] * 12
    whole = {level: getattr(head, level) for level in Target.LEVELS}
    company = _write(head, _split(head.kpi, whole, weights))
    weight = _weights(plans.last_years_people(head.kpi, year) if people == LAST_YEAR else None)
    teams = _by_team(plans.sellers())
    team_weights = [sum(weight(person) for person in members) for _team, members in teams]
    shares = _split_each(head.kpi, company, team_weights)
    for (team, members), amounts in zip(teams, shares, strict=True):
        above = _write(head, amounts, team=team, above=company)
        parts = _split_each(head.kpi, above, [weight(person) for person in members])
        for person, part in zip(members, parts, strict=True):
            _write(head, part, team=team, person=person, above=above)


def _weights(last_year):
    """How much a person weighs: what they sold last year, or the same for all."""
    if last_year is None:
        return lambda person: 1
    return lambda person: max(last_year.get(person.pk, 0), 0)


def _by_team(people):
    """[(team, its people)]; whoever has no team is left out, as nobody could plan for them."""
    found = {}
    for person in people:
        if person.team:
            found.setdefault(person.team, []).append(person)
    return list(found.items())


def _split(kpi, amounts, weights):
    """[{level: amount}] of the parts."""
    parts = {level: plans.split(kpi, amount, weights) for level, amount in amounts.items()}
    return [{level: parts[level][at] for level in parts} for at in range(len(weights))]


def _split_each(kpi, above, weights):
    """For each part its twelve months: every month above is split for itself, so that all months add up."""
    months = [above[MONTH, start] for span, start in above if span == MONTH]
    split = [_split(kpi, {level: getattr(month, level) for level in Target.LEVELS}, weights) for month in months]
    return [[month[at] for month in split] for at in range(len(weights))]


def _write(head, amounts, *, team=None, person=None, above=None):
    """Write one place's year, quarters and months from its months' amounts; {(span, start): target}."""
    place = {"kpi": head.kpi, "plan": head, "owner": head.owner, "revision": head.revision}
    place |= {"team": team, "person": person}
    found = {} if above else {(YEAR, head.starts_on): head}
    for span, length in ((YEAR, 12), (QUARTER, 3), (MONTH, 1)):
        if (span, head.starts_on) in found:
            continue
        rows = []
        for at in range(0, 12, length):
            start = head.starts_on.replace(month=at + 1)
            parent = above[span, start] if above else found[_longer(span, start)]
            rows.append(Target(span=span, starts_on=start, parent=parent, **place, **total(amounts[at : at + length])))
        found |= {(span, row.starts_on): row for row in Target.objects.bulk_create(rows)}
    return found


def _longer(span, start):
    """The key of the period one step longer that holds this one."""
    return (QUARTER, of("quarter", start).first) if span == MONTH else (YEAR, start.replace(month=1))


def total(amounts):
    """The sum of several targets, level by level; a level nobody set stays empty."""
    return {
        level: None if amounts[0][level] is None else sum(amount[level] for amount in amounts)
        for level in Target.LEVELS
    }


def copy(head, *, by):
    """A new draft of a plan with the same places and figures; its head."""
    fresh = {}
    rows = sorted(plans.whole(head), key=lambda row: (row.pk != head.pk, row.pk))
    for row in rows:  # parents come before their parts
        again = Target(
            kpi=row.kpi, span=row.span, starts_on=row.starts_on, team_id=row.team_id, person_id=row.person_id,
            owner=by, revision=head.revision + 1, plan=fresh.get(row.plan_id), parent=fresh.get(row.parent_id),
            **{level: getattr(row, level) for level in Target.LEVELS},
        )  # fmt: skip
        again = records.save(again, by=by) if row.pk == head.pk else _kept(again)
        fresh[row.pk] = again
    return fresh[head.pk]


def _kept(row):
    row.save()
    return row
