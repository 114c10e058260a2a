"""The acts on opportunities and quotes, with their input; and the conversion of leads."""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from crm import chain, clock
from crm.duplicates import same_name, similar
from crm.models import Customer
from crm.verbs import NoteForm, ReasonForm, Verb, VerbForm, register
from crm.web.forms import DateInput
from leads.models import Lead
from opportunities import quoting, services
from opportunities.alike import customers_like
from opportunities.models import Opportunity, Quote
from opportunities.stages import STAGES

OTHERS_SHOWN = 200  # customers offered beside those that look alike; over the API any visible one may be given
DAYS_TO_CLOSE = {Lead.Timing.NOW: 30, Lead.Timing.QUARTER: 90, Lead.Timing.YEAR: 365}


class ConvertForm(VerbForm):
    """Proposes what the lead already says, and the customers that may be the same company."""

    customer = forms.ModelChoiceField(label=_("customer"), queryset=Customer.objects.none(), required=False)
    opportunity_name = forms.CharField(label=_("name of the opportunity"), max_length=200)
    amount = forms.DecimalField(label=_("expected amount"), min_value=0, max_digits=16, decimal_places=2)
    expected_close_on = forms.DateField(label=_("expected closing"), required=False, widget=DateInput)

    def prepare(self):
        lead = self.record
        self._offer_customers(lead)
        self.initial.setdefault("opportunity_name", (lead.need.strip().splitlines() or [lead.company_name])[0][:200])
        self.initial.setdefault("amount", 0 if lead.budget is None else lead.budget)
        if days := DAYS_TO_CLOSE.get(lead.timing):
            self.initial.setdefault("expected_close_on", clock.today() + timedelta(days=days))

    def _offer_customers(self, lead):
        visible = Customer.objects.visible_to(self.by)
        alike = list(customers_like(lead).filter(pk__in=visible.values("pk"))[:20])
        others = visible.exclude(pk__in=[customer.pk for customer in alike]).order_by("name")[:OTHERS_SHOWN]
        field = self.fields["customer"]
        field.queryset = visible
        field.widget.choices = [
            ("", say("New customer: %(name)s") % {"name": lead.company_name}),
            *([(_("Looks alike"), self._choices(alike))] if alike else []),
            *self._choices(others),
        ]
        same = (customer.pk for customer in alike if same_name(customer.name, lead.company_name))
        self.initial.setdefault("customer", next(same, None))
        field.help_text = self._known_elsewhere(lead)

    def _known_elsewhere(self, lead):
        """That a colleague has this company already, without saying more."""
        told = similar(self.by, name=lead.company_name, phone=lead.phone, email=lead.email, besides=lead)
        known = [f"{one['title']} ({one['owner'] or '—'})" for one in told if one["url"] is None]
        return say("Known already, with colleagues: %(known)s") % {"known": ", ".join(known)} if known else ""

    @staticmethod
    def _choices(customers):
        return [(customer.pk, str(customer)) for customer in customers]


class MoveForm(NoteForm):
    field_order = ("stage", "reason")
    stage = forms.ChoiceField(label=_("stage"), choices=[(stage.key, stage.label) for stage in STAGES])

    def prepare(self):
        keys = [stage.key for stage in STAGES]
        if self.record.status in keys:
            at = keys.index(self.record.status)
            self.initial.setdefault("stage", keys[min(at + 1, len(keys) - 1)])
        self.fields["reason"].help_text = _("Needed when the deal goes back.")


class RequestQuoteForm(NoteForm):
    field_order = ("due_on", "reason")
    due_on = forms.DateField(label=_("needed on"), widget=DateInput, required=False)

    def prepare(self):
        self.initial.setdefault("due_on", clock.today() + timedelta(days=2))
        self.fields["reason"].label = _("what to offer")


class LoseForm(NoteForm):
    field_order = ("lost_reason", "competitor", "reason")
    lost_reason = forms.ChoiceField(label=_("lost because of"), choices=Opportunity.LostReason)
    competitor = forms.CharField(label=_("competitor"), required=False, max_length=100)


class SendForm(VerbForm):
    to = forms.EmailField(label=_("to"), required=False, help_text=_("Leave empty to hand over the link yourself."))
    language = forms.ChoiceField(label=_("language"), choices=settings.LANGUAGES)
    message = forms.CharField(
        label=_("message"), required=False, widget=forms.Textarea(attrs={"rows": 4}), max_length=5000
    )

    def prepare(self):
        self.initial.setdefault("to", self.record.contact.email if self.record.contact else "")
        self.initial.setdefault("language", get_language())


class AcceptForm(VerbForm):
    accepted_by = forms.CharField(label=_("accepted by"), required=False, max_length=100)

    def prepare(self):
        self.initial.setdefault("accepted_by", self.record.contact.name if self.record.contact else "")


chain.GROUND_VERBS.update(
    viewed=_("Opened by the customer"),
    expired=_("Past its validity"),
)

register(Lead, Verb("convert", services.open_from_lead, ConvertForm))
register(
    Opportunity,
    Verb("move", services.move, MoveForm),
    Verb("request_quote", services.request_quote, RequestQuoteForm),
    Verb("win", services.win),
    Verb("lose", services.lose, LoseForm),
    Verb("hold", services.hold, ReasonForm),
    Verb("resume", services.resume),
    Verb("reopen", services.reopen, ReasonForm),
)
register(
    Quote,
    Verb("submit", quoting.submit),
    Verb("approve", quoting.approve),
    Verb("return", quoting.send_back, ReasonForm),
    Verb("send", quoting.send, SendForm),
    Verb("accept", quoting.accept, AcceptForm),
    Verb("decline", quoting.decline, ReasonForm),
    Verb("revise", quoting.revise, NoteForm, alone=True),
)
