"""Views of the library with what we ask beyond it."""

from functools import wraps

from allauth.account import views
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import remove_webauthn
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.generic import RedirectView

from crm.accounts import second_factor
from crm.doors import signed_in

to_sign_in = login_not_required(RedirectView.as_view(pattern_name="account_login"))
to_security = signed_in(RedirectView.as_view(pattern_name="security"))


def local(view, see=False):
    """A way in that is ours, closed where the company's sign-on is the only one; its page may still be seen."""

    @login_not_required
    @wraps(view)
    def guarded(request, *args, **kwargs):
        if settings.OIDC_ONLY and not (see and request.method == "GET"):
            raise PermissionDenied(_("Sign in with the sign-on of your company."))
        return view(request, *args, **kwargs)

    return guarded


@signed_in
def confirm_by_password(request):
    """Who has a second factor confirms with it; the password alone is no longer enough."""
    if request.user.is_authenticated and second_factor.has(request.user):
        ways = second_factor.ways_to_confirm(request.user)
        return redirect(f"{ways[0]['url']}?{request.GET.urlencode()}")
    return views.reauthenticate(request)


@signed_in
def remove_key(request, pk):
    """The last second factor of somebody who must have one stays."""
    key = get_object_or_404(Authenticator, pk=pk, user=request.user, type=Authenticator.Type.WEBAUTHN)
    if not second_factor.may_go(key):
        messages.error(request, _("Your role needs a second factor. Add another one before you remove this one."))
        return redirect("security")
    return remove_webauthn(request, pk=pk)
