"""What targets, costs and market figures can be narrowed by."""

import django_filters
from django.utils.translation import gettext_lazy as _

from crm.web import ListFilter
from kpis.models import Cost, IndustrySales, Target


def year_of(field):
    return django_filters.NumberFilter(
        field_name=field, lookup_expr="year", min_value=1, max_value=9999, label=_("year")
    )


class TargetFilter(ListFilter):
    ORDERING = ("kpi", "starts_on", "status", "revision", "base")
    DEFAULT_ORDER = "-starts_on"
    q = None
    year = django_filters.NumberFilter(
        field_name="starts_on", lookup_expr="year", min_value=1, max_value=9999, label=_("year")
    )

    class Meta:
        model = Target
        fields = ("kpi", "status", "span", "team", "person", "plan")


class PlanFilter(TargetFilter):
    """Of the list of plans, which shows years only."""

    class Meta:
        model = Target
        fields = ("kpi", "status")


class CostFilter(ListFilter):
    ORDERING = ("month", "kind", "amount")
    DEFAULT_ORDER = "-month"
    q = None
    year = django_filters.NumberFilter(
        field_name="month", lookup_expr="year", min_value=1, max_value=9999, label=_("year")
    )

    class Meta:
        model = Cost
        fields = ("kind", "team")


class IndustrySalesFilter(ListFilter):
    ORDERING = ("month", "industry", "amount")
    DEFAULT_ORDER = "-month"
    q = None
    year = django_filters.NumberFilter(
        field_name="month", lookup_expr="year", min_value=1, max_value=9999, label=_("year")
    )

    class Meta:
        model = IndustrySales
        fields = ("industry",)
