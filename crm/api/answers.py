"""The same answer to the same call: what a client sends again under its Idempotency-Key is done once."""

import hashlib
import json
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.models import KeptAnswer

KEPT_FOR = timedelta(hours=24)
LONGEST_KEY = 255
KEPT_HEADERS = ("Content-Type", "Content-Language", "ETag", "Location", "Retry-After")


class KeyReused(Exception):
    """The key has already been used for another call."""


class Repeated(Exception):
    """The call was answered before; carries that answer."""

    def __init__(self, kept):
        super().__init__(kept.key)
        self.response = HttpResponse(kept.body, status=kept.status)
        for name, value in kept.headers.items():
            self.response[name] = value
        self.response["Idempotent-Replayed"] = "true"


def claim(request):
    """The row that will keep this call's answer, or None for a call without a key.

    A call of the same key that is still at work is waited for: its row is not committed yet, and the database lets no
    second one in. Raises Repeated with the kept answer, KeyReused if the key belongs to another call.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
        words = _("Give 1 to %(count)s printable ASCII characters.") % {"count": LONGEST_KEY}
        raise ValidationError({"Idempotency-Key": words})
    mine = KeptAnswer.objects.filter(user=request.user, key=key)
    mine.filter(made_at__lt=timezone.now() - KEPT_FOR).delete()
    asked = fingerprint(request)
    kept, is_new = KeptAnswer.objects.get_or_create(user=request.user, key=key, defaults={"fingerprint": asked})
    if is_new:
        return kept
    if kept.fingerprint != asked:
        raise KeyReused
    raise Repeated(kept)


def keep(kept, response):
    """Fill in the answer; call inside the transaction of the change."""
    kept.status, kept.body = response.status_code, response.content.decode()
    kept.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    kept.save(update_fields=["status", "body", "headers"])


def forget():
    """Delete the answers that need not be kept any longer; how many they were."""
    return KeptAnswer.objects.filter(made_at__lt=timezone.now() - KEPT_FOR).delete()[0]


def fingerprint(request):
    """What is asked for: method, address and body; of files what is in them, whatever the wrapping."""
    asked = [request.method, request.get_full_path(), _plain(request.data)]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _plain(data):
    if not hasattr(data, "lists"):
        return data
    return [[name, [_told(value) for value in values]] for name, values in sorted(data.lists())]


def _told(value):
    if not hasattr(value, "chunks"):
        return value
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return [value.name, digest.hexdigest()]
