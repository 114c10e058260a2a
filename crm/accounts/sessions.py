"""Where a person is signed in, and how it ends there.

A session lives as long as its row and as long as the person's password and `session_epoch` stay what they were when
it began. Ending all of somebody's sessions raises the epoch, which ends also those that nobody has listed.
"""

import re
import time

from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F
from django.dispatch import receiver
from django.utils import timezone

from crm import access, events
from crm.models import User

SEEN = "seen_at"
SEEN_EVERY_SECONDS = 600  # how exact "last seen" is; one write in that time, none with other requests

BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("MicroMessenger", "WeChat"),
            ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
           ("Mac OS", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip


def device(agent):
    """What a browser says of itself, in two words."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return " · ".join(filter(None, [browser, system])) or re.split(r"[/ ]", agent)[0][:30] or "?"


def of_user(user):
    """The person's live sessions, the latest first."""
    live = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    return UserSession.objects.filter(user=user, session_key__in=live).order_by("-last_seen_at")


@transaction.atomic
def end_one(session, *, by):
    """Sign out one of one's own sessions."""
    Session.objects.filter(session_key=session.session_key).delete()
    events.write(by, "session_ended", by=by, data={"ip": session.ip, "device": device(session.user_agent)})
    session.delete()


@transaction.atomic
def end_all(user, *, by):
    """Sign somebody out everywhere: an administrator does it to others."""
    access.authorize(by, "crm.change_user", user)
    _raise_epoch(user)
    events.write(user, "sessions_ended", by=by)


@transaction.atomic
def end_others(request):
    """Sign out everywhere but here."""
    _raise_epoch(request.user, but=request.session.session_key)
    request.session[HASH_SESSION_KEY] = request.user.get_session_auth_hash()
    events.write(request.user, "sessions_ended", by=request.user)


def _raise_epoch(user, but=None):
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db(fields=["session_epoch"])
    ended = UserSession.objects.filter(user=user).exclude(session_key=but)
    Session.objects.filter(session_key__in=ended.values("session_key")).delete()
    ended.delete()


@receiver(user_logged_in)
def begin(sender, request, user, **kwargs):
    request.session[SEEN] = int(time.time())


class LastSeenMiddleware:
    """Notes now and then when and from where a session was used."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated and time.time() - request.session.get(SEEN, 0) > SEEN_EVERY_SECONDS:
            request.session[SEEN] = int(time.time())
            UserSession.objects.create_from_request(request)
        return self.get_response(request)
