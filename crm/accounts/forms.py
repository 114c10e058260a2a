"""Forms of the library in our words."""

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _


class AddKeyForm(AddWebAuthnForm):
    name = forms.CharField(label=_("name of the key"), required=False, max_length=100)
    passwordless = forms.BooleanField(
        label=_("Sign in with this key alone, without password (passkey)"), required=False,
        help_text=_("The key then asks for your fingerprint, face or PIN."),
    )  # fmt: skip
