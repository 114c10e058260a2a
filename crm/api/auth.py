"""Who is calling: a personal token, or the browser's session."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions, permissions
from rest_framework.permissions import SAFE_METHODS

from crm import access, doors
from crm.accounts import second_factor
from crm.models import ApiToken


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer ltc_…`. A token without write access only reads."""

    def authenticate(self, request):
        kind, _space, key = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = ApiToken.objects.select_related("user__team").filter(digest=ApiToken.digest_of(key.strip())).first()
        if token is None or token.revoked_at or not token.user.is_active:
            raise exceptions.AuthenticationFailed(_("This token is not valid."))
        if request.method not in SAFE_METHODS and not token.may_write:
            raise exceptions.PermissionDenied(_("This token may only read."))
        self._note_use(token)
        return token.user, token

    def authenticate_header(self, request):
        return "Bearer"

    @staticmethod
    def _note_use(token):
        now = timezone.now()
        if token.last_used_at is None or token.last_used_at < now - timedelta(minutes=5):
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


class Door(permissions.IsAuthenticated):
    """An endpoint says by `door` who may come in: a permission, or SIGNED_IN. One that says nothing lets nobody in."""

    def has_permission(self, request, view):
        if not super().has_permission(request, view):
            return False
        door = getattr(view, "door", None)
        return door == doors.SIGNED_IN or access.allows(request.user, door)


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's session, with its CSRF check; strangers get 401, and who owes a second factor gets 403."""

    def authenticate(self, request):
        found = super().authenticate(request)
        if found and second_factor.is_owed(request._request):
            raise exceptions.PermissionDenied(_("Your role needs a second factor. Set it up under Profile, Security."))
        return found

    def authenticate_header(self, request):
        return "Session"


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer"}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = SessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema):
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
