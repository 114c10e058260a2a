"""The fields people fill in for bank accounts and the files of the bank."""

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from billing.bank.models import BankAccount
from billing.bank.reading import KINDS, headers
from crm.web import RecordForm

LABELS = {
    "booked_on": _("day"),
    "value_on": _("value date"),
    "income": _("money in (credit)"),
    "expense": _("money out (debit)"),
    "amount": _("amount"),
    "direction": _("direction (debit or credit)"),
    "balance": _("balance after it"),
    "payer": _("counterparty"),
    "payer_account": _("account of the counterparty"),
    "summary": _("summary"),
    "purpose": _("purpose"),
    "note": _("remark"),
    "reference": _("bank reference"),
}
DAY_ORDERS = (
    ("ymd", _("2026-03-04 (year first)")),
    ("dmy", _("04.03.2026 (day first)")),
    ("mdy", _("03/04/2026 (month first)")),
)
DECIMALS = ((".", "1,234.50"), (",", "1.234,50"))


class BankAccountForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = BankAccount
        fields = ("name", "bank", "number", "currency", "opening_balance", "book_from", "is_active")

    def prepare(self):
        if self.instance.pk and self.instance.lines.exists():
            del self.fields["currency"]


class UploadForm(forms.Form):
    account = forms.ModelChoiceField(label=_("bank account"), queryset=BankAccount.objects.none())
    file = forms.FileField(
        label=_("file of the bank"),
        widget=forms.FileInput(attrs={"accept": ",".join(f".{ending}" for ending in KINDS)}),
        help_text=_(
            "MT940, camt.052/053/054, OFX, QFX, QIF, CSV or Excel. Lines that are here already stay as they are."
        ),
    )

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = BankAccount.objects.visible_to(by).filter(is_active=True)


class ColumnsForm(forms.Form):
    """Which column holds what, in files of this account."""

    def __init__(self, *args, statement, **kwargs):
        super().__init__(*args, **kwargs)
        titles = [(title, title) for title in dict.fromkeys(statement.headers) if title]
        for name, label in LABELS.items():
            self.fields[name] = forms.ChoiceField(
                label=capfirst(label),
                choices=[("", _("— not in the file —")), *titles],
                required=name == "booked_on",
                initial=statement.columns.get(name),
            )
        for name, label, known in (
            ("day_order", _("days are written"), DAY_ORDERS), ("decimal", _("amounts are written"), DECIMALS),
        ):  # fmt: skip
            self.fields[name] = forms.ChoiceField(
                label=capfirst(label), choices=known, initial=statement.columns.get(name) or headers.OPTIONS[name]
            )

    def columns(self):
        return {name: value for name, value in self.cleaned_data.items() if value}
