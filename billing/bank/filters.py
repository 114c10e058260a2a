"""What bank accounts, statements and lines can be searched by."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.bank.models import BankAccount, BankLine, BankStatement
from crm.web import ListFilter
from crm.web.forms import DateInput

IN, OUT = "in", "out"


class BankAccountFilter(ListFilter):
    ORDERING = ("name", "bank", "number")
    DEFAULT_ORDER = "name"

    class Meta:
        model = BankAccount
        fields = ("currency", "is_active")

    def by_text(self, queryset, name, value):
        words = value.strip()
        return queryset.filter(Q(name__icontains=words) | Q(bank__icontains=words) | Q(number__icontains=words))


class BankStatementFilter(ListFilter):
    ORDERING = ("name", "first_day", "last_day", "total")

    class Meta:
        model = BankStatement
        fields = ("status", "account")

    def by_text(self, queryset, name, value):
        return queryset.filter(name__icontains=value.strip())


class BankLineFilter(ListFilter):
    ORDERING = ("booked_on", "amount", "payer")
    DEFAULT_ORDER = "-booked_on"
    statement = django_filters.ModelChoiceFilter(queryset=BankStatement.objects.all(), label=_("statement"))
    direction = django_filters.ChoiceFilter(
        method="by_direction", choices=[(IN, _("money in")), (OUT, _("money out"))], label=_("direction")
    )
    booked_since = django_filters.DateFilter(
        field_name="booked_on", lookup_expr="gte", label=_("booked since"), widget=DateInput
    )
    booked_until = django_filters.DateFilter(
        field_name="booked_on", lookup_expr="lte", label=_("booked until"), widget=DateInput
    )

    class Meta:
        model = BankLine
        fields = ("status", "account", "ignored_as")

    def by_direction(self, queryset, name, value: str):
        return queryset.filter(amount__gt=0) if value == IN else queryset.filter(amount__lt=0)

    def by_text(self, queryset, name, value):
        """Every word in payer, memo or reference."""
        for word in value.split():
            queryset = queryset.filter(
                Q(payer__icontains=word)
                | Q(memo__icontains=word)
                | Q(reference__icontains=word)
                | Q(payer_account__icontains=word)
            )
        return queryset
