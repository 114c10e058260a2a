"""Forms of records: the fields a person fills in, and the version they were looking at."""

from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm import choices
from crm.models import User


class DateInput(forms.DateInput):
    """The browser's own date picker."""

    input_type = "date"

    def __init__(self, **kwargs):
        super().__init__(format="%Y-%m-%d", **kwargs)


def formfield(field, **kwargs):
    if isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
        return field.formfield(widget=DateInput, **kwargs)
    if isinstance(field, models.TextField) and not getattr(field, "choices", None):
        return field.formfield(widget=forms.Textarea(attrs={"rows": 3}), **kwargs)
    return field.formfield(**kwargs)


class RecordForm(forms.ModelForm):
    """Base of every record's form. Choices shrink to what the person may see; `seen` guards against overwriting."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        formfield_callback = formfield

    def __init__(self, *args, by, **kwargs):
        self.by = by
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["seen"].initial = getattr(self.instance, "version", None)
        for field in self.fields.values():
            queryset = getattr(field, "queryset", None)
            if queryset is not None:
                field.queryset = narrowed(queryset, by)
        choices.offer(self)
        if "owner" in self.fields and not self.instance.pk:
            self.initial["owner"] = self.initial.get("owner") or by.pk
        self.prepare()

    def prepare(self):
        """Narrow choices and set proposals further; nothing by default."""


def narrowed(queryset, user):
    """The rows of a choice that the person may see; colleagues are known to all."""
    if queryset.model is User:
        return queryset.filter(is_active=True)
    return queryset.visible_to(user) if hasattr(queryset, "visible_to") else queryset


def language_choices():
    """The languages of the product, each in its own name."""
    return [("", _("as the browser asks")), *((code, name) for code, name in settings.LANGUAGES)]


def time_zone_choices():
    """Every time zone, the company's first."""
    return [("", _("as the company")), *((zone, zone) for zone in sorted(available_timezones()) if "/" in zone)]
