"""The acts on invoices, payments, credit notes and periods, with their input."""

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from billing import services
from billing.models import (
    CreditLimit,
    CreditNote,
    CreditRelease,
    Dispute,
    Invoice,
    Payment,
    Period,
    Promise,
    Reminder,
    WriteOff,
)
from billing.models.sums import summed
from billing.services import credit, dunning
from crm import access, choices, clock
from crm.models import User
from crm.verbs import NoteForm, ReasonForm, Verb, VerbForm, register
from crm.web.forms import DateInput

LANGUAGES = (("zh", _("Simplified Chinese")), ("en", _("English")))


class SendForm(VerbForm):
    to = forms.EmailField(label=_("to"))
    language = forms.ChoiceField(label=_("language"), choices=LANGUAGES, initial="zh")
    message = forms.CharField(
        label=_("message"), widget=forms.Textarea(attrs={"rows": 3}), required=False, max_length=2000
    )

    def prepare(self):
        title = self.record.billing_title
        self.fields["to"].initial = (title and title.email) or dunning.address_of(self.record.customer)
        self.fields["language"].initial = "zh" if (get_language() or "").startswith("zh") else "en"


class RecordPaymentForm(VerbForm):
    amount = forms.DecimalField(label=_("amount"), max_digits=16, decimal_places=2, min_value=0)
    received_on = forms.DateField(label=_("received on"), widget=DateInput, initial=clock.today)
    method = forms.ChoiceField(
        label=_("paid by"), choices=Payment.Method, initial=Payment.Method.TRANSFER, required=False
    )
    reference = forms.CharField(label=_("bank reference"), required=False, max_length=100)
    payer = forms.CharField(label=_("payer"), required=False, max_length=200)
    bank_fee = forms.DecimalField(
        label=_("bank fee"), max_digits=16, decimal_places=2, min_value=0, required=False,
        help_text=_("What the bank kept of the amount; the customer has paid it all the same."),
    )  # fmt: skip
    proof = forms.FileField(label=_("proof of payment"), required=False)

    def prepare(self):
        self.fields["amount"].initial = self.record.outstanding
        self.fields["payer"].initial = self.record.buyer.get("title") or str(self.record.customer)

    def clean_method(self):
        return self.cleaned_data["method"] or Payment.Method.TRANSFER


class InvoiceChoice(forms.ModelChoiceField):
    def label_from_instance(self, invoice):
        return f"{invoice} · {invoice.outstanding} {invoice.currency}"


class AllocateForm(VerbForm):
    invoice = InvoiceChoice(label=_("invoice"), queryset=Invoice.objects.none())
    amount = forms.DecimalField(label=_("amount"), max_digits=16, decimal_places=2, min_value=0)
    paid = forms.DecimalField(
        label=_("taken from the payment"), max_digits=16, decimal_places=2, min_value=0, required=False,
        help_text=_("Only for an invoice in another currency; left empty, it follows from the rates of that day."),
    )  # fmt: skip

    def prepare(self):
        payment, field = self.record, self.fields["invoice"]
        field.queryset = Invoice.objects.visible_to(self.by).order_by("due_on", "pk")
        choices.within(field, "receivable", payment.customer)
        same = field.queryset.filter(currency=payment.currency)
        if not field.queryset.exclude(currency=payment.currency).exists():
            del self.fields["paid"]
        field.initial = oldest = same.first()
        self.fields["amount"].initial = min(payment.available, oldest.balance) if oldest else None


class PaidInvoice(forms.ModelChoiceField):
    def label_from_instance(self, invoice):
        return f"{invoice} · {invoice.paid} {invoice.currency}"


class DeallocateForm(ReasonForm):
    invoice = PaidInvoice(label=_("invoice"), queryset=Invoice.objects.none())

    field_order = ("invoice", "reason")

    def prepare(self):
        paid = summed("Allocation", "invoice", payment=self.record)
        rows = Invoice.objects.visible_to(self.by).annotate(paid=paid).filter(paid__gt=0).order_by("due_on", "pk")
        self.fields["invoice"].queryset = rows
        self.fields["invoice"].initial = rows.first()


class TaxNumberForm(VerbForm):
    number = forms.RegexField(r"^[0-9A-Za-z-]+$", label=_("tax authority's number"), max_length=40)
    code = forms.RegexField(
        r"^[0-9A-Za-z-]*$", label=_("tax authority's code"), max_length=20, required=False,
        help_text=_("Only paper and older electronic invoices have one."),
    )  # fmt: skip

    def prepare(self):
        self.initial = {"number": self.record.tax_invoice_number, "code": self.record.tax_invoice_code, **self.initial}


class WriteOffForm(ReasonForm):
    amount = forms.DecimalField(label=_("amount"), max_digits=16, decimal_places=2, min_value=0)

    field_order = ("amount", "reason")

    def prepare(self):
        self.fields["amount"].initial = self.record.outstanding


class PromiseForm(VerbForm):
    amount = forms.DecimalField(label=_("amount"), max_digits=16, decimal_places=2, min_value=0, required=False)
    promised_on = forms.DateField(label=_("promised for"), widget=DateInput)
    note = forms.CharField(label=_("who said what"), required=False, max_length=300)

    def prepare(self):
        self.fields["amount"].initial = self.record.outstanding


