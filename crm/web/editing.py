"""The form of a record type: new and edit, with what stands beside the fields."""

from functools import partial

from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from crm import access
from crm.transitions import Stale
from crm.verbs import add_refusal
from crm.web.conflicts import found, resolved, without_theirs
from crm.web.forms import narrowed


class EditPages:
    """`new` and `edit`; nothing typed is lost when something is refused."""

    def edit_url(self, record):
        allowed = (
            self.form_class
            and self.editable(record)
            and access.allows(self.request.user, access.name("change", self.model), record)
        )
        return reverse(self.url_name("edit"), args=[record.pk]) if allowed else None

    def editable(self, record):
        """May the record be edited in its present state?"""
        return True

    def new(self):
        self.may("add")
        return self.edit_form(self.blank(), capfirst(_("New %(what)s") % {"what": self.model._meta.verbose_name}))

    def blank(self):
        """A new record with what the address says about it (`?customer=3`)."""
        known = {key: value for key, value in self.request.GET.items() if key in self.form_class.base_fields}
        record = self.model()
        for key, value in known.items():
            model_field = self.model._meta.get_field(key)
            if not model_field.is_relation:
                setattr(record, key, value)
            elif value.isdigit():
                seen = narrowed(model_field.related_model.objects.all(), self.request.user)
                setattr(record, key, get_object_or_404(seen, pk=value))
        return record

    def edit(self, pk):
        record = self.get(pk)
        access.authorize(self.request.user, access.name("change", self.model), record)
        if not self.editable(record):
            raise PermissionDenied(_("This record can no longer be edited."))
        return self.edit_form(record, _("Edit %(record)s") % {"record": record})

    def edit_form(self, record, heading):
        form, conflicts = self.filled(record), []
        parts = self.form_parts(record)
        if self.request.method == "POST" and form.is_valid() and self.parts_valid(parts):
            try:
                saved = self.save(form, parts)
                return redirect(saved)
            except Stale as refusal:
                add_refusal(form, refusal)
                conflicts = found(form, self.typed_rows(form, parts), self.get(record.pk), self.request.user)
            except ValidationError as refusal:
                add_refusal(form, refusal)
        context = {
            "form": form,
            "conflicts": conflicts,
            "heading": heading,
            "submit_label": _("Save"),
            "cancel_url": self.cancel_url(record),
            "pages": self,
            **parts,
        }
        return render(self.request, self.form_template, context, status=422 if self.request.method == "POST" else 200)

    def filled(self, record):
        """The form with what was typed, or with the other's values where these were chosen after a conflict."""
        form_of = partial(self.form_class, instance=record, by=self.request.user)
        if self.request.method != "POST":
            return form_of()
        return form_of(resolved(self.request.POST, form_of()), self.request.FILES)

    def form_parts(self, record):
        """Formsets and other context beside the form (`lines`)."""
        return {}

    def parts_valid(self, parts):
        return all(part.is_valid() for part in parts.values() if hasattr(part, "is_valid"))

    def save(self, form, parts):
        """Hand the filled form to the one door for changes; documents call their own verb."""
        rows = without_theirs(self.request.POST, self.typed_rows(form, parts))
        return self.store(form.save(commit=False), by=self.request.user, seen=form.cleaned_data.get("seen"), **rows)

    def typed_rows(self, form, parts):
        """The rows that belong to the record, as typed ({"lines": […]})."""
        return {}

    def cancel_url(self, record):
        return record.get_absolute_url() if record.pk else reverse(self.url_name("list"))
