"""What invoices, payments, credit notes and periods can be searched by."""

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from billing.models import AccountCode, CreditNote, Invoice, JournalFormat, Payment, Period, WriteOff
from billing.reports import BUCKETS, in_bucket, outstanding_on
from crm import clock
from crm.web import ListFilter
from crm.web.filters import people, teams
from crm.web.forms import DateInput


def day(**options):
    return django_filters.DateFilter(widget=DateInput, **options)


class InvoiceFilter(ListFilter):
    ORDERING = ("number", "issued_on", "due_on", "gross", "balance", "customer__name")
    owner = django_filters.ModelChoiceFilter(queryset=people, label=_("owner"))
    team = django_filters.ModelChoiceFilter(field_name="owner__team", queryset=teams, label=_("team"))
    payment_state = django_filters.ChoiceFilter(
        method="by_payment_state", choices=Invoice.PaymentState, label=_("payment state")
    )
    contract = django_filters.NumberFilter(label=_("contract"), widget=forms.HiddenInput)
    returned = django_filters.BooleanFilter(
        field_name="returned_reason", method="by_returned", label=_("returned"), widget=forms.HiddenInput
    )
    issued_since = day(field_name="issued_on", lookup_expr="gte", label=_("issued since"))
    issued_until = day(field_name="issued_on", lookup_expr="lte", label=_("issued until"))
    due_since = day(field_name="due_on", lookup_expr="gte", label=_("due since"))
    due_until = day(field_name="due_on", lookup_expr="lte", label=_("due until"))
    open = django_filters.BooleanFilter(method="by_open", label=_("outstanding"), widget=forms.HiddenInput)
    as_of = day(method="by_day", label=_("outstanding on"))
    bucket = django_filters.ChoiceFilter(
        method="by_bucket",
        choices=[(key, words) for key, (words, _first, _last) in BUCKETS.items()],
        label=_("past due"),
    )

    class Meta:
        model = Invoice
        fields = ("status", "customer")

    def by_payment_state(self, queryset, name, value: str):
        return queryset.in_state(value, clock.today())

    def by_returned(self, queryset, name, value):
        return queryset.exclude(returned_reason="") if value else queryset.filter(returned_reason="")

    def by_open(self, queryset, name, value):
        return queryset.receivable() if value else queryset

    def by_day(self, queryset, name, value):
        return outstanding_on(queryset, value)

    def by_bucket(self, queryset, name, value):
        """Of what was outstanding on the day asked for, today if none is."""
        on = self.form.cleaned_data.get("as_of") or clock.today()
        return outstanding_on(queryset, on).filter(in_bucket(value, on))


class PaymentFilter(ListFilter):
    ORDERING = ("number", "received_on", "amount", "unallocated", "customer__name")
    owner = django_filters.ModelChoiceFilter(queryset=people, label=_("owner"))
    team = django_filters.ModelChoiceFilter(field_name="owner__team", queryset=teams, label=_("team"))
    credit = django_filters.BooleanFilter(method="by_credit", label=_("with credit left"))
    refund = django_filters.BooleanFilter(method="by_refund", label=_("refund asked for"))
    received_since = day(field_name="received_on", lookup_expr="gte", label=_("received since"))
    received_until = day(field_name="received_on", lookup_expr="lte", label=_("received until"))

    class Meta:
        model = Payment
        fields = ("status", "method", "customer")

    def by_credit(self, queryset, name, value):
        credit = queryset.with_credit()
        return credit if value else queryset.exclude(pk__in=credit.values("pk"))

    def by_refund(self, queryset, name, value):
        return queryset.filter(refund_asked__gt=0) if value else queryset.filter(refund_asked=0)


class CreditNoteFilter(ListFilter):
    ORDERING = ("number", "issued_on", "amount")
    invoice = django_filters.NumberFilter(label=_("invoice"), widget=forms.HiddenInput)
    issued_since = day(field_name="issued_on", lookup_expr="gte", label=_("issued since"))
    issued_until = day(field_name="issued_on", lookup_expr="lte", label=_("issued until"))

    class Meta:
        model = CreditNote
        fields = ("status", "customer")


class WriteOffFilter(ListFilter):
    ORDERING = ("number", "written_off_on", "amount")
    invoice = django_filters.NumberFilter(label=_("invoice"), widget=forms.HiddenInput)
    written_off_since = day(field_name="written_off_on", lookup_expr="gte", label=_("written off since"))
    written_off_until = day(field_name="written_off_on", lookup_expr="lte", label=_("written off until"))

    class Meta:
        model = WriteOff
        fields = ("status", "customer")


class PeriodFilter(ListFilter):
    ORDERING = ("first_day",)
    DEFAULT_ORDER = "-first_day"

    class Meta:
        model = Period
        fields = ("status",)

    def by_text(self, queryset, name, value):
        return queryset.filter(first_day__startswith=value.strip())


class AccountCodeFilter(ListFilter):
    ORDERING = ("code", "name")
    DEFAULT_ORDER = "code"

    class Meta:
        model = AccountCode
        fields = ()


class JournalFormatFilter(ListFilter):
    ORDERING = ("name",)
    DEFAULT_ORDER = "name"

    class Meta:
        model = JournalFormat
        fields = ("encoding",)
