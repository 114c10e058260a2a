"""Documents with lines: the sheet on the page, its totals as one types, and the saving of both together."""

from django import forms
from django.shortcuts import render
from django.urls import path, reverse

from crm import choices, money
from crm.web.pages import RecordPages

LINE_FIELDS = ("product", "description", "quantity", "unit_price", "discount_percent", "tax_rate")


class LineForm(forms.ModelForm):
    """One row of the sheet. A product fills in what is left empty: text, price, tax rate."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        choices.offer(self, choices.OFFERED_IN_ROWS)
        choices.within(self.fields["product"], "on_sale")
        for name in ("unit_price", "tax_rate", "discount_percent"):
            self.fields[name].required = False

    def clean(self):
        values = super().clean()
        product = values.get("product")
        for name, fallback in (("unit_price", product and product.price), ("tax_rate", product and product.tax_rate)):
            if values.get(name) is None and name not in self.errors:
                values[name] = fallback
        if values.get("unit_price") is None and "unit_price" not in self.errors:
            self.add_error("unit_price", self.fields["product"].error_messages["required"])
        values["discount_percent"] = values.get("discount_percent") or 0
        values["tax_rate"] = 0 if values.get("tax_rate") is None else values["tax_rate"]
        values["description"] = values.get("description") or (product.name if product else "")
        return values


def line_formset(document_model, line_model, form=LineForm, fields=LINE_FIELDS):
    """The formset class for a document's lines."""
    return forms.inlineformset_factory(document_model, line_model, form=form, fields=fields, extra=1, can_delete=True)


def lines_of(formset):
    """The lines as they are to be, in the order of the sheet."""
    return [
        form.instance
        for form in formset.forms
        if (form.instance.pk or form.has_changed()) and not form.cleaned_data.get("DELETE")
    ]


def as_new(formset_class, data, prefix):
    """A sheet read as if none of it were stored: a preview has no document behind it."""
    copy = data.copy()
    copy[f"{prefix}-INITIAL_FORMS"] = "0"
    stored = ("-id", f"-{formset_class.fk.name}")
    for key in [key for key in copy if key.startswith(f"{prefix}-") and key.endswith(stored)]:
        del copy[key]
    return formset_class(copy, prefix=prefix)


def typed(formset):
    """The rows of a sheet that make sense so far."""
    formset.is_valid()
    return [
        form.instance
        for form in formset.forms
        if form.is_valid() and (form.has_changed() or form.instance.pk) and not form.cleaned_data.get("DELETE")
    ]


def priced(formset, currency):
    return [money.price_line(line, currency) for line in typed(formset)]


class DocumentPages(RecordPages):
    """Record pages for documents with lines. `store(record, lines=..., by=..., seen=...)` saves both."""

    line_model = None
    form_template = "_form.html"

    def formset_class(self):
        return line_formset(self.model, self.line_model)

    def formset(self, record, data):
        return self.formset_class()(data, instance=record, prefix="lines")

    def form_parts(self, record):
        data = self.request.POST if self.request.method == "POST" else None
        return {
            "lines": self.formset(record, data),
            "document": record,
            "preview_url": reverse(self.url_name("preview")),
        }

    def typed_rows(self, form, parts):
        return {"lines": lines_of(parts["lines"])}

    def preview(self):
        """The totals of what is typed so far, computed by the same rules as on saving."""
        data = self.request.POST
        document = self.model(currency=data.get("currency") or self.request.GET.get("currency") or "CNY")
        money.total(document, priced(as_new(self.formset_class(), data, "lines"), document.currency))
        return render(self.request, "_document_totals.html", {"document": document})

    def extra(self, record):
        return {"lines": record.lines.select_related("product"), "document": record}

    @classmethod
    def urls(cls, prefix):
        name = cls.model._meta.model_name
        return [path(f"{prefix}/preview/", cls.view("preview"), name=f"{name}_preview"), *super().urls(prefix)]
