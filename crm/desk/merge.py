"""Likely duplicates side by side, and making one of two."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from crm import access, choices, duplicate_pairs, hanging, merging
from crm.doors import needs
from crm.models import Merge
from crm.web.columns import Column, show

SIZE = 25


class PairPages(Paginator):
    """Pages of pairs that the database has cut already."""

    def __init__(self, found, total):
        self.found, self.total = found, total
        super().__init__(found, SIZE)

    @cached_property
    def count(self):
        return self.total

    def page(self, number):
        number = self.validate_number(number)
        return self._get_page(self.found, number, self)


def model_or_404(user, record_type):
    model = duplicate_pairs.model_named(record_type)
    if model is None or not access.allows(user, access.name("merge", model)):
        raise Http404
    return model


def seen_or_404(user, model, pk):
    return get_object_or_404(model.objects.visible_to(user).select_related(*model.OWNER_PATHS), pk=pk)


# Finding


@needs("crm.view_duplicates")
def duplicates(request):
    """Pairs that are probably one, the surest first; `type` is the kind of record."""
    types = duplicate_pairs.types(request.user)
    wanted = request.GET.get("type")
    model = next((model for model in types if model._meta.model_name == wanted), types[0])
    number = int(asked) if (asked := request.GET.get("page", "")).isdigit() and int(asked) < 10_000 else 1
    pairs, total = duplicate_pairs.found(request.user, model, limit=SIZE, offset=SIZE * (max(number, 1) - 1))
    for pair in pairs:
        pair.may = all(merging.may_merge(record, request.user) for record in (pair.one, pair.other))
    context = {
        "pairs": pairs,
        "page": PairPages(pairs, total).get_page(number),
        "total": total,
        "type": model._meta.model_name,
        "types": [(found._meta.model_name, capfirst(found._meta.verbose_name_plural)) for found in types],
        "facts": [[facts(record) for record in (pair.one, pair.other)] for pair in pairs],
    }
    for pair, (one, other) in zip(pairs, context["facts"], strict=True):
        pair.facts = [(pair.one, one), (pair.other, other)]
    return render(request, "desk/duplicates.html", context)


def facts(record):
    """What tells two records that look alike apart, on one line."""
    names = ("number", "contact_name", "customer", "phone", "email", "region")
    return " · ".join(str(value) for name in names if (value := getattr(record, name, None)))


@require_POST
@needs("crm.view_duplicates")
def dismiss(request, record_type, one, other):
    """These two are two."""
    model = model_or_404(request.user, record_type)
    records = [seen_or_404(request.user, model, pk) for pk in (one, other)]
    duplicate_pairs.dismiss(*records, by=request.user)
    messages.success(request, _("Noted: these are two. They are not shown again."))
    return redirect(f"{reverse('crm:duplicates')}?type={record_type}")


class WithForm(forms.Form):
    """Which other record is the same."""

    other = forms.ModelChoiceField(label=gettext_lazy("the same as"), queryset=None)

    def __init__(self, *args, record, by, **kwargs):
        super().__init__(*args, **kwargs)
        rows = type(record).objects.visible_to(by).exclude(pk=record.pk)
        same_customer = "customer__owner" in type(record).OWNER_PATHS[:1]
        self.fields["other"].queryset = rows.filter(customer=record.customer_id) if same_customer else rows
        choices.offer(self)
        if same_customer:
            choices.within(self.fields["other"], customer=record.customer)


@needs("crm.view_duplicates")
def merge_with(request, record_type, pk):
    """Choose the record that is the same as this one."""
    model = model_or_404(request.user, record_type)
    record = seen_or_404(request.user, model, pk)
    form = WithForm(request.POST or None, record=record, by=request.user)
    if form.is_valid():
        return redirect("crm:merge", record_type, record.pk, form.cleaned_data["other"].pk)
    context = {
        "form": form,
        "heading": _("Merge %(record)s with …") % {"record": record},
        "submit_label": _("Compare"),
        "cancel_url": record.get_absolute_url(),
    }
    return render(request, "_form.html", context, status=422 if form.errors else 200)


# Merging


@needs("crm.view_duplicates")
def merge(request, record_type, one, other):
    """Two records side by side: which one stays, and whose value of each field."""
    model = model_or_404(request.user, record_type)
    if one != other and (done := done_already(request, model, one, other)):
        return done
    pair = [seen_or_404(request.user, model, pk) for pk in (one, other)]
    if not all(merging.may_merge(record, request.user) for record in pair):
        raise PermissionDenied(_("You may change only one of the two; ask the other's owner or your manager."))
    refusal = ""
    if request.method == "POST":
        try:
            return merged(request, *in_roles(request, pair))
        except ValidationError as error:
            refusal = " ".join(error.messages)
    return render(request, "desk/merge.html", comparison(request, pair, refusal), status=422 if refusal else 200)


def done_already(request, model, one, other):
    """A second click, or two people at once: lead on to what the two have become."""
    keys = {key: Merge.objects.survivor_key(model, key) or key for key in (one, other)}
    if len(set(keys.values())) == 1:
        return redirect(seen_or_404(request.user, model, keys[one]))
    return None


def in_roles(request, pair):
    """(survivor, loser) as chosen."""
    chosen = request.POST.get("survivor")
    if chosen not in {str(record.pk) for record in pair}:
        raise ValidationError(_("Choose which of the two stays."))
    return pair if chosen == str(pair[0].pk) else pair[::-1]


def merged(request, survivor, loser):
    take = {field.name for field in merging.fields(type(survivor)) if request.POST.get(field.name) == str(loser.pk)}
    made = merging.merge(survivor, loser, take=take, by=request.user)
    text = _("%(loser)s was merged into this record.") % {"loser": made.title}
    messages.success(request, text, extra_tags=reverse("crm:merge_undo", args=[made.pk]))
    return redirect(survivor)


def comparison(request, pair, refusal):
    survivor, loser = merging.proposed_survivor(*pair)
    chosen = request.POST.get("survivor") or str(survivor.pk)
    reasons = [merging.refusal(pair[1 - at], pair[at]) for at in (0, 1)]  # why this one cannot be merged away
    return {
        "pair": [column_of(record, chosen, reasons[1 - at], reasons[at]) for at, record in enumerate(pair)],
        "fields": [row for row in field_rows(request, pair, survivor, loser) if row],
        "refusal": refusal or (reasons[0] if all(reasons) else ""),
        "impossible": all(reasons),
        "days": merging.KEPT_DAYS,
        "type": type(survivor)._meta.model_name,
    }


def column_of(record, chosen, refused, stays):
    """The head of one side: what follows if it is merged away, and whether it can be the one that stays."""
    return {
        "record": record,
        "title": hanging.titled(record),
        "chosen": chosen == str(record.pk),
        "refused": refused,
        "stays": stays,
        "brings": hanging.named(merging.pointing(record)),
    }


def field_rows(request, pair, survivor, loser):
    taken = merging.proposed(survivor, loser)
    for field in merging.fields(type(survivor)):
        values = [Column(field.name).value(record) for record in pair]
        if not any(value not in (None, "") for value in values):
            continue
        same = getattr(pair[0], field.attname) == getattr(pair[1], field.attname)
        proposed = str((loser if field.name in taken else survivor).pk)
        chosen = request.POST.get(field.name) or proposed
        yield {
            "name": field.name,
            "label": capfirst(str(field.verbose_name)),
            "same": same,
            "conflict": not same and merging.is_conflict(survivor, loser, field),
            "cells": [
                {"pk": record.pk, "html": show(value), "chosen": chosen == str(record.pk)}
                for record, value in zip(pair, values, strict=True)
            ],
        }


@require_POST
@needs("crm.view_duplicates")
def undo(request, pk):
    """Take a merge apart again."""
    made = get_object_or_404(Merge, pk=pk)
    model = model_or_404(request.user, made.record_type)
    survivor = Merge.objects.survivor_key(model, made.survivor_id) or made.survivor_id
    seen_or_404(request.user, model, survivor)
    merging.undo(made, by=request.user)
    messages.success(request, _("%(record)s is a record of its own again.") % {"record": made.title})
    return redirect(model.objects.get(pk=made.survivor_id))
