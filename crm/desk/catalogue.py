"""Products and price lists."""

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from crm import choices, records
from crm.models import PriceList, PriceListItem, Product
from crm.web import Column, ListFilter, RecordForm, RecordPages, Related


class ProductFilter(ListFilter):
    ORDERING = ("sku", "name", "kind", "price")
    DEFAULT_ORDER = "sku"

    class Meta:
        model = Product
        fields = ("kind", "is_active")


class PriceListFilter(ListFilter):
    ORDERING = ("name",)

    class Meta:
        model = PriceList
        fields = ("currency", "is_active")


class ProductForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = Product
        fields = ("sku", "name", "kind", "unit", "price", "currency", "tax_rate", "gross_margin", "is_active")


class PriceListForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = PriceList
        fields = ("name", "currency", "valid_from", "valid_until", "is_active")


class PriceForm(forms.ModelForm):
    class Meta:
        model = PriceListItem
        fields = ("product", "price")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        choices.offer(self, choices.OFFERED_IN_ROWS)


class ProductPages(RecordPages):
    model = Product
    filterset_class = ProductFilter
    form_class = ProductForm
    section = "customers"
    may_follow_up = False
    empty_text = _("No products yet.")
    columns = (
        Column("name", sort="name"),
        Column("sku", sort="sku"),
        Column("kind", sort="kind"),
        Column("unit"),
        Column("price", sort="price"),
        Column("tax_rate", align="end"),
        Column("is_active"),
    )
    facts = ("sku", "kind", "unit", "price", "currency", "tax_rate", "gross_margin", "is_active")


class PriceListPages(RecordPages):
    model = PriceList
    filterset_class = PriceListFilter
    form_class = PriceListForm
    section = "customers"
    may_follow_up = False
    empty_text = _("No price lists yet.")
    columns = (
        Column("name", sort="name"),
        Column("currency"),
        Column("valid_from"),
        Column("valid_until"),
        Column("is_active"),
    )
    facts = ("currency", "valid_from", "valid_until", "is_active")

    def form_parts(self, record):
        data = self.request.POST if self.request.method == "POST" else None
        formset = forms.inlineformset_factory(PriceList, PriceListItem, form=PriceForm, extra=3, can_delete=True)
        return {"lines": formset(data, instance=record, prefix="items")}

    @transaction.atomic
    def save(self, form, parts):
        saved = records.save(form.save(commit=False), by=self.request.user, seen=form.cleaned_data.get("seen"))
        parts["lines"].instance = saved
        parts["lines"].save()
        return saved

    def related(self, price_list):
        user = self.request.user
        columns = (Column("product"), Column("price"))
        rows = []
        for item in price_list.items.select_related("product"):
            item.currency = price_list.currency
            rows.append({"record": item, "url": "", "cells": [column.cell(item, user) for column in columns]})
        return [Related(_("Prices"), [(c.name, c.title(PriceListItem), c.at) for c in columns], rows)]
