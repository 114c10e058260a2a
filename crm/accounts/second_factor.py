"""Two-factor login: who must have it, who has it, and what happens until then.

The factors are an authenticator app, security keys and passkeys, and recovery codes for the day these are lost.
"""

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crm import access, events, work
from crm.accounts import sessions
from crm.models import Company

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
PROVEN = "second_factor"  # in the session: this person has a second factor, no need to ask again
OPEN_ADDRESSES = ("/account/", "/profile/security/", "/language/", "/logo/", "/api/")  # the API asks by itself


def has(user):
    return Authenticator.objects.filter(user=user, type__in=FACTORS).exists()


def is_required_of(user):
    """Does one of the user's roles ask for a second factor?"""
    return user.has_role(*Company.current().second_factor_roles)


def is_owed(request):
    """Must this person set up a second factor before anything else? Asks the database once per session at most.

    Who came by single sign-on has proven themselves there, by the rules of the company's own sign-on.
    """
    if not is_required_of(request.user) or request.session.get(PROVEN) or came_by_single_sign_on(request):
        return False
    if not has(request.user):
        return True
    request.session[PROVEN] = True
    return False


def came_by_single_sign_on(request):
    records = get_authentication_records(request, request.user)
    return any(record["method"] == "socialaccount" for record in records)


def may_go(factor):
    """May this factor be removed: is it no longer required, or is there another?"""
    others = Authenticator.objects.filter(user=factor.user, type__in=FACTORS).exclude(pk=factor.pk)
    return not is_required_of(factor.user) or others.exists()


def ways_to_confirm(user):
    """How this person proves once more that it is them; where there is a second factor, with that."""
    ways = get_adapter().get_reauthentication_methods(user)
    return [way for way in ways if way["id"] != "reauthenticate"] or ways


@transaction.atomic
def reset(user, *, by):
    """Take away a colleague's second factors, who has lost them: they are signed out everywhere and told."""
    access.authorize(by, "crm.change_user", user)
    removed, _rows = Authenticator.objects.filter(user=user).delete()
    if removed:
        sessions.end_all(user, by=by)
        events.write(user, "second_factor_reset", by=by)
        work.notify(user, gettext_noop("%(who)s reset your two-factor login. Set it up anew."), who=str(by))
        transaction.on_commit(lambda: get_adapter().send_notification_mail("account/email/second_factor_reset", user))
    return removed > 0


class SecondFactorMiddleware:
    """Who owes a second factor is led to set it up, and reaches nothing else until then."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated and not request.path.startswith(OPEN_ADDRESSES) and is_owed(request):
            messages.warning(request, _("Your role needs a second factor. Set it up to go on."))
            return redirect("security")
        return self.get_response(request)
