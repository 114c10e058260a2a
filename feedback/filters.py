"""What tickets and surveys can be searched by."""

import django_filters
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import search
from crm.models import Customer
from crm.web import ListFilter
from crm.web.filters import people
from feedback.models import SurveyInvitation, Ticket


class TicketFilter(ListFilter):
    ORDERING = ("resolution_due_at", "priority", "status", "created_at")
    owner = django_filters.ModelChoiceFilter(queryset=people, label=_("owner"))
    open = django_filters.BooleanFilter(method="is_open", label=_("open"))
    late = django_filters.BooleanFilter(method="is_late", label=_("past its time"))

    class Meta:
        model = Ticket
        fields = ("status", "kind", "priority", "customer", "order")

    def is_open(self, queryset, name, value):
        return queryset.filter(status__in=Ticket.OPEN) if value else queryset.exclude(status__in=Ticket.OPEN)

    def is_late(self, queryset, name, value):
        late = Q(status__in=Ticket.AT_WORK, resolution_due_at__lt=timezone.now())
        return queryset.filter(late) if value else queryset.exclude(late)


class SurveyFilter(ListFilter):
    ORDERING = ("score", "status", "answered_at", "created_at")
    low = django_filters.BooleanFilter(method="is_low", label=_("unhappy (1–2)"))

    class Meta:
        model = SurveyInvitation
        fields = ("status", "score", "customer", "order", "ticket")

    def by_text(self, queryset, name, value):
        return queryset.filter(customer__in=search.matching(Customer, value))

    def is_low(self, queryset, name, value):
        return queryset.filter(score__lte=2) if value else queryset.exclude(score__lte=2)
