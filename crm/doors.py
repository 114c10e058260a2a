"""The door of every address: who may come in at all. A view that declares none lets nobody in.

What is seen and done inside is for the access table to say, record by record.
"""

from functools import wraps

from django.core import checks
from django.core.exceptions import PermissionDenied
from django.urls import URLResolver, get_resolver
from django.utils.translation import gettext as _

from crm.access import authorize

PUBLIC = "public"  # anybody: before signing in, or by a secret link
SIGNED_IN = "signed_in"  # every colleague, for what is their own or what they may see


def needs(permission):
    """Open a page to those whom the access table grants this permission at all."""

    def guard(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            authorize(request.user, permission)
            return view(request, *args, **kwargs)

        guarded.door = permission
        return guarded

    return guard


def signed_in(view):
    """Open a page to every colleague; it shows nothing but their own, or what they may see."""
    view.door = SIGNED_IN
    return view


def of(view):
    """PUBLIC, SIGNED_IN or the permission a view asks for; None where it declares no door."""
    endpoint = getattr(view, "cls", None)
    if door := getattr(view, "door", None) or getattr(endpoint, "door", None):
        return door
    if view.__module__.startswith("allauth."):
        return SIGNED_IN
    return None if endpoint or getattr(view, "login_required", True) else PUBLIC


def addresses(patterns=None, route="", space=""):
    """(route, whole name, view) of every address there is."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        whole = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern.url_patterns, whole, inner)
        else:
            yield whole, f"{space}{pattern.name}", pattern.callback


@checks.register(checks.Tags.urls)
def every_address_has_a_door(app_configs=None, **options):
    """The program does not start with an address nobody thought about."""
    return [
        checks.Error(
            f"/{route} ({name}) declares no door.",
            hint="Put @needs('app.verb_model') or @signed_in from crm.doors on the view, `door = ...` on an endpoint, "
            "or @login_not_required where anybody may come in.",
            id="crm.E001",
        )
        for route, name, view in addresses()
        if of(view) is None
    ]


class DoorMiddleware:
    """Nobody comes in where no door was declared."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if of(view) is None:
            raise PermissionDenied(_("Your role does not allow this."))
