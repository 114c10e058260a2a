"""The pictures of the dashboard, each with the table it stands for and the address behind every bar."""

from dataclasses import replace
from itertools import pairwise

from django.utils.translation import gettext as _

from crm.models import Channel, Company, User
from crm.templatetags import formatting
from kpis import plans, present, tally
from kpis.counts import journey, money
from kpis.cuts import Cut
from kpis.definitions import REGISTRY, Unit
from kpis.periods import of

RANKED = 10  # bars of the ranking


def all_of(dashboard):
    found = [revenue(dashboard), funnel(dashboard.period, dashboard.cut)]
    if not dashboard.cut.person:
        found.append(ranking(dashboard.period, dashboard.cut))
    found.append(channels(dashboard.period, dashboard.cut))
    return [chart for chart in found if chart]


def bare(value):
    """A number as the chart reads it."""
    return None if value is None else float(value)


def money_axis():
    currency = Company.current().base_currency
    return {"style": "currency", "currency": currency, "notation": "compact", "currencyDisplay": "narrowSymbol"}


def lying(names):
    """The axes of bars that lie, the first on top, so that every name is read."""
    return {
        "xAxis": {"type": "value"},
        "yAxis": {"type": "category", "inverse": True, "data": names},
        "grid": {"left": 8, "right": 24, "top": 8, "bottom": 8, "containLabel": True},
    }


def revenue(dashboard):
    """Revenue of twelve months against their targets."""
    kpi, cut, months = REGISTRY["revenue"], dashboard.cut, dashboard.months
    values = [figure.value for figure in tally.figures(kpi, [of("month", month) for month in months], cut)]
    goals = plans.monthly_goals("revenue", months, cut)
    bars = [
        {"value": bare(value), "url": present.rows_url(kpi, of("month", month), cut)}
        for month, value in zip(months, values, strict=True)
    ]
    series = [{"type": "bar", "name": str(kpi.name), "data": bars}]
    columns = [_("Month"), kpi.name]
    if goals:
        line = [bare(goals.get(month)) for month in months]
        series.append({"type": "line", "name": _("Target"), "data": line, "symbol": "circle"})
        columns.append(_("Target"))
    labels = [f"{month:%Y-%m}" for month in months]
    rows = []
    for month, label, value in zip(months, labels, values, strict=True):
        rows.append([label, present.text(kpi.unit, value, compact=False)])
        if goals:
            rows[-1].append(present.text(kpi.unit, goals[month], compact=False) if month in goals else "")
    option = {
        "numbers": money_axis(), "legend": {}, "series": series,
        "xAxis": {"type": "category", "data": labels}, "yAxis": {"type": "value"},
    }  # fmt: skip
    return chart("revenue", _("Revenue by month against target"), option, columns, rows)


def funnel(period, cut):
    """How far the leads of the period came, with the share that went on at each stage."""
    source = journey.at_stage(0).sources[0]
    reached = journey.reach_of(source.counted(cut, period.first, period.last))
    if not reached[0]:
        return None
    names = [str(name) for _key, name in journey.STAGES]
    shares = [None, *(here / before if before else None for before, here in pairwise(reached))]
    urls = [
        present.rows_url(REGISTRY[f"stage_{key}"], period, cut) if number else leads_url(period, cut)
        for number, (key, _name) in enumerate(journey.STAGES)
    ]
    data = [
        {"value": count, "url": url, "label": {"show": True, "position": "right", "formatter": told(count, share)}}
        for count, share, url in zip(reached, shares, urls, strict=True)
    ]
    rows = [
        [name, formatting.plain(count), formatting.percent(share) if number else ""]
        for number, (name, count, share) in enumerate(zip(names, reached, shares, strict=True))
    ]
    option = {
        "xAxis": {"type": "value", "show": False},
        "yAxis": {"type": "category", "inverse": True, "data": names},
        "grid": {"left": 8, "right": 96, "top": 8, "bottom": 8, "containLabel": True},
        "series": [{"type": "bar", "name": _("Leads"), "data": data}],
    }
    return chart("funnel", _("From lead to cash"), option, [_("Stage"), _("Leads"), _("Of the stage before")], rows)


def told(count, share):
    words = formatting.plain(count)
    return words if share is None else f"{words} · {formatting.percent(share)}"


def leads_url(period, cut):
    return present.rows_url(REGISTRY["conversion_rate"], period, cut, part="per")


def ranking(period, cut):
    """Who sold most."""
    kpi = REGISTRY["revenue"]
    top = tally.by_person(kpi, period, cut)[:RANKED]
    people = User.objects.in_bulk([person for person, _figure in top])
    if not top:
        return None
    bars = [
        {
            "value": bare(figure.value),
            "url": present.rows_url(kpi, period, Cut(person=people[person], channel=cut.channel)),
        }
        for person, figure in top
    ]
    rows = [[people[person].name, present.text(kpi.unit, figure.value, compact=False)] for person, figure in top]
    option = {
        **lying([row[0] for row in rows]),
        "numbers": money_axis(),
        "series": [{"type": "bar", "name": str(kpi.name), "data": bars}],
    }
    return chart("ranking", _("Revenue by person"), option, [_("Person"), kpi.name], rows)


def channels(period, cut):
    """Where the cash of the period came from: the channel of the lead each chain began with."""
    sums = money.collected_by_channel(cut, period.first, period.last)
    if not sums:
        return None
    names = [str(Channel(channel).label) if channel else _("No lead") for channel, _amount in sums]
    kpi = REGISTRY["revenue_collected"]
    data = [
        {"value": bare(amount)}
        | ({"url": present.rows_url(kpi, period, replace(cut, channel=channel))} if channel else {})
        for channel, amount in sums
    ]
    option = {
        **lying(names),
        "numbers": money_axis(),
        "series": [{"type": "bar", "name": str(kpi.name), "data": data}],
    }
    amounts = [present.text(Unit.MONEY, amount, compact=False) for _channel, amount in sums]
    rows = [list(pair) for pair in zip(names, amounts, strict=True)]
    return chart("channels", _("Where the cash came from"), option, [_("Channel"), _("Collections")], rows)


def chart(key, title, option, columns, rows):
    return {"id": f"chart-{key}", "title": title, "option": option, "columns": columns, "rows": rows}
