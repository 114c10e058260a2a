"""The fields people fill in for reminders, dunning levels and credit."""

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.letters import PLACES
from billing.models import CreditLimit, CreditRelease, DunningLevel, Reminder
from crm.web import RecordForm


class ReminderForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = Reminder
        fields = ("customer", "currency", "level")

    def prepare(self):
        DunningLevel.fill()
        self.fields["customer"].required = True
        self.fields["level"].queryset = DunningLevel.objects.filter(is_active=True)


class DunningLevelForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = DunningLevel
        fields = (
            "name", "days", "minimum", "again_after", "automatic", "is_active", "subject_zh", "text_zh", "subject_en",
            "text_en",
        )  # fmt: skip

    def prepare(self):
        places = " · ".join(f"{{{name}}}: {words}" for name, words in PLACES.items())
        for name in ("text_zh", "text_en"):
            self.fields[name].widget = forms.Textarea(attrs={"rows": 12})
            self.fields[name].help_text = _("These places are filled in. %(places)s") % {"places": places}


class CreditLimitForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = CreditLimit
        fields = ("customer", "limit", "note")

    def prepare(self):
        if self.instance.pk:
            del self.fields["customer"]


class CreditReleaseForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = CreditRelease
        fields = ("order", "reason")
