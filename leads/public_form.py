"""The form of a campaign for outsiders, made to be shown inside other websites."""

import secrets
import time

from allauth.account.adapter import get_adapter
from csp.decorators import csp_replace
from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt

from leads import enquiries
from leads.models import Campaign, Lead

QUICKEST_SECONDS = 3  # nobody reads and fills in the form faster
OPEN_SECONDS = 12 * 3600
TRIES, WINDOW_SECONDS = 10, 600  # submissions from one address

CONSENT = gettext_lazy("I agree that my details are stored and that I am contacted about my enquiry.")


def stamp(campaign, at=None):
    """A signed note of when the form was opened, with an id of its own for the submission."""
    return signing.dumps([secrets.token_hex(8), at or time.time()], salt=campaign.form_key)


class PublicLeadForm(forms.ModelForm):
    """What an outsider tells us. People do not see `website`; who fills it in is a program."""

    website = forms.CharField(required=False, label="Website")
    stamp = forms.CharField(widget=forms.HiddenInput)

    class Meta:
        model = Lead
        fields = ("company_name", "contact_name", "phone", "email", "need", "consent")
        widgets = {"need": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, campaign, **kwargs):
        self.campaign = campaign
        super().__init__(*args, **kwargs)
        self.fields["stamp"].initial = stamp(campaign)
        self.fields["contact_name"].required = self.fields["consent"].required = True
        self.fields["contact_name"].label, self.fields["need"].label = _("your name"), _("how can we help?")
        self.fields["consent"].label = CONSENT
        for name, purpose in (("company_name", "organization"), ("contact_name", "name"), ("phone", "tel")):
            self.fields[name].widget.attrs["autocomplete"] = purpose
        self.fields["email"].widget.attrs["autocomplete"] = "email"

    def shown_fields(self):
        return [bound for bound in self.visible_fields() if bound.name != "website"]

    @cached_property
    def is_robot(self):
        return bool(self.cleaned_data.get("website"))

    def clean_stamp(self):
        """The id of the submission. A form that came back too fast or too late is sent once more."""
        try:
            submission, opened = signing.loads(
                self.cleaned_data["stamp"], salt=self.campaign.form_key, max_age=OPEN_SECONDS
            )
        except signing.BadSignature:
            self._renew_stamp()
            raise ValidationError(_("This form was open for too long. Please send it once more.")) from None
        if time.time() - opened < QUICKEST_SECONDS:
            raise ValidationError(_("That was very fast. Please wait a moment and send it once more."))
        return submission

    def _renew_stamp(self):
        self.data = self.data.copy()
        self.data["stamp"] = stamp(self.campaign)

    def clean(self):
        values = super().clean()
        if not (values.get("phone") or values.get("email")) and not {"phone", "email"} & self.errors.keys():
            self.add_error("phone", _("Give a phone or an e-mail, so that we can answer."))
        return values


def outsiders_page(view):
    """Open to anybody and inside anybody's frame. There is no session to protect, so no CSRF token: browsers send
    no cookies of ours from a foreign frame, and nothing here acts for a signed-in person."""
    return login_not_required(csrf_exempt(xframe_options_exempt(csp_replace({"frame-ancestors": ["*"]})(view))))


def open_campaign(key):
    if "\x00" in key:  # which no column can hold
        return None
    return Campaign.objects.filter(form_key=key, status=Campaign.Status.ACTIVE).first()


def closed(request):
    """One answer for a form that never was and for one that is over."""
    return render(request, "leads/public_closed.html", status=404)


@outsiders_page
def lead_form(request, key):
    campaign = open_campaign(key)
    if campaign is None:
        return closed(request)
    form = PublicLeadForm(request.POST or None, campaign=campaign)
    status = 200
    if request.method == "POST":
        if too_many(request):
            form.add_error(None, _("Too many submissions from your network. Please try again in a few minutes."))
            status = 429
        elif form.is_valid():
            keep(form)
            return redirect("leads:public_thanks", key)
        else:
            status = 422
    return render(request, "leads/public_form.html", {"form": form, "campaign": campaign}, status=status)


def keep(form):
    """Programs are thanked like everybody, and leave no lead."""
    if not form.is_robot:
        enquiries.receive(
            form.campaign, form.save(commit=False), consent=str(CONSENT), submission=form.cleaned_data["stamp"]
        )


def too_many(request):
    """More submissions from this address than people make?"""
    key = f"lead-form:{get_adapter(request).get_client_ip(request)}"
    cache.add(key, 0, WINDOW_SECONDS)
    try:
        return cache.incr(key) > TRIES
    except ValueError:  # it ran out between the two calls
        return False


@outsiders_page
def thanks(request, key):
    campaign = open_campaign(key)
    return render(request, "leads/public_thanks.html", {"campaign": campaign}) if campaign else closed(request)
