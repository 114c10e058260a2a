"""What home shows of the KPIs: the target of the month with its pace, and a few numbers per role."""

import calendar

from django.utils.translation import gettext as _

from crm import clock
from crm.access import Role
from crm.queues import number, target
from kpis import plans, present, tally
from kpis.cuts import cut_for
from kpis.definitions import REGISTRY
from kpis.periods import of

AIMS = ("revenue_collected", "revenue")  # the first that has a target is shown


@target(Role.SALES, Role.MANAGER)
def month_target(user):
    """How much of this month's target is reached, and how that stands against the days that have passed."""
    today, cut = clock.today(), cut_for(user, {})
    month = of("month", today)
    goals = plans.goals(month, cut)
    kpi = next((REGISTRY[key] for key in AIMS if goals.get(key)), None)
    if kpi is None:
        return None
    value, goal = tally.figures(kpi, [month], cut)[0].value, goals[kpi.key]
    percent = round(value / goal * 100)
    passed = round(100 * today.day / calendar.monthrange(today.year, today.month)[1])
    return {
        "label": _("This month: %(kpi)s") % {"kpi": kpi.name},
        "value": present.text(kpi.unit, value),
        "goal": present.text(kpi.unit, goal),
        "percent": percent,
        "pace": _("pace %(points)s %%") % {"points": present.signed(percent - passed)},
    }


def show(key, span, *roles):
    """Put a KPI of the running period among the numbers of these roles."""

    def tile(user):
        kpi, period, cut = REGISTRY[key], of(span, clock.today()), cut_for(user, {})
        now, before = tally.figures(kpi, [period, period.compared(period.previous())], cut)
        changed = present.changes(kpi, now, [(period.previous(), before)])
        return {
            "label": f"{kpi.name} · {period}",
            "text": present.text(kpi.unit, now.value if now else None),
            "url": present.rows_url(kpi, period, cut),
            "sub": changed[0]["text"] if changed else "",
        }

    number(*roles)(tile)


show("revenue", "month", Role.MANAGER, Role.SALES)
show("win_rate", "quarter", Role.MANAGER, Role.SALES)
show("new_customers", "quarter", Role.MANAGER, Role.MARKETING)
show("sales_cycle_days", "quarter", Role.MANAGER)
show("cac", "quarter", Role.MARKETING)
show("conversion_rate", "quarter", Role.MARKETING)
show("revenue_collected", "month", Role.FINANCE)
show("revenue_billed", "month", Role.FINANCE)
show("csat", "quarter", Role.SERVICE)
show("csat_response_rate", "quarter", Role.SERVICE)
