"""What campaigns and leads can be searched by."""

import django_filters
from django.utils.translation import gettext_lazy as _

from crm.web import ListFilter
from crm.web.filters import people
from leads.models import Campaign, Lead


class CampaignFilter(ListFilter):
    ORDERING = ("name", "status", "channel", "starts_on", "budget")

    class Meta:
        model = Campaign
        fields = ("status", "channel")


class LeadFilter(ListFilter):
    ORDERING = ("company_name", "status", "grade", "channel", "last_contact_at", "created_at")
    owner = django_filters.ModelChoiceFilter(queryset=people, label=_("owner"))
    pool = django_filters.BooleanFilter(method="in_pool", label=_("in the pool"))
    since = django_filters.DateFilter(field_name="created_at", lookup_expr="date__gte", label=_("created since"))

    class Meta:
        model = Lead
        fields = ("status", "grade", "channel", "campaign", "industry")

    def in_pool(self, queryset, name, value):
        return queryset.in_pool() if value else queryset.exclude(owner=None)
