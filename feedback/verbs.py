"""The acts on tickets, with their input. Surveys move by themselves: by mail, by the customer, by the clock."""

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.verbs import NoteForm, ReasonForm, Verb, VerbForm, register
from feedback import services
from feedback.models import Ticket


class TextForm(VerbForm):
    text = forms.CharField(label=_("answer to the customer"), widget=forms.Textarea(attrs={"rows": 5}), max_length=5000)


class ReplyForm(VerbForm):
    text = forms.CharField(
        label=_("what the customer said"), widget=forms.Textarea(attrs={"rows": 4}), max_length=5000, required=False
    )


class ResolutionForm(VerbForm):
    resolution = forms.CharField(label=_("solution"), widget=forms.Textarea(attrs={"rows": 4}), max_length=5000)


register(
    Ticket,
    Verb("take", services.take),
    Verb("answer", services.answer, TextForm),
    Verb("wait", services.wait, NoteForm),
    Verb("resume", services.resume, ReplyForm),
    Verb("resolve", services.resolve, ResolutionForm),
    Verb("close", services.close),
    Verb("reopen", services.reopen, ReasonForm),
)
