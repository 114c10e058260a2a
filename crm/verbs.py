"""Every business act as data: the service behind it and the form that is its input, for pages and API alike."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from crm import access, choices

VERBS = {}  # model -> {name: Verb}


class VerbForm(forms.Form):
    """The input of a verb. Knows the record and the person, to narrow choices and propose values."""

    for_many = False  # does one and the same input suit many records?

    def __init__(self, *args, record, by, **kwargs):
        self.record, self.by = record, by
        super().__init__(*args, **kwargs)
        choices.offer(self)
        self.prepare()

    def prepare(self):
        """Narrow querysets and set initial values; nothing by default."""


class ReasonForm(VerbForm):
    """For acts that must say why."""

    for_many = True

    reason = forms.CharField(label=_("reason"), widget=forms.Textarea(attrs={"rows": 3}), max_length=500)


class NoteForm(VerbForm):
    """For acts that may say why."""

    for_many = True

    reason = forms.CharField(label=_("note"), widget=forms.Textarea(attrs={"rows": 3}), required=False, max_length=500)


@dataclass(frozen=True)
class Verb:
    """`service(record, by=..., **form.cleaned_data)` does the act and returns the record it led to, if another."""

    name: str
    service: Callable
    form: type[VerbForm] | None = None
    alone: bool = False  # makes sense on one record only, because one goes on working with what comes of it

    @property
    def for_many(self):
        """Can many records take this step at once, with one input for all?"""
        return not self.alone and (self.form is None or self.form.for_many)

    def bind(self, record, by, data=None, files=None):
        """The form for this act on this record, or None where it needs no input."""
        return self.form(data, files, record=record, by=by) if self.form else None


def register(model, *verbs):
    """Declare what can be done with a record type. Each name must be one of the model's MOVES.

    A later stage may add verbs to an earlier record: conversion lives with its result.
    """
    unknown = {verb.name for verb in verbs} - model.MOVES.keys()
    if unknown:
        raise ValueError(f"{model.__name__} has no move {unknown}")
    VERBS.setdefault(model, {}).update({verb.name: verb for verb in verbs})


def of(model):
    return VERBS.get(model, {})


def may_move(record, name, user):
    """Would this verb be accepted now from this person, by state and role? Its guards may still refuse."""
    move = record.MOVES[name]
    return (
        record.status in move.sources
        and (move.when is None or move.when(record))
        and access.allows(user, access.name(name, type(record)), record)
    )


def offered(record, user):
    """The verbs to offer on the record's page, in the order of its MOVES."""
    return list(_offered(record, user))


def _offered(record, user):
    known = of(type(record))
    return (
        (known[name], move) for name, move in record.MOVES.items() if name in known and may_move(record, name, user)
    )


def likely(record, user):
    """The verb to propose as the next step: the first on offer that leads on; None when nothing does."""
    return next((verb for verb, move in _offered(record, user) if move.onward), None)


def perform(verb, record, by, form):
    """Run the service with the form's values. A refusal is put beside its field and raised again."""
    try:
        return verb.service(record, by=by, **(form.cleaned_data if form else {}))
    except ValidationError as refusal:
        if form is not None:
            add_refusal(form, refusal)
        raise


def add_refusal(form, refusal):
    """Show a service's refusal on the form: beside the fields it names, else at the top."""
    if not hasattr(refusal, "error_dict"):
        form.add_error(None, refusal)
        return
    for field, errors in refusal.error_dict.items():
        form.add_error(field if field in form.fields else None, errors)
