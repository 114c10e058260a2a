"""What contracts, amendments, orders and deliveries can be searched by."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contracts.models import Amendment, Contract, Delivery, Order
from crm import clock
from crm.web import ListFilter
from crm.web.filters import people, teams


class ContractFilter(ListFilter):
    ORDERING = ("number", "title", "customer__name", "status", "gross", "signed_on", "promised_on", "created_at")
    owner = django_filters.ModelChoiceFilter(queryset=people, label=_("owner"))
    team = django_filters.ModelChoiceFilter(field_name="owner__team", queryset=teams, label=_("team"))
    signed_since = django_filters.DateFilter(field_name="signed_on", lookup_expr="gte", label=_("signed since"))
    signed_until = django_filters.DateFilter(field_name="signed_on", lookup_expr="lte", label=_("signed until"))
    returned = django_filters.BooleanFilter(method="by_return", label=_("returned by finance"))

    class Meta:
        model = Contract
        fields = ("status", "customer", "opportunity")

    def by_return(self, queryset, name, value):
        returned = Q(status=Contract.Status.DRAFT, submitted_by__isnull=False)
        return queryset.filter(returned) if value else queryset.exclude(returned)


class AmendmentFilter(ListFilter):
    ORDERING = ("number", "contract__number", "status", "delta", "approved_on", "created_at")

    class Meta:
        model = Amendment
        fields = ("status", "contract")


class OrderFilter(ListFilter):
    ORDERING = ("number", "customer__name", "status", "gross", "promised_on", "created_at")
    owner = django_filters.ModelChoiceFilter(queryset=people, label=_("owner"))
    overdue = django_filters.BooleanFilter(method="by_overdue", label=_("promised day has passed"))

    class Meta:
        model = Order
        fields = ("status", "customer", "contract")

    def by_overdue(self, queryset, name, value):
        overdue = Q(status__in=(*Order.RUNNING, Order.Status.ON_HOLD), promised_on__lt=clock.today())
        return queryset.filter(overdue) if value else queryset.exclude(overdue)


class DeliveryFilter(ListFilter):
    ORDERING = ("number", "order__number", "customer__name", "status", "planned_on", "shipped_on", "delivered_on")
    due_until = django_filters.DateFilter(field_name="planned_on", lookup_expr="lte", label=_("planned until"))

    class Meta:
        model = Delivery
        fields = ("status", "customer", "order")
