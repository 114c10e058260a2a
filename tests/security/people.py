"""Signing in as people do, and the second factors they carry."""

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client

from crm.models import Company
from tests.factories import PASSWORD

SECRET = "JBSWY3DPEHPK3PXP"


def code(secret=SECRET):
    """What an authenticator app shows now."""
    return format_hotp_value(hotp_value(secret, next(auth.yield_hotp_counters_from_time())))


def with_app(user):
    """Give somebody an authenticator app and recovery codes."""
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return user


def recovery_codes(user):
    return Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()


def sign_in(user, password=PASSWORD, **headers):
    """A browser of one's own in which this person typed their password."""
    client = Client(headers=headers)
    client.post("/account/login/", {"login": user.email, "password": password})
    return client


def sign_in_with_app(user):
    client = sign_in(user)
    client.post("/account/second-factor/enter/", {"code": code()})
    return client


def is_in(client):
    return client.get("/profile/").status_code == 200


def require_second_factor(*roles):
    company = Company.current()
    company.second_factor_roles = list(roles)
    company.save()
