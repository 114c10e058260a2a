"""What promises, disputes, reminders, dunning levels and credit can be searched by."""

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from billing.filters import day
from billing.models import CreditLimit, CreditRelease, Dispute, DunningLevel, Promise, Reminder
from crm import clock
from crm.web import ListFilter
from crm.web.filters import people


class PromiseFilter(ListFilter):
    ORDERING = ("number", "amount", "promised_on", "customer__name")
    owner = django_filters.ModelChoiceFilter(queryset=people, label=_("owner"))
    invoice = django_filters.NumberFilter(label=_("invoice"), widget=forms.HiddenInput)
    outcome = django_filters.ChoiceFilter(
        method="by_outcome", choices=Promise.Outcome, label=_("how it stands")
    )  # fmt: skip
    promised_since = day(field_name="promised_on", lookup_expr="gte", label=_("promised since"))
    promised_until = day(field_name="promised_on", lookup_expr="lte", label=_("promised until"))

    class Meta:
        model = Promise
        fields = ("customer",)

    def by_outcome(self, queryset, name, value: str):
        return queryset.in_state(value, clock.today())


class DisputeFilter(ListFilter):
    ORDERING = ("number", "resolved_on", "customer__name")
    handler = django_filters.ModelChoiceFilter(queryset=people, label=_("to be resolved by"))
    invoice = django_filters.NumberFilter(label=_("invoice"), widget=forms.HiddenInput)

    class Meta:
        model = Dispute
        fields = ("status", "kind", "customer")


class ReminderFilter(ListFilter):
    ORDERING = ("number", "level__days", "balance", "sent_on", "customer__name")
    owner = django_filters.ModelChoiceFilter(queryset=people, label=_("owner"))
    waiting = django_filters.BooleanFilter(method="by_waiting", label=_("to be sent"), widget=forms.HiddenInput)
    sent_since = day(field_name="sent_on", lookup_expr="gte", label=_("sent since"))
    sent_until = day(field_name="sent_on", lookup_expr="lte", label=_("sent until"))

    class Meta:
        model = Reminder
        fields = ("status", "level", "currency", "customer")

    def by_waiting(self, queryset, name, value):
        return queryset.waiting() if value else queryset


class DunningLevelFilter(ListFilter):
    ORDERING = ("days",)
    DEFAULT_ORDER = "days"

    class Meta:
        model = DunningLevel
        fields = ("automatic", "is_active")

    def by_text(self, queryset, name, value):
        return queryset.filter(name__icontains=value.strip())


class CreditLimitFilter(ListFilter):
    ORDERING = ("limit", "customer__name")

    class Meta:
        model = CreditLimit
        fields = ("status", "customer")

    def by_text(self, queryset, name, value):
        return queryset.filter(customer__name__icontains=value.strip())


class CreditReleaseFilter(ListFilter):
    ORDERING = ("number", "customer__name")

    class Meta:
        model = CreditRelease
        fields = ("status", "customer")
