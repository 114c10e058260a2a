"""The acts on campaigns and leads, with their input."""

from django import forms
from django.utils.translation import gettext_lazy as _

from crm import clock
from crm.models import FollowUp, User
from crm.verbs import NoteForm, ReasonForm, Verb, VerbForm, register
from crm.web.forms import DateInput
from leads import services
from leads.models import Campaign, Lead


class SpendForm(VerbForm):
    amount = forms.DecimalField(label=_("amount"), min_value=0, max_digits=16, decimal_places=2)
    spent_on = forms.DateField(label=_("spent on"), widget=DateInput, initial=clock.today)
    note = forms.CharField(label=_("what for"), required=False, max_length=200)


class AssignForm(VerbForm):
    for_many = True
    owner = forms.ModelChoiceField(label=_("sales rep"), queryset=User.objects.none())

    def prepare(self):
        self.fields["owner"].queryset = User.objects.filter(is_active=True, roles__overlap=["sales", "manager"])


class ContactForm(VerbForm):
    kind = forms.ChoiceField(label=_("kind"), choices=FollowUp.Kind, initial=FollowUp.Kind.CALL)
    summary = forms.CharField(label=_("what was said"), widget=forms.Textarea(attrs={"rows": 3}), max_length=5000)
    next_step = forms.CharField(label=_("next step"), required=False, max_length=200)
    next_on = forms.DateField(label=_("on"), required=False, widget=DateInput)


class QualifyForm(VerbForm):
    need = forms.CharField(label=_("need"), widget=forms.Textarea(attrs={"rows": 3}), max_length=5000)
    budget = forms.DecimalField(label=_("budget"), required=False, min_value=0, max_digits=16, decimal_places=2)
    timing = forms.ChoiceField(label=_("timing"), required=False, choices=[("", "—"), *Lead.Timing.choices])
    grade = forms.ChoiceField(
        label=_("grade"), required=False, choices=[("", _("by budget and timing")), *Lead.Grade.choices]
    )

    def prepare(self):
        for field in ("need", "budget", "timing"):
            self.fields[field].initial = getattr(self.record, field)


register(
    Campaign,
    Verb("activate", services.activate),
    Verb("book_spend", services.book_spend, SpendForm),
    Verb("pause", services.pause),
    Verb("complete", services.complete),
    Verb("cancel", services.cancel, ReasonForm),
)
register(
    Lead,
    Verb("claim", services.claim),
    Verb("assign", services.assign, AssignForm),
    Verb("contact", services.contact, ContactForm),
    Verb("qualify", services.qualify, QualifyForm),
    Verb("nurture", services.nurture, NoteForm),
    Verb("return_to_pool", services.return_to_pool, ReasonForm),
    Verb("disqualify", services.disqualify, ReasonForm),
    Verb("reopen", services.reopen, NoteForm),
)
