"""The company's settings and exchange rates."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from crm import people, uploads
from crm.access import Role
from crm.doors import needs
from crm.models import Company, ExchangeRate
from crm.models.company import Currency
from crm.verbs import add_refusal
from crm.web.forms import DateInput, time_zone_choices


class CompanyForm(forms.ModelForm):
    time_zone = forms.ChoiceField(label=_("business time zone"))
    second_factor_roles = forms.MultipleChoiceField(
        label=_("roles that need two-factor login"), choices=Role.choices, widget=forms.CheckboxSelectMultiple,
        required=False, help_text=_("Who has not set it up is led to it at the next click and can do nothing else."),
    )  # fmt: skip

    class Meta:
        model = Company
        fields = (
            "name", "logo", "address", "phone", "tax_number", "bank_account", "base_currency", "time_zone",
            "open_leads_limit", "lead_cooldown_days", "lead_recycle_days", "stale_opportunity_days",
            "sales_discount_limit", "quote_valid_days", "payment_days", "reminder_days", "survey_valid_days",
            "business_hours_start", "business_hours_end", "yearly_churn", "second_factor_roles",
        )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = time_zone_choices()[1:]
        for name in ("business_hours_start", "business_hours_end"):
            self.fields[name].widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")

    def clean_logo(self):
        """A PNG or JPEG by its content, not by its name."""
        logo = self.cleaned_data["logo"]
        return (
            uploads.accept(logo, uploads.LOGOS, uploads.MOST_BYTES_OF_A_LOGO) if hasattr(logo, "content_type") else logo
        )


class RateForm(forms.Form):
    """The same currency and day again is a correction, not a mistake."""

    currency = forms.ChoiceField(label=_("currency"), choices=Currency)
    rate = forms.DecimalField(label=_("rate"), max_digits=18, decimal_places=8)
    valid_from = forms.DateField(label=_("valid from"), widget=DateInput)


@needs("crm.change_company")
def settings(request):
    company = Company.objects.first() or Company.objects.create()
    form = CompanyForm(request.POST or None, request.FILES or None, instance=company)
    if form.is_valid():
        try:
            people.save_company(form.save(commit=False), by=request.user)
            messages.success(request, _t("Saved."))
            return redirect("crm:company")
        except ValidationError as refusal:
            add_refusal(form, refusal)
    context = {"form": form, "heading": _t("Company settings"), "submit_label": _t("Save")}
    return render(request, "_form.html", context, status=422 if form.errors else 200)


@needs("crm.change_company")
def rates(request):
    """What other currencies are worth; a document keeps the rate of its day."""
    form = RateForm(request.POST or None)
    if form.is_valid():
        try:
            people.save_rate(ExchangeRate(**form.cleaned_data), by=request.user)
            messages.success(request, _t("Saved."))
            return redirect("crm:rates")
        except ValidationError as refusal:
            add_refusal(form, refusal)
    context = {"form": form, "rates": ExchangeRate.objects.all()[:200], "base": Company.current().base_currency}
    return render(request, "desk/rates.html", context, status=422 if form.errors else 200)


def logo(request):
    """The company's logo, for pages and papers."""
    kept = Company.current().logo
    if not kept or not kept.storage.exists(kept.name):
        raise Http404
    headers = {"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "max-age=3600"}
    return FileResponse(kept.open("rb"), headers=headers)
