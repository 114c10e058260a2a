"""What a bench sends: which lines are booked as what."""

from decimal import Decimal, InvalidOperation

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from billing.bank import matching
from billing.bank.booking import Booking
from billing.bank.models import BankLine
from billing.models import Invoice, Payment, Refund
from crm import choices, money
from crm.models import Customer

FOUND, OFFERED = 20, 25
CENT = Decimal("0.01")


def several(label, model):
    return forms.ModelMultipleChoiceField(label=label, queryset=model.objects.none(), required=False)


class BookingForm(forms.Form):
    """Lines, and the invoices with their amounts (`amount_7` for invoice 7), payments or refunds they are."""

    line = forms.ModelMultipleChoiceField(label=_("bank line"), queryset=BankLine.objects.none())
    invoice = several(_("invoice"), Invoice)
    payment = several(_("payment"), Payment)
    refund = several(_("refund"), Refund)
    customer = forms.ModelChoiceField(label=_("customer"), queryset=Customer.objects.none(), required=False)
    fee = forms.DecimalField(label=_("bank fee"), max_digits=16, decimal_places=2, min_value=0, required=False)

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)
        seen = Payment.objects.visible_to(by)
        self.fields["line"].queryset = BankLine.objects.visible_to(by).select_related("account")
        self.fields["invoice"].queryset = Invoice.objects.visible_to(by).with_balance().select_related("customer")
        self.fields["payment"].queryset = seen.select_related("customer")
        self.fields["refund"].queryset = Refund.objects.filter(payment__in=seen).select_related("payment__customer")
        self.fields["customer"].queryset = Customer.objects.visible_to(by)

    def clean(self):
        values = super().clean()
        amounts = [(invoice, self._amount(invoice)) for invoice in values.get("invoice") or ()]
        self.lines = list(values.get("line") or ())
        self.booking = Booking(
            invoices=[(invoice, amount) for invoice, amount in amounts if amount],
            payments=list(values.get("payment") or ()),
            refunds=list(values.get("refund") or ()),
            customer=values.get("customer"),
            fee=values.get("fee") or money.ZERO,
        )
        return values

    def _amount(self, invoice):
        text = str(self.data.get(f"amount_{invoice.pk}", "")).replace(",", "").strip()
        try:
            amount = Decimal(text) if text else money.ZERO
        except InvalidOperation:
            amount = None
        if amount is None or not amount.is_finite() or amount != amount.quantize(CENT):
            words = _("%(invoice)s: “%(text)s” is not an amount.") % {"invoice": invoice, "text": text[:40]}
            self.add_error(None, ValidationError(words))
            return money.ZERO
        return amount


class SplitForm:
    """A line laid out over invoices: those its payer owes, those searched for, and the amounts typed so far."""

    def __init__(self, data=None, *, line, by):
        self.line, self.by, self.data = line, by, data or {}
        self.find = self.data.get("find", "").strip()
        self.proposals = matching.best(line) if line.status == BankLine.Status.IMPORTED and line.amount > 0 else []
        self.fee = self.data.get("fee", "")
        self.currency = line.account.currency

    @property
    def rows(self):
        """(invoice, amount typed or proposed), the searched ones first."""
        typed = {key[7:]: value for key, value in self.data.items() if key.startswith("amount_") and value.strip()}
        proposed = {} if self.data else self._proposed()
        found = {invoice.pk: invoice for invoice in [*self._found(), *self._of_payer(), *self._kept(typed)]}
        return [(invoice, typed.get(str(pk)) or proposed.get(pk, "")) for pk, invoice in found.items()]

    @property
    def customer_field(self):
        form = BookingForm({"customer": self.data.get("customer") or self._payer()}, by=self.by)
        choices.offer(form)
        return form["customer"]

    @property
    def rest(self):
        """What is left while nothing was typed anew."""
        spent = sum((Decimal(amount) for amount in self._proposed().values()), money.ZERO)
        return self.line.amount - spent

    def _proposed(self):
        best = next((p for p in self.proposals if p.booking.invoices and len(p.lines) == 1 and not p.booking.fee), None)
        return {invoice.pk: amount for invoice, amount in best.booking.invoices} if best else {}

    def _payer(self):
        for proposal in self.proposals:
            if proposal.booking.rest_customer:
                return proposal.booking.rest_customer.pk
        return None

    def _rows(self):
        rows = Invoice.objects.visible_to(self.by).receivable().filter(currency=self.currency)
        return rows.select_related("customer").order_by("due_on", "pk")

    def _found(self):
        """What the search found: by the invoice's number or its customer's name."""
        return choices.matching(self._rows(), self.find)[:FOUND] if self.find else []

    def _of_payer(self):
        payer = self.data.get("customer") or self._payer()
        return self._rows().filter(customer=payer)[:OFFERED] if payer else []

    def _kept(self, typed):
        return self._rows().filter(pk__in=[key for key in typed if key.isdecimal()]) if typed else []
