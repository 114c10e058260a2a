"""The fields people fill in for invoices, payments and credit notes."""

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.models import AccountCode, CreditNote, Invoice, InvoiceLine, JournalFormat, Payment
from billing.models.journal import COLUMNS
from crm import choices, clock, money
from crm.web import RecordForm
from crm.web.lines import LINE_FIELDS, LineForm, line_formset

SOURCE = ("contract", "order", "instalment")


class InvoiceForm(RecordForm):
    """What an invoice is for comes from the page it was asked for on, and stays."""

    class Meta(RecordForm.Meta):
        model = Invoice
        fields = (*SOURCE, "customer", "currency", "billing_title", "tax_type", "due_on", "notes")

    def prepare(self):
        invoice = self.instance
        if invoice.pk:
            self.without(*SOURCE, "customer", "currency")
        elif invoice.contract_id:
            for name in SOURCE:
                self.fields[name].widget = forms.HiddenInput()
            self.without("customer", "currency")
        else:
            self.without("order", "instalment")
            choices.within(self.fields["contract"], "binding")
            self.fields["contract"].help_text = _("Without lines, what is left of the contract is billed.")
        if invoice.customer_id:
            self.fields["billing_title"].queryset = invoice.customer.billing_titles.all()

    def clean(self):
        """Who is billed, and in what currency, follows from the contract."""
        values = super().clean()
        contract = values.get("contract")
        if contract and self.instance._state.adding:
            self.instance.customer, self.instance.currency = contract.customer, contract.currency
            known = {"customer": contract.customer, "currency": contract.currency}
            values |= {name: value for name, value in known.items() if name in self.fields}
        return values

    def without(self, *names):
        for name in names:
            del self.fields[name]


class InvoiceLineForm(LineForm):
    class Meta:
        widgets = {"agreed_gross": forms.HiddenInput, "order_line": forms.HiddenInput}


def invoice_lines(extra=1):
    """The formset of an invoice's lines, with so many empty rows."""
    fields = (*LINE_FIELDS, "agreed_gross", "order_line")
    formset = line_formset(Invoice, InvoiceLine, form=InvoiceLineForm, fields=fields)
    formset.extra = extra
    return formset


class PaymentForm(RecordForm):
    proof = forms.FileField(label=_("proof of payment"), required=False)

    class Meta(RecordForm.Meta):
        model = Payment
        fields = (
            "customer", "invoice", "amount", "currency", "bank_fee", "received_on", "method", "reference", "payer",
            "note",
        )  # fmt: skip

    def prepare(self):
        invoice = self.instance.invoice
        self.fields["bank_fee"].required = False
        owed = self.fields["invoice"]
        choices.within(owed, "receivable", self.instance.customer_id)
        owed.queryset = owed.queryset.order_by("due_on", "pk")
        self.initial["received_on"] = self.initial.get("received_on") or clock.today()
        if invoice:
            self.initial |= {"customer": invoice.customer_id, "currency": invoice.currency}
            self.initial["amount"] = self.initial.get("amount") or invoice.outstanding

    def clean_bank_fee(self):
        return self.cleaned_data["bank_fee"] or money.ZERO


class CreditNoteForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = CreditNote
        fields = ("invoice", "amount", "reason")

    def prepare(self):
        choices.within(self.fields["invoice"], "issued")
        if self.instance.pk:
            del self.fields["invoice"]


class AccountCodeForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = AccountCode
        fields = ("code", "name")


class JournalFormatForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = JournalFormat
        fields = ("key", "name", "encoding", "columns")

    def prepare(self):
        field = self.fields["columns"]
        field.widget.attrs["rows"] = 18
        known = " · ".join(f"{name}: {words}" for name, words in COLUMNS.items())
        field.help_text = _("One column per line: its header = one of these fields. %(fields)s") % {"fields": known}
