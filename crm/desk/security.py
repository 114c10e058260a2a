"""One's own way in: password, second factors, and where one is signed in."""

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.accounts import second_factor, sessions
from crm.doors import signed_in


@signed_in
def overview(request):
    factors = list(Authenticator.objects.filter(user=request.user).order_by("pk"))
    of_kind = {kind: [factor for factor in factors if factor.type == kind] for kind in Authenticator.Type.values}
    codes = of_kind["recovery_codes"]
    context = {
        "app": of_kind["totp"][0] if of_kind["totp"] else None,
        "keys": [(key, key.wrap()) for key in of_kind["webauthn"]],
        "codes_left": len(codes[0].wrap().get_unused_codes()) if codes else 0,
        "has_second_factor": bool(of_kind["totp"] or of_kind["webauthn"]),
        "required": second_factor.is_required_of(request.user),
        "owed": second_factor.is_owed(request),
        "sessions": [_described(session, request) for session in sessions.of_user(request.user)],
    }
    return render(request, "desk/security.html", context)


def _described(session, request):
    return {
        "pk": session.pk,
        "device": sessions.device(session.user_agent),
        "ip": session.ip,
        "seen": session.last_seen_at,
        "began": session.created_at,
        "current": session.session_key == request.session.session_key,
    }


@signed_in
@require_POST
def end_session(request, pk):
    session = get_object_or_404(sessions.of_user(request.user), pk=pk)
    if session.session_key != request.session.session_key:
        sessions.end_one(session, by=request.user)
        messages.success(request, _("Signed out there."))
    return redirect("security")


@signed_in
@require_POST
def end_other_sessions(request):
    sessions.end_others(request)
    messages.success(request, _("Signed out everywhere else."))
    return redirect("security")
