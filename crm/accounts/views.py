"""Views of the library with what we ask beyond it."""

from allauth.account import views
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import remove_webauthn
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.generic import RedirectView

from crm.accounts import second_factor
from crm.doors import signed_in

to_security = signed_in(RedirectView.as_view(pattern_name="security"))


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
