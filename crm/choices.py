"""Choosing a record among thousands: a select that lists the likely rows, and a look-up for all the others.

What may be chosen is the field's whole queryset; the rows listed are only those offered first.
"""

from copy import copy
from urllib.parse import urlencode

from django import forms
from django.db.models import Q
from django.forms.models import ModelChoiceIterator
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from crm import search
from crm.models import Customer

OFFERED = 200  # rows listed at once, and all there is without JavaScript
OFFERED_IN_ROWS = 20  # in a sheet, where every line lists them again
FOUND = 20  # rows a look-up answers with
FEW = {"user", "campaign"}  # searchable, but few enough for a plain select


def choosable(model):
    """Is this a record type with too many rows for a plain select?"""
    return model in search.FIELDS and model._meta.model_name not in FEW


def type_named(record_type):
    """The record type of this name, None where it is not looked up."""
    return next((m for m in search.FIELDS if m._meta.model_name == record_type and choosable(m)), None)


def of_customers(model):
    """Do the rows of this type belong to customers?"""
    return any(field.name == "customer" for field in model._meta.fields)


class RecordChoice(forms.Select):
    """Lists the chosen row and the first ones; with JavaScript one types a part of any other."""

    def __init__(self, model, offered=None, **kwargs):
        self.model, self.offered, self.within = model, offered or OFFERED, {}
        super().__init__(**kwargs)

    def use_required_attribute(self, initial):
        """As for every select that begins with an empty choice; asking the rows for one would read them all."""
        if isinstance(self.choices, ModelChoiceIterator):
            return not self.is_hidden and self.choices.field.empty_label is not None
        return super().use_required_attribute(initial)

    def render(self, name, value, attrs=None, renderer=None):
        shown, complete = copy(self), False
        if isinstance(self.choices, ModelChoiceIterator):
            rows, complete = self.rows(next(iter(self.format_value(value)), ""))
            empty = self.choices.field.empty_label
            choices = [] if empty is None else [("", empty)]
            shown.choices = [*choices, *(self.choices.choice(row) for row in rows)]
        return format_html(
            '<record-choice data-lookup="{}" data-hint="{}" data-none="{}">{}</record-choice>',
            "" if complete else self.address(),
            _("Type to search"),
            _("Nothing found"),
            super(RecordChoice, shown).render(name, value, attrs, renderer),
        )

    def rows(self, chosen):
        """The rows to list, and whether these are all."""
        found = self.choices.queryset
        found = found if found.ordered else found.order_by("-pk")
        if of_customers(self.model):
            found = found.select_related("customer")
        first = list(found[: self.offered + 1])
        complete = len(first) <= self.offered
        rows = first[: self.offered]
        if chosen.isdecimal() and int(chosen) not in {row.pk for row in rows}:
            rows = [*found.filter(pk=chosen), *rows]
        return rows, complete

    def address(self):
        """Where the rows not listed are looked up."""
        query = f"?{urlencode(self.within)}" if self.within else ""
        return reverse("crm:lookup", args=[self.model._meta.model_name]) + query

    def create_option(self, name, value, label, *args, **kwargs):
        option = super().create_option(name, value, label, *args, **kwargs)
        if record := getattr(value, "instance", None):
            about = described(record)
            option["attrs"] |= {f"data-{key}": about[key] for key in ("sub", "customer") if about[key]}
        return option


def offer(form, offered=None):
    """Let every choice among many records on this form be a `RecordChoice`."""
    for field in form.fields.values():
        model = getattr(getattr(field, "queryset", None), "model", None)
        if model and type(field.widget) is forms.Select and choosable(model):
            field.widget = RecordChoice(model, offered, attrs=field.widget.attrs)
            field.widget.is_required = field.required
            field.widget.choices = field.choices


def within(field, among="", customer=None):
    """Narrow a choice to one of its type's sets (`open`), to the rows of one customer, or to both."""
    rows = getattr(field.queryset, among)() if among else field.queryset
    field.queryset = rows.filter(customer=customer) if customer else rows
    if isinstance(field.widget, RecordChoice):
        asked = {"among": among, "customer": getattr(customer, "pk", customer)}
        field.widget.within = {key: value for key, value in asked.items() if value}


def found(rows, query, customer=""):
    """The first rows that match by themselves or by their customer's name; of one customer where one is given."""
    if of_customers(rows.model):
        if customer.isdecimal():
            rows = rows.filter(customer=customer)
        rows = rows.select_related("customer")
    return search.nearest(matching(rows, query), query)[:FOUND]


def matching(rows, query):
    if not query.strip() or not of_customers(rows.model):
        return search.narrow(rows, query)
    its_customer = Q(customer__in=search.matching(Customer, query))
    return rows.filter(Q(pk__in=search.matching(rows.model, query)) | its_customer)


def described(record):
    """A row as a choice shows it."""
    return {
        "id": record.pk,
        "text": str(record),
        "sub": search.subtitle(record),
        "customer": getattr(record, "customer_id", None),
    }
