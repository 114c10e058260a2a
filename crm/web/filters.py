"""What may be searched: one FilterSet per record type serves list page, export and API."""

from copy import copy

import django_filters
from django import forms
from django.db.models import F
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from crm import access, choices, search, tags
from crm.models import ImportRow, Tag, Team, User
from crm.web.forms import narrowed
from crm.web.paging import PLACE

NO_FILTERS = {"o", "size", "columns", "view", *PLACE}  # what a list's address says beside its filters
OFF = ("", "unknown")  # what a filter says that is not used


class ListFilter(django_filters.FilterSet):
    """Adds the search box `q` and the order `o` (a column's ordering term, `-` for descending)."""

    q = django_filters.CharFilter(method="by_text", label=_("search"))
    imported = django_filters.NumberFilter(method="by_import", label=_("brought in with"), widget=forms.HiddenInput)

    ORDERING = ()  # the terms `o` may take
    DEFAULT_ORDER = "-pk"

    @property
    def form(self):
        is_new = not hasattr(self, "_form")
        form = super().form
        if is_new and self.request is not None:
            choices.offer(form)
            for field in form.fields.values():
                name_only_visible(field, self.request.user)
        return form

    @classmethod
    def get_filters(cls):
        """Records that carry tags can be searched by one, by its name."""
        found = super().get_filters()
        if getattr(cls._meta.model, "may_be_tagged", False):
            found["tag"] = django_filters.ModelChoiceFilter(
                queryset=Tag.objects.all(), to_field_name="name", method="by_tag", label=_("tag")
            )
        return found

    def by_tag(self, queryset, name, value: str):
        return queryset.filter(pk__in=tags.keys(queryset.model, value))

    def by_text(self, queryset, name, value):
        return search.narrow(queryset, value)

    def by_import(self, queryset, name, value):
        rows = ImportRow.objects.filter(run=int(value), done=True, outcome=ImportRow.Outcome.CREATED)
        return queryset.filter(pk__in=rows.filter(record_type=queryset.model._meta.model_name).values("record_id"))

    def filter_queryset(self, queryset):
        return super().filter_queryset(queryset).order_by(*self.order())

    @property
    def qs(self):
        """Where nothing is asked for, no form is made to find that out."""
        if not hasattr(self, "_qs") and not self.asks():
            self._qs = self.queryset.all().order_by(*self.order())
        return super().qs

    def asks(self):
        return any(value not in OFF for name, value in (self.data or {}).items() if name not in NO_FILTERS)

    def ordering(self):
        """(term, descending?): the asked order if it is allowed, else the usual one."""
        asked = self.data.get("o", "") if self.data else ""
        asked = asked if self.may_rank_by(asked.lstrip("-")) else self.DEFAULT_ORDER
        return asked.lstrip("-"), asked.startswith("-")

    def may_rank_by(self, term):
        """Only by what is offered; and who may not see all amounts cannot guess them from their order either."""
        is_money = term.rsplit("__", 1)[-1] in access.MONEY_FIELDS
        hidden = is_money and self.request and not access.sees_all_money(self.request.user, self._meta.model)
        return term in self.ORDERING and not hidden

    def order(self):
        """As `crm.web.paging` orders: empty values last, always ended by the key so that pages never overlap."""
        term, descending = self.ordering()
        if term == "pk":
            return ("-pk" if descending else "pk",)
        field = F(term).desc(nulls_last=True) if descending else F(term).asc(nulls_last=True)
        return field, "pk" if descending else "-pk"

    def chips(self, request):
        """(label, value, address without it) of each filter that is on."""
        if not self.asks():
            return []
        found = []
        for name, field in self.form.fields.items():
            values = (
                [value for value in self.data.getlist(name) if value not in OFF]
                if hasattr(self.data, "getlist")
                else []
            )
            if not values:
                continue
            query = request.GET.copy()
            for key in (name, *PLACE):
                query.pop(key, None)
            found.append((capfirst(str(field.label or name)), shown(field, values), f"?{query.urlencode()}"))
        return found


def name_only_visible(field, user):
    """List the rows the person may see. Any row may be filtered by: the list itself shows only what is visible."""
    if getattr(field, "queryset", None) is not None:
        listed = copy(field)  # its rows go to the widget, which both share
        listed.queryset = narrowed(field.queryset, user)


def shown(field, values):
    """A filter's value in words."""
    words = {}
    if hasattr(field, "queryset"):
        rows = field.widget.choices.queryset
        words = {str(row.pk): str(row) for row in rows.filter(pk__in=[v for v in values if v.isdecimal()])}
    elif hasattr(field, "choices"):
        words = {str(key): str(label) for key, label in field.choices}
    return ", ".join(words.get(value, value) for value in values)


def people(request):
    """The colleagues a list may be narrowed to."""
    return User.objects.filter(is_active=True)


def teams(request):
    """The teams a list may be narrowed to: those of the owners."""
    return Team.objects.all()
