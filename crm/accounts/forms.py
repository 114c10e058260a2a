"""Forms of the library in our words."""

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import encrypt
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _


def code_field(label):
    """A code as phones and password managers fill it in."""
    return forms.CharField(label=label, widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}))


class CodeForm(AuthenticateForm):
    code = code_field(_("code"))


class ConfirmForm(ReauthenticateForm):
    code = code_field(_("code"))


class AddAppForm(ActivateTOTPForm):
    code = code_field(_("code of the app"))

    def clean_code(self):
        """Setting the app up uses the code: whoever looked on cannot sign in with it."""
        code = super().clean_code()
        app = TOTP(Authenticator(user=self.user, data={"secret": encrypt(self.secret)}))
        if not app.validate_code(code):
            raise get_adapter().validation_error("incorrect_code")
        return code


class AddKeyForm(AddWebAuthnForm):
    name = forms.CharField(label=_("name of the key"), required=False, max_length=100)
    passwordless = forms.BooleanField(
        label=_("Sign in with this key alone, without password (passkey)"), required=False,
        help_text=_("The key then asks for your fingerprint, face or PIN."),
    )  # fmt: skip
