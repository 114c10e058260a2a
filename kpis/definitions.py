"""Every KPI, defined once. Dashboard, API, jobs, home and the help page all loop over REGISTRY.

A ratio of a group is the sum of its numerators over the sum of its denominators, never a mean of ratios; where there is
nothing to divide by it is n/a (None), never 0.
"""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from kpis.counts import journey, money
from kpis.measures import Measure


class Unit(TextChoices):
    MONEY = "money", _("base currency")
    COUNT = "count", _("number")
    DAYS = "days", _("days")
    RATIO = "ratio", _("%")
    SCORE = "score", _("points")


UP, DOWN = "up", "down"


@dataclass(frozen=True)
class Kpi:
    """A number: the sum of a measure, or the ratio of two. `better` says which way is good."""

    key: str
    name: str
    formula: str
    unit: Unit
    of: Measure
    per: Measure | None = None
    better: str = UP
    spread: bool = False  # median and 90th percentile are told beside the mean
    headline: bool = False

    kind = "plain"

    @property
    def divisible(self):
        """Can it be told apart by person, team and channel?"""
        return self.of.divisible and (self.per is None or self.per.divisible)

    @property
    def dimensions(self):
        return ["person", "team", "channel"] if self.divisible else []

    @property
    def parts(self):
        """The measures whose rows stand behind the number, by the name they have in an address."""
        return {"of": self.of} | ({"per": self.per} if self.per else {})

    def window(self, period):
        """The days whose rows count for a period."""
        return period


class Growth(Kpi):
    """By how much a sum has grown against an earlier period."""

    kind = "growth"
    back = 1  # months, when the period is a month

    def earlier(self, period):
        return period.compared(period.previous())


class YearGrowth(Growth):
    back = 12

    def earlier(self, period):
        return period.compared(period.year_before())


class LifetimeValue(Kpi):
    """What a customer brings over the years, by the twelve months up to the period's end."""

    kind = "lifetime"

    def window(self, period):
        return period.trailing_year()


def _stage(number):
    key, name = journey.STAGES[number]
    return Kpi(
        f"stage_{key}",
        format_lazy(_("Reached: {stage}"), stage=name),
        _("Of the leads created in the period: those that came this far / those that came to the stage before."),
        Unit.RATIO,
        journey.at_stage(number),
        journey.at_stage(number - 1),
    )


