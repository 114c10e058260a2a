"""Planning targets, and entering the figures that come from outside."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from crm import access, events, jobs, money, records
from crm.access import authorize
from crm.transitions import Stale, advance, locked, require
from kpis import planning, plans
from kpis.models import Target
from kpis.periods import month_start, named

# Targets


@transaction.atomic
def plan(*, kpi, year, base, stretch=None, challenge=None, months="equal", people="equal", by):
    """Draft a year's targets for the company, split to months and to those who sell: equally, or as last year."""
    authorize(by, "kpis.add_target")
    if access.scope(by, "kpis.add_target") < access.ALL:
        raise PermissionDenied(_("Only a manager of the whole company plans its targets."))
    amounts = {"base": base, "stretch": stretch, "challenge": challenge}
    _refuse_odd(kpi, amounts)
    earlier = Target.objects.plans().filter(kpi=kpi, starts_on__year=year).order_by("-revision").first()
    if earlier and earlier.status == Target.Status.DRAFT:
        raise ValidationError({"kpi": _("There is already a draft for this KPI and year; publish or change that one.")})
    head = Target(kpi=kpi, span=Target.Span.YEAR, starts_on=named(str(year)).first, owner=by, **amounts)
    head.revision = earlier.revision + 1 if earlier else 1
    records.save(head, by=by)
    planning.lay_out(head, months=months, people=people)
    return head


def _refuse_odd(kpi, amounts):
    """A target grows from base over stretch to challenge; customers come in whole numbers."""
    given = [amount for amount in amounts.values() if amount is not None]
    if given != sorted(given):
        raise ValidationError({"stretch": _("Stretch and challenge cannot be below what comes before them.")})
    if kpi == Target.Kpi.NEW_CUSTOMERS and any(amount != int(amount) for amount in given):
        raise ValidationError({"base": _("Customers are planned in whole numbers.")})


@transaction.atomic
def set_amounts(record, *, level, amounts, by, seen=None):
    """Change months of a draft plan: {target key: amount} of one level. Quarters and years follow as sums."""
    head = locked(record.plan or record)
    if head.status != Target.Status.DRAFT:
        raise ValidationError(_("A published plan does not change; plan anew instead."))
    if seen is not None and int(seen) != head.version:
        raise Stale(_("Somebody changed this plan meanwhile. Look at it again before you save."))
    rows = plans.family(record).filter(pk__in=amounts, span=Target.Span.MONTH).select_related("person__team", "team")
    changes = {}
    for row in rows:
        old, new = getattr(row, level), amounts[row.pk]
        if old == new:
            continue
        authorize(by, "kpis.change_target", row)
        setattr(row, level, new)
        _refuse_odd(row.kpi, {name: getattr(row, name) for name in Target.LEVELS})
        row.full_clean()
        row.version += 1
        row.save(update_fields=[level, "version", "updated_at"])
        changes[f"{row.place} {row.starts_on:%Y-%m}"] = [str(old), str(new)]
    if changes:
        _sum_up(head, level, {(row.team_id, row.person_id) for row in rows})
        head.version += 1
        head.save(update_fields=["version", "updated_at"])
        events.write(head, "changed", by=by, data={"changes": changes})
    return head


def _sum_up(head, level, places):
    """Quarters are the sums of their months, years of their quarters."""
    for team, person in places:
        rows = list(plans.whole(head).filter(team=team, person=person))
        months = [row for row in rows if row.span == Target.Span.MONTH]
        for row in rows:
            if row.span == Target.Span.MONTH:
                continue
            parts = [getattr(month, level) for month in months if row.holds(month)]
            setattr(row, level, sum(parts) if None not in parts else None)
            row.save(update_fields=[level, "updated_at"])


@transaction.atomic
def publish(head, *, by):
    """Make a plan count. Its parts must sum to the whole; the plan published before is superseded."""
    authorize(by, "kpis.publish_target", head)
    locked(head)
    require(head, "publish")
    _refuse_part(head)
    found = plans.gaps(head)
    if found:
        raise ValidationError([gap.text() for gap in found[:5]])
    for old in Target.objects.plans().filter(kpi=head.kpi, starts_on=head.starts_on, status=Target.Status.PUBLISHED):
        _advance_all(old, "supersede", by)
    _advance_all(head, "publish", by)
    return head


def _advance_all(head, verb, by):
    """A plan moves as a whole, its head last."""
    for row in [*head.parts.all(), head]:
        advance(row, verb, by=by)


@transaction.atomic
def replan(head, *, by):
    """Start a new version of a published plan as a draft, with the same figures to change."""
    authorize(by, "kpis.replan_target", head)
    locked(head)
    require(head, "replan")
    _refuse_part(head)
    if Target.objects.plans().filter(kpi=head.kpi, starts_on=head.starts_on, status=Target.Status.DRAFT).exists():
        raise ValidationError(_("There is already a draft of a newer version."))
    advance(head, "replan", by=by)
    return planning.copy(head, by=by)


def _refuse_part(target):
    if target.plan_id:
        raise ValidationError(_("A part of a plan moves with its plan."))


# Figures from outside


def save_cost(cost, *, by, seen=None):
    """Write down a month's sales or marketing cost, in the base currency."""
    cost.month = month_start(cost.month)
    return records.save(cost, by=by, seen=seen)


def save_industry_sales(figure, *, by, seen=None):
    """Write down what all suppliers sold in a month; the rate to the base currency is frozen with it."""
    figure.month = month_start(figure.month)
    figure.rate = money.rate_to_base(figure.currency, figure.month)
    return records.save(figure, by=by, seen=seen)


# Computing


def ask_recompute(*, by):
    """Compute all stored months anew, in the background."""
    authorize(by, "kpis.recompute_kpi")
    with transaction.atomic():
        return jobs.enqueue("kpis.recompute_all", by=by)
