"""What people fill in: tickets by colleagues, surveys by customers."""

from django import forms
from django.utils.translation import gettext_lazy as _

from crm import choices
from crm.web import RecordForm
from feedback.models import Ticket


class TicketForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = Ticket
        fields = ("subject", "customer", "contact", "order", "kind", "priority", "description")

    def prepare(self):
        self.fields["customer"].required = True
        customer = self.initial.get("customer") or self.instance.customer_id
        for name in ("contact", "order"):
            choices.within(self.fields[name], customer=customer)


SCORES = (
    (5, _("Very satisfied")),
    (4, _("Satisfied")),
    (3, _("Neither")),
    (2, _("Dissatisfied")),
    (1, _("Very dissatisfied")),
)


class SurveyForm(forms.Form):
    score = forms.TypedChoiceField(
        label=_("How satisfied are you with us?"), choices=SCORES, coerce=int, widget=forms.RadioSelect
    )
    recommend = forms.TypedChoiceField(
        label=_("Would you recommend us? 0 = not at all, 10 = by all means"), required=False, coerce=int,
        empty_value=None, choices=[("", "—"), *((number, str(number)) for number in range(11))],
    )  # fmt: skip
    comment = forms.CharField(
        label=_("What should we do better?"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 4})
    )
