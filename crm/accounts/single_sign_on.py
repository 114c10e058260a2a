"""Single sign-on with the company's own OpenID Connect provider.

A person is known by an e-mail address which the provider has verified. Nobody is created that way unless
OIDC_CREATE_USERS says so; then with OIDC_ROLE, to which an administrator adds the rest.
"""

from allauth.account.internal.decorators import login_not_required
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from crm import people
from crm.access import SYSTEM
from crm.accounts import audit
from crm.models import User


class Adapter(DefaultSocialAccountAdapter):
    """Who may come in this way, and what they are told who may not."""

    def pre_social_login(self, request, sociallogin):
        if sociallogin.is_existing:
            return
        email = next((address.email for address in sociallogin.email_addresses if address.verified), "")
        user = User.objects.filter(email__iexact=email).first() if email else None
        if user is None and email and settings.OIDC_CREATE_USERS:
            user = _employ(email, sociallogin.account.extra_data)
        if user is None:
            audit.failed(request, email, "sign_in_failed")
            messages.error(request, _("There is no account for you here. Ask an administrator of your company."))
            raise ImmediateHttpResponse(redirect("account_login"))
        sociallogin.connect(request, user)

    def is_open_for_signup(self, request, sociallogin):
        return False

    def on_authentication_error(self, request, provider, error=None, exception=None, extra_context=None):
        audit.note_stranger("sign_in_failed", request)
        messages.error(
            request, _("The sign-on of your company did not let you in. Try again, or ask an administrator.")
        )
        raise ImmediateHttpResponse(redirect("account_login"))

    def send_notification_mail(self, *args, **kwargs):
        """The company's own sign-on needs no mail to say that it was used."""


def _employ(email, told):
    """A new colleague, by what the provider tells of them."""
    told = told.get("userinfo") or told.get("id_token") or told
    user = User(email=email.lower(), name=(told.get("name") or email.split("@")[0])[:100], roles=[settings.OIDC_ROLE])
    return people.save_user(user, by=SYSTEM)


class Provider(OpenIDConnectOAuth2Adapter):
    """Checks the signature of every token, and comes back only to the address we are known by."""

    def _decode_id_token(self, app, id_token):
        self.did_fetch_access_token = False  # which is when the library would trust the connection alone
        return super()._decode_id_token(app, id_token)

    def get_callback_url(self, request, app):
        return settings.SITE_URL + reverse("openid_connect_callback", args=[self.provider_id])


def _step(view_class):
    @login_not_required
    def step(request, provider_id):
        if settings.SINGLE_SIGN_ON is None:
            raise Http404
        try:
            return view_class.adapter_view(Provider(request, provider_id))(request)
        except SocialApp.DoesNotExist:
            raise Http404 from None

    return step


begin, come_back = _step(OAuth2LoginView), _step(OAuth2CallbackView)