HEADLINES = (
    Kpi(
        "revenue",
        _("Sales revenue"),
        _(
            "Unit price × quantity − discount over the lines of signed contracts, net of tax, in the base currency, on"
            " the day of signing; amendments and terminations post their difference on their own day."
        ),
        Unit.MONEY,
        money.REVENUE,
        headline=True,
    ),
    Kpi(
        "cac",
        _("Customer acquisition cost"),
        _(
            "(Campaign spend + sales and marketing costs booked in the period) / new customers. A month's costs count"
            " on its first day."
        ),
        Unit.MONEY,
        money.ACQUISITION,
        money.NEW_CUSTOMERS,
        better=DOWN,
        headline=True,
    ),
    LifetimeValue(
        "clv",
        _("Customer lifetime value"),
        _(
            "Average purchase value × purchase frequency × lifespan: revenue / contracts × contracts / buying customers"
            " per year × 1 / yearly churn, over the twelve months up to the period's end. Churn is the share of the"
            " buyers of the year before who did not buy again; without such a year, the default of the settings."
        ),
        Unit.MONEY,
        money.REVENUE,
        money.CONTRACTS_SIGNED,
        headline=True,
    ),
    Kpi(
        "conversion_rate",
        _("Conversion rate"),
        _(
            "Of the leads created in the period, the share that became customers with a signed contract. A customer"
            " counts once, with the lead that led to the first contract."
        ),
        Unit.RATIO,
        journey.LEADS_WON,
        journey.LEADS_CREATED,
        headline=True,
    ),
    Kpi(
        "sales_cycle_days",
        _("Sales cycle"),
        _(
            "Days from an opportunity's opening to its winning, over those won in the period: mean, median and 90th"
            " percentile."
        ),
        Unit.DAYS,
        journey.CYCLE_DAYS,
        journey.DEALS_WON,
        better=DOWN,
        spread=True,
        headline=True,
    ),
    Kpi(
        "csat",
        _("Customer satisfaction"),
        _("Answers of 4 or 5 / answers, by the day of the answer."),
        Unit.RATIO,
        journey.SURVEYS_HAPPY,
        journey.SURVEYS_ANSWERED,
        headline=True,
    ),
    Kpi(
        "market_share",
        _("Market share"),
        _(
            "Revenue / sales of the whole industry, over the months and segments whose market size was entered. A"
            " month's market counts on its first day."
        ),
        Unit.RATIO,
        money.REVENUE_IN_MARKET,
        money.MARKET,
        headline=True,
    ),
)
VARIANTS = (
    Kpi(
        "revenue_billed",
        _("Revenue billed"),
        _("Invoices issued − credit notes, net of tax, by their day of issue."),
        Unit.MONEY,
        money.BILLED,
    ),
    Kpi(
        "revenue_collected",
        _("Collections"),
        _("Payments confirmed, by the day received, − refunds, by the day refunded; bounced payments do not count."),
        Unit.MONEY,
        money.COLLECTED,
    ),
    Kpi(
        "new_customers",
        _("New customers"),
        _("Customers whose first contract was signed in the period."),
        Unit.COUNT,
        money.NEW_CUSTOMERS,
    ),
    Kpi(
        "win_rate",
        _("Win rate"),
        _("Deals won / (won + lost), by the day they were closed."),
        Unit.RATIO,
        journey.DEALS_WON,
        journey.DEALS_CLOSED,
    ),
    Kpi(
        "win_rate_amount",
        _("Win rate by amount"),
        _("Worth of deals won / worth of deals won or lost, by the day they were closed."),
        Unit.RATIO,
        journey.DEALS_WON_WORTH,
        journey.DEALS_CLOSED_WORTH,
    ),
    Kpi(
        "conversion_rate_period",
        _("Conversion rate by period"),
        _("Customers won in the period / leads created in it."),
        Unit.RATIO,
        money.NEW_CUSTOMERS,
        journey.LEADS_CREATED,
    ),
    Kpi(
        "lead_to_cash_days",
        _("Lead to cash"),
        _("Days from a lead's creation to the last receipt in its chain, by the day of that receipt."),
        Unit.DAYS,
        journey.LEAD_TO_CASH,
        journey.LEADS_PAID,
        better=DOWN,
        spread=True,
    ),
    Kpi(
        "csat_score",
        _("Mean satisfaction"),
        _("Sum of the scores (1 to 5) / answers, by the day of the answer."),
        Unit.SCORE,
        journey.SURVEYS_SCORE,
        journey.SURVEYS_ANSWERED,
    ),
    Kpi(
        "csat_response_rate",
        _("Survey response rate"),
        _("Surveys sent in the period that were answered / surveys sent in it."),
        Unit.RATIO,
        journey.SURVEYS_RETURNED,
        journey.SURVEYS_SENT,
    ),
    Kpi(
        "nps",
        _("Net promoter score"),
        _("(Promoters, 9–10, − detractors, 0–6) / answers, by the day of the answer."),
        Unit.RATIO,
        journey.PROMOTION,
        journey.RECOMMENDED,
    ),
    Growth(
        "revenue_growth",
        _("Revenue growth"),
        _("Revenue / revenue of the period before − 1; a period not yet over is set against as many days."),
        Unit.RATIO,
        money.REVENUE,
    ),
    YearGrowth(
        "revenue_growth_year",
        _("Revenue growth against last year"),
        _("Revenue / revenue of the same period last year − 1; a period not yet over is set against as many days."),
        Unit.RATIO,
        money.REVENUE,
    ),
)
FUNNEL = tuple(_stage(number) for number in range(1, len(journey.STAGES)))
REGISTRY = {kpi.key: kpi for kpi in (*HEADLINES, *VARIANTS, *FUNNEL)}
