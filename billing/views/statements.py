"""A customer's statement of account on a page, and sending it."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.reports import statement_rows
from billing.services.dunning import address_of
from billing.services.statements import refuse_period, send_statement
from billing.verbs import LANGUAGES
from crm import access, clock
from crm.doors import needs
from crm.models import Company, Customer
from crm.models.company import Currency
from crm.verbs import add_refusal
from crm.web.forms import DateInput


class PeriodForm(forms.Form):
    first = forms.DateField(label=_("from"), widget=DateInput)
    last = forms.DateField(label=_("until"), widget=DateInput)
    currency = forms.ChoiceField(label=_("currency"), choices=Currency)

    def clean(self):
        values = super().clean()
        if values.get("first") and values.get("last"):
            refuse_period(values["first"], values["last"])
        return values


class SendStatementForm(PeriodForm):
    to = forms.EmailField(label=_("to"))
    language = forms.ChoiceField(label=_("language"), choices=LANGUAGES)

    field_order = ("to", "language")


def usual():
    """The last three months, in the base currency."""
    last = clock.today()
    first = (last - timedelta(days=90)).replace(day=1)
    return {"first": first, "last": last, "currency": Company.current().base_currency}


def account_of(user, pk):
    """The customer whose account this person may read."""
    customer = get_object_or_404(Customer.objects.visible_to(user).select_related("owner__team"), pk=pk)
    if not access.allows(user, "billing.view_invoice_terms", customer):
        raise PermissionDenied(_("Your role does not see the amounts of invoices."))
    return customer


def asked_period(request):
    """(form, the period asked for, else the usual one)"""
    form = PeriodForm(request.GET if "first" in request.GET else None, initial=usual())
    return form, form.cleaned_data if form.is_valid() else usual()


@needs("billing.view_invoice_terms")
def statement_page(request, pk):
    """What was owed, billed, paid and is owed at the end, line by line with the balance."""
    customer = account_of(request.user, pk)
    form, period = asked_period(request)
    opening, rows = statement_rows(customer, period["currency"], period["first"], period["last"])
    lines = list(with_balances(opening, rows))
    paper = f"?from={period['first']}&to={period['last']}&currency={period['currency']}"
    context = {
        "customer": customer, "form": form, "period": period, "opening": opening, "lines": lines,
        "closing": lines[-1]["balance"] if lines else opening,
        "papers": [
            (label, reverse("billing:statement", args=[pk, language]) + paper)
            for language, label in (("zh", _("PDF in Chinese")), ("en", _("PDF in English")))
        ],
        "send_url": may_send(request.user, customer) and f"{reverse('billing:statement_send', args=[pk])}"
        f"?first={period['first']}&last={period['last']}&currency={period['currency']}",
    }  # fmt: skip
    return render(request, "billing/statement.html", context, status=422 if form.errors else 200)


def with_balances(opening, rows):
    balance = opening
    for day, text, amount in rows:
        balance += amount
        yield {"day": day, "text": text, "amount": amount, "balance": balance}


def may_send(user, customer):
    return access.allows(user, "billing.send_statement", customer)


@needs("billing.send_statement")
def send(request, pk):
    """The mail's address, language and period; then it goes out."""
    customer = account_of(request.user, pk)
    language = "zh" if (get_language() or "").startswith("zh") else "en"
    known = {**usual(), **request.GET.dict(), "to": address_of(customer), "language": language}
    form = SendStatementForm(request.POST or None, initial=known)
    page = reverse("billing:statement_page", args=[pk])
    if form.is_valid():
        try:
            send_statement(customer, **form.cleaned_data, by=request.user)
            messages.success(request, _t("The statement is on its way to %(to)s.") % {"to": form.cleaned_data["to"]})
            return redirect(page)
        except ValidationError as refusal:
            add_refusal(form, refusal)
    heading = _t("Send statement · %(customer)s") % {"customer": customer}
    context = {"form": form, "heading": heading, "submit_label": _t("Send"), "cancel_url": page}
    return render(request, "_form.html", context, status=422 if form.errors else 200)
