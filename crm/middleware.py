"""Each request in its reader's language, time zone and door; refusals in words."""

from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation

from crm import clock, events
from crm.models import Event
from crm.transitions import IllegalMove

ZONES = available_timezones()


class UserPreferencesMiddleware:
    """The signed-in person's language and time zone; before login the browser's language."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        user = request.user
        if user.is_authenticated and user.language in dict(settings.LANGUAGES):
            translation.activate(user.language)
            request.LANGUAGE_CODE = translation.get_language()
        zone = user.time_zone if user.is_authenticated and user.time_zone in ZONES else ""
        door = Event.Source.API if request.path.startswith("/api/") else Event.Source.WEB
        with timezone.override(ZoneInfo(zone) if zone else clock.business_zone()), events.source(door):
            return self.get_response(request)


class RefusalMiddleware:
    """A verb's refusal that no form caught becomes a readable answer instead of a crash."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if not isinstance(exception, ValidationError | PermissionDenied) or request.path.startswith("/api/"):
            return None
        status = 403 if isinstance(exception, PermissionDenied) else 409 if isinstance(exception, IllegalMove) else 422
        texts = exception.messages if isinstance(exception, ValidationError) else [str(exception)]
        if request.headers.get("HX-Request"):
            for text in texts:
                messages.error(request, text)
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        return render(request, "_refusal.html", {"texts": texts, "status": status}, status=status)
