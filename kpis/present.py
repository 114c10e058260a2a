"""How a KPI's figure reads: its value in the right unit, what changed, whether that is good."""

from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.models import Company
from crm.templatetags import formatting
from kpis.definitions import UP, Unit

TENTH = Decimal("0.1")


def text(unit, value, *, compact=True):
    """A value as people read it; n/a where there is none."""
    if value is None:
        return pgettext("no value", "n/a")
    if unit == Unit.MONEY:
        return (formatting.compact_money if compact else formatting.money)(value, Company.current().base_currency)
    if unit == Unit.RATIO:
        return formatting.percent(value)
    if unit == Unit.DAYS:
        return _("%(days)s d") % {"days": formatting.plain(value.quantize(TENTH))}
    return formatting.plain(value.quantize(TENTH) if unit == Unit.SCORE else value)


def rows_url(kpi, period, cut, *, part="of", **more):
    """Where the rows behind a number are."""
    query = period.query | cut.query | ({} if part == "of" else {"part": part}) | more
    return f"{reverse('kpis:rows', args=[kpi.key])}?{urlencode(query)}"


def changes(kpi, now, others):
    """What changed against each of (label, figure), in % and, for shares, in points."""
    return [change for label, figure in others if (change := _change(kpi, now, label, figure))]


def _change(kpi, now, label, other):
    if now is None or other is None or now.value is None or other.value is None:
        return None
    step = now.value - other.value
    parts = []
    if kpi.unit == Unit.RATIO:
        parts.append(_("%(points)s pp") % {"points": signed(step * 100)})
    if other.value > 0:
        parts.append(f"{signed(step / other.value * 100)} %")
    if not parts:
        return None
    good = None if not step else (step > 0) == (kpi.better == UP)
    up = None if not step else step > 0
    words = _("%(change)s against %(label)s") % {"change": " · ".join(parts), "label": label}
    return {"text": words, "good": good, "up": up}


def signed(number):
    """+12.3 or −4: a change with its sign."""
    number = Decimal(number).quantize(TENTH)
    return f"{'+' if number > 0 else '−' if number < 0 else '±'}{formatting.plain(abs(number))}"


def remarks(kpi, figure):
    """What is told beside the value: median and percentile, the factors of a lifetime value, the counts of a share."""
    if figure is None:
        return [_("Only for the company as a whole")]
    if kpi.spread and figure.value is not None:
        values = {"median": text(kpi.unit, figure.median), "ninetieth": text(kpi.unit, figure.ninetieth)}
        return [_("Median %(median)s · 90th percentile %(ninetieth)s") % values]
    if figure.factors:
        return _factors(figure.factors)
    if kpi.unit == Unit.RATIO and kpi.per and not kpi.of.money:
        counted = {"part": formatting.plain(figure.numerator), "whole": formatting.plain(figure.denominator)}
        return [_("%(part)s of %(whole)s") % counted]
    return []


def _factors(factors):
    shown = {
        "purchase": text(Unit.MONEY, factors.purchase_value),
        "frequency": text(Unit.SCORE, factors.frequency),
        "years": text(Unit.SCORE, factors.lifespan),
        "churn": formatting.percent(factors.churn),
    }
    lines = [_("%(purchase)s per purchase × %(frequency)s a year × %(years)s years") % shown]
    if factors.churn_assumed:
        lines.append(_("Churn of %(churn)s a year is assumed: there is no year to compare yet") % shown)
    else:
        lines.append(_("Churn of %(churn)s a year") % shown)
    return lines
