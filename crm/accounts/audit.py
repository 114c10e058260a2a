"""Who came in, who failed to, and what changed about it: events of the one log, with address and browser.

Address and browser are personal data, kept to find out about break-ins. The log is append-only, so they stay as long
as the log does; say so in the company's privacy notice.
"""

from allauth.account import signals as account
from allauth.account.adapter import get_adapter
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import events
from crm.access import SYSTEM
from crm.models import Event, User

SIGN_IN = {
    "signed_in": _("signed in"),
    "sign_in_failed": _("failed to sign in"),
    "sign_in_locked": _("kept out after too many attempts"),
    "signed_out": _("signed out"),
    "session_ended": _("signed out on another device"),
    "sessions_ended": _("sessions ended"),
}
FACTORS = {
    "password_changed": _("password changed"),
    "password_reset": _("password chosen anew by mail"),
    "second_factor_added": _("second factor added"),
    "second_factor_removed": _("second factor removed"),
    "second_factor_reset": _("second factors reset by an administrator"),
    "second_factor_failed": _("wrong second factor"),
    "recovery_codes_renewed": _("recovery codes made anew"),
}
WORDS = {**SIGN_IN, **FACTORS, "revoked": _("revoked"), "downloaded": _("downloaded"), "viewed_as": _("seen as")}

LOCKED_SECONDS = 300  # one event for a locked account in that time, however many knock


def origin(request):
    """Where a request came from."""
    if request is None:
        return {}
    return {"ip": _address(request), "agent": request.META.get("HTTP_USER_AGENT", "")[:200]}


def _address(request):
    try:
        return get_adapter().get_client_ip(request)
    except PermissionDenied:  # behind a Unix socket nobody names one; the act is logged all the same
        return ""


def note(user, verb, request, *, by=None, **data):
    """Log something about a person's way in."""
    events.write(user, verb, by=by or user, data={**origin(request), **data})


def note_stranger(verb, request):
    """Log an attempt on an account that does not exist. What was typed may be a password, so it is not kept."""
    Event.objects.create(
        record_type="user", record_id=0, verb=verb, source=Event.Source.WEB, acting_role=SYSTEM.name,
        data=origin(request), occurred_at=timezone.now(),
    )  # fmt: skip


def failed(request, email, verb):
    user = User.objects.filter(email__iexact=email).first() if email else None
    if user:
        note(user, verb, request, by=SYSTEM)
    else:
        note_stranger(verb, request)


def locked(request, email):
    if cache.add(f"locked:{(email or '').lower()}:{origin(request)['ip']}", True, LOCKED_SECONDS):
        failed(request, email, "sign_in_locked")


@receiver(account.user_logged_in)
def signed_in(request, user, **kwargs):
    records = request.session.get("account_authentication_methods", [])
    ways = [record.get("type") or record["method"] for record in records]
    note(user, "signed_in", request, ways=ways)


@receiver(user_logged_out)
def signed_out(request, user, **kwargs):
    if user is not None:
        note(user, "signed_out", request)


@receiver(user_login_failed)
def sign_in_failed(credentials, request=None, **kwargs):
    if request is not None:
        failed(request, credentials.get("email") or credentials.get("username"), "sign_in_failed")


@receiver(mfa.authentication_failed)
def code_failed(request, user, **kwargs):
    note(user, "second_factor_failed", request, by=SYSTEM)


@receiver(mfa.authenticator_added)
def factor_added(request, user, authenticator, **kwargs):
    note(user, "second_factor_added", request, factor=authenticator.type)


@receiver(mfa.authenticator_reset)
def codes_renewed(request, user, authenticator, **kwargs):
    note(user, "recovery_codes_renewed", request)


@receiver(mfa.authenticator_removed)
def factor_removed(request, user, authenticator, **kwargs):
    from crm.accounts import second_factor, sessions

    note(user, "second_factor_removed", request, factor=authenticator.type)
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        request.session.pop(second_factor.PROVEN, None)
        sessions.end_others(request)


@receiver(account.password_changed)
def password_changed(request, user, **kwargs):
    note(user, "password_changed", request)


@receiver(account.password_reset)
def password_reset(request, user, **kwargs):
    note(user, "password_reset", request)