def resolvers():
    """The colleagues whose role resolves disputes."""
    roles = [role for role, number in access.COLUMN.items() if access.GRANTS["billing.resolve_dispute"][number]]
    return User.objects.filter(is_active=True, roles__overlap=roles).order_by("name")


class DisputeForm(VerbForm):
    kind = forms.ChoiceField(label=_("about"), choices=Dispute.Kind)
    reason = forms.CharField(
        label=_("what the customer says"), widget=forms.Textarea(attrs={"rows": 3}), max_length=1000
    )
    handler = forms.ModelChoiceField(
        label=_("to be resolved by"), queryset=User.objects.none(), required=False,
        help_text=_("Left empty: the owner of the invoice."),
    )  # fmt: skip

    def prepare(self):
        self.fields["handler"].queryset = resolvers()


class HandOverForm(VerbForm):
    handler = forms.ModelChoiceField(label=_("to be resolved by"), queryset=User.objects.none())

    def prepare(self):
        self.fields["handler"].queryset = resolvers()


class ResolveForm(VerbForm):
    outcome = forms.ChoiceField(label=_("outcome"), choices=Dispute.Outcome)
    resolution = forms.CharField(label=_("resolution"), widget=forms.Textarea(attrs={"rows": 3}), max_length=1000)


class SendReminderForm(VerbForm):
    """The letter as it would go out, to be changed. For many at once each goes out in its level's words."""

    for_many = True

    to = forms.EmailField(label=_("to"), required=False)
    language = forms.ChoiceField(label=_("language"), choices=LANGUAGES, required=False)
    subject = forms.CharField(label=_("subject"), max_length=200, required=False)
    message = forms.CharField(
        label=_("message"), widget=forms.Textarea(attrs={"rows": 14}), required=False, max_length=10000
    )

    def prepare(self):
        letter = self.record
        if letter.pk is None:
            self.fields.clear()
            return
        language = self.data.get("language") or dunning.language_of(letter)
        self.fields["to"].initial = dunning.address_of(letter.customer)
        self.fields["language"].initial = language
        if invoices := dunning.overdue_of(letter.customer, letter.currency):
            proposed = dunning.words(letter, invoices, language)
            self.fields["subject"].initial, self.fields["message"].initial = proposed
        self.fields["message"].help_text = _("For the other language leave subject and message empty.")


class UndoForm(ReasonForm):
    happened_on = forms.DateField(label=_("on"), widget=DateInput, initial=clock.today, required=False)


class BounceForm(UndoForm):
    fee_returned = forms.BooleanField(
        label=_("The bank returned its fee"), required=False,
        help_text=_("Otherwise the fee stays spent, though the money went back."),
    )  # fmt: skip

    def prepare(self):
        if not self.record.bank_fee:
            self.fields["fee_returned"].widget = forms.HiddenInput()


class RefundForm(ReasonForm):
    amount = forms.DecimalField(label=_("amount"), max_digits=16, decimal_places=2, min_value=0)

    field_order = ("amount", "reason")

    def prepare(self):
        self.fields["amount"].initial = self.record.available


register(
    Invoice,
    Verb("approve", services.approve_invoice),
    Verb("issue", services.issue_invoice),
    Verb("send", services.send_invoice, SendForm),
    Verb("record_payment", services.record_payment, RecordPaymentForm),
    Verb("write_off", services.ask_write_off, WriteOffForm),
    Verb("promise", services.promise, PromiseForm),
    Verb("dispute", services.dispute, DisputeForm),
    Verb("note_tax_number", services.note_tax_number, TaxNumberForm),
    Verb("resend", services.resend_invoice, SendForm),
    Verb("return", services.return_invoice, ReasonForm),
    Verb("void", services.void_invoice, ReasonForm),
    Verb("reverse", services.reverse_invoice, ReasonForm),
)
register(
    Payment,
    Verb("confirm", services.confirm),
    Verb("refund", services.refund),
    Verb("allocate", services.allocate, AllocateForm),
    Verb("deallocate", services.deallocate, DeallocateForm),
    Verb("request_refund", services.request_refund, RefundForm),
    Verb("decline_refund", services.decline_refund, ReasonForm),
    Verb("bounce", services.bounce, BounceForm),
    Verb("reverse", services.reverse_payment, UndoForm),
)
register(CreditNote, Verb("issue", services.issue_credit_note))
register(
    WriteOff,
    Verb("approve", services.approve_write_off),
    Verb("decline", services.decline_write_off, ReasonForm),
    Verb("reverse", services.reverse_write_off, ReasonForm),
)
register(Promise, Verb("withdraw", services.withdraw_promise, ReasonForm))
register(
    Dispute,
    Verb("resolve", services.resolve_dispute, ResolveForm),
    Verb("hand_over", services.hand_over_dispute, HandOverForm),
)
register(
    Reminder,
    Verb("send", services.send_reminder, SendReminderForm),
    Verb("drop", services.drop_reminder, ReasonForm),
)
register(CreditLimit, Verb("hold", credit.hold, ReasonForm), Verb("lift", credit.lift, NoteForm))
register(
    CreditRelease,
    Verb("approve", credit.approve_release),
    Verb("decline", credit.decline_release, ReasonForm),
)
register(Period, Verb("close", services.close_period), Verb("reopen", services.reopen_period, ReasonForm))
