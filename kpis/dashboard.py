"""The dashboard's content: tiles and charts of one period and cut, in a fixed number of queries."""

from django.urls import reverse
from django.utils.translation import gettext as _

from crm import clock
from kpis import plans, present, tally
from kpis.definitions import HEADLINES, REGISTRY
from kpis.models import KpiValue
from kpis.periods import month_start, month_starts, months_later

MORE = ("revenue_billed", "revenue_collected", "new_customers", "win_rate", "lead_to_cash_days", "nps")
COMPARISONS = ("previous", "year")


class Dashboard:
    """What a viewer sees of a period, compared with the period before or the same one last year."""

    def __init__(self, period, cut, comparison="previous"):
        self.period, self.cut, self.comparison = period, cut, comparison
        self.months = last_twelve(period)
        self.stored = stored_values(self.months, cut)
        self.goals = plans.goals(period, cut)

    @property
    def compared(self):
        """The period set against this one, cut to as many days while this one runs."""
        other = self.period.year_before() if self.comparison == "year" else self.period.previous()
        return self.period.compared(other)

    def tiles(self):
        return [self.tile(kpi) for kpi in HEADLINES]

    def more_tiles(self):
        return [self.tile(REGISTRY[key]) for key in MORE]

    def tile(self, kpi):
        now, before = tally.figures(kpi, [self.period, self.compared], self.cut)
        value = now.value if now else None
        return {
            "key": kpi.key,
            "label": kpi.name,
            "definition": kpi.formula,
            "url": present.rows_url(kpi, self.period, self.cut),
            "text": present.text(kpi.unit, value),
            "spark": self.trend(kpi),
            "target_percent": attainment(value, self.goals.get(kpi.key)),
            "changes": [
                *({"text": line} for line in present.remarks(kpi, now)),
                *present.changes(kpi, now, [(self.compared_label(), before)]),
            ],
        }

    def compared_label(self):
        other = self.period.year_before() if self.comparison == "year" else self.period.previous()
        if self.compared == other:
            return str(other)
        return _("the same days of %(period)s") % {"period": other}

    def trend(self, kpi):
        """The stored values of twelve months; a sum without rows is 0, a ratio without rows has no value."""
        if not self.stored:
            return []
        nothing = 0 if kpi.per is None and kpi.kind == "plain" else None
        return [self.stored.get((kpi.key, month), nothing) for month in self.months]

    def computed_at(self):
        """When the stored months were last computed; None while they never were."""
        return KpiValue.objects.order_by("-computed_at").values_list("computed_at", flat=True).first()


def last_twelve(period):
    """The twelve months up to the period's end, or to today where that comes first."""
    end = month_start(min(period.last, max(clock.today(), period.first)))
    return month_starts(months_later(end, -11), end)


def stored_values(months, cut):
    """{(key, month): value} of a place; nothing is stored by channel."""
    if cut.channel:
        return {}
    rows = KpiValue.objects.filter(month__in=months, **cut.place)
    return {(key, month): value for key, month, value in rows.values_list("kpi", "month", "value")}


def attainment(value, goal):
    """How much of a target is reached, in per cent; None without a target."""
    return round(value / goal * 100) if goal and value is not None else None


def definitions():
    """Every KPI as the help page and the API tell it."""
    return [
        {
            "key": kpi.key,
            "name": kpi.name,
            "formula": kpi.formula,
            "unit": kpi.unit,
            "better": kpi.better,
            "numerator": kpi.of.label,
            "denominator": kpi.per.label if kpi.per else None,
            "dimensions": kpi.dimensions,
            "url": reverse("kpis:rows", args=[kpi.key]),
        }
        for kpi in REGISTRY.values()
    ]
