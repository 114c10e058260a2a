"""What opportunities and quotes can be searched by."""

import django_filters
from django.utils.translation import gettext_lazy as _

from crm import clock
from crm.models import Company
from crm.web import ListFilter
from crm.web.filters import people
from opportunities.models import Opportunity, Quote


def split_by(queryset, rows, wanted):
    """The rows that are among these, or those that are not."""
    among = rows.values("pk")
    return queryset.filter(pk__in=among) if wanted else queryset.exclude(pk__in=among)


class OpportunityFilter(ListFilter):
    ORDERING = (
        "name", "customer__name", "status", "amount", "expected_close_on", "last_activity_at", "status_since",
        "created_at",
    )  # fmt: skip
    owner = django_filters.ModelChoiceFilter(queryset=people, label=_("owner"), empty_label=_("Everybody"))
    open = django_filters.BooleanFilter(method="by_open", label=_("open"))
    stale = django_filters.BooleanFilter(method="by_stale", label=_("gone stale"))
    late = django_filters.BooleanFilter(method="by_late", label=_("too long in its stage"))
    asked = django_filters.BooleanFilter(method="by_asked", label=_("quote asked for"))
    closing_until = django_filters.DateFilter(
        field_name="expected_close_on", lookup_expr="lte", label=_("closing until")
    )

    class Meta:
        model = Opportunity
        fields = ("status", "customer", "lost_reason")

    def by_open(self, queryset, name, value):
        return split_by(queryset, Opportunity.objects.open(), value)

    def by_stale(self, queryset, name, value):
        since = clock.days_ago(Company.current().stale_opportunity_days)
        return split_by(queryset, Opportunity.objects.stale_since(since), value)

    def by_late(self, queryset, name, value):
        return split_by(queryset, Opportunity.objects.late(), value)

    def by_asked(self, queryset, name, value):
        return queryset.filter(quote_asked_at__isnull=not value)


class QuoteFilter(ListFilter):
    ORDERING = ("number", "customer__name", "status", "gross", "valid_until", "sent_at", "created_at")
    owner = django_filters.ModelChoiceFilter(queryset=people, label=_("owner"), empty_label=_("Everybody"))
    expired = django_filters.BooleanFilter(method="by_expired", label=_("past validity"))
    without_contract = django_filters.BooleanFilter(method="by_contract", label=_("accepted, no contract yet"))

    class Meta:
        model = Quote
        fields = ("status", "opportunity", "customer")

    def by_expired(self, queryset, name, value):
        return split_by(queryset, Quote.objects.past_validity(clock.today()), value)

    def by_contract(self, queryset, name, value):
        return split_by(queryset, Quote.objects.awaiting_contract(), value)
