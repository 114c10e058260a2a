"""How the library behaves in this house: nobody signs up, mails are ours, secrets lie encrypted."""

import base64
import hashlib
import secrets
import time

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core import signing
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from crm.accounts import audit, second_factor
from crm.models import Company

DEVICE_COOKIE = "known_device"
DEVICE_SECONDS = 365 * 24 * 3600
WRONG_CODE = _("This code is not right. Codes change every 30 seconds; each works once.")


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "incorrect_code": WRONG_CODE,
        "incorrect_password": _("This is not your password."),
        "enter_current_password": _("This is not your present password."),
        "email_password_mismatch": _("E-mail and password do not belong together."),
        "too_many_login_attempts": _("Too many failed attempts. Wait five minutes, or choose a new password by mail."),
        "rate_limited": _("Too many attempts. Wait a few minutes and try again."),
    }

    def is_open_for_signup(self, request):
        return False

    def is_reauthentication_required(self, app):
        """Who has just signed in need not prove it again."""
        records = get_authentication_records(self.request, self.request.user)
        return not any(time.time() - record["at"] < app_settings.REAUTHENTICATION_TIMEOUT for record in records)

    def get_reauthentication_methods(self, user):
        """With a second factor, the password alone does not confirm who one is."""
        ways = super().get_reauthentication_methods(user)
        return [way for way in ways if way["id"] != "reauthenticate"] or ways

    def send_notification_mail(self, template_prefix, user, context=None, email=None):
        """Tell somebody that their way in has changed, in their language."""
        told = {"person": user, "timestamp": timezone.now(), **audit.origin(self.request), **(context or {})}
        with translation.override(user.language or translation.get_language()):
            self.send_mail(template_prefix, email or user.email, told)

    def format_email_subject(self, subject):
        return f"[{Company.current().name}] {subject}"

    def send_mail(self, template_prefix, email, context):
        self.render_mail(template_prefix, email, {"email": email, "company": Company.current(), **context}).send()

    # Failed attempts are counted per account, but apart for a browser its owner has signed in with before:
    # so that nobody can lock an owner out by guessing.

    def post_login(self, request, user, **kwargs):
        response = super().post_login(request, user, **kwargs)
        if not known_device(request, user.email):
            value = signing.dumps([user.email.lower(), secrets.token_hex(8)], salt=DEVICE_COOKIE)
            response.set_cookie(
                DEVICE_COOKIE, value, DEVICE_SECONDS, secure=settings.HTTPS, httponly=True, samesite="Lax"
            )
        return response

    def _get_login_attempts_cache_key(self, request, **credentials):
        key = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{key}:{known_device(request, credentials.get('email', ''))}"

    def pre_authenticate(self, request, **credentials):
        try:
            super().pre_authenticate(request, **credentials)
        except Exception:
            audit.locked(request, credentials.get("email", ""))
            raise


def known_device(request, email):
    """The mark of a browser in which this account has signed in before, else an empty text."""
    try:
        owner, mark = signing.loads(request.COOKIES.get(DEVICE_COOKIE, ""), salt=DEVICE_COOKIE, max_age=DEVICE_SECONDS)
    except signing.BadSignature:
        return ""
    return mark if owner == email.lower() else ""


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": WRONG_CODE,
        "cannot_delete_authenticator": _(
            "Your role needs a second factor. Add another one before you remove this one."
        ),
    }

    def get_totp_issuer(self):
        return Company.current().name

    def _get_site_name(self):
        return Company.current().name

    def can_delete_authenticator(self, authenticator):
        return second_factor.may_go(authenticator)

    def encrypt(self, text):
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text):
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher():
    """Encrypts with the installation's secret, so that a copy of the database alone signs nobody in."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(f"second-factor:{key}".encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
