"""Secrets of endpoints: kept encrypted with a key derived from the installation's own, and what they sign."""

import base64
import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

PREFIX = "whsec_"


def make():
    """A new secret, as the other program needs it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def seal(secret):
    return _lock().encrypt(secret.encode()).decode()


def open_sealed(sealed):
    """The secret again; ValueError if the installation's key has changed since."""
    try:
        return _lock().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise ValueError("The secret cannot be read; the installation's key has changed.") from error


def _lock():
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [salted_hmac("webhooks", "secrets", secret=key, algorithm="sha256").digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def in_use(endpoint):
    """The secrets that sign now: the present one, and for a day after a change the one before."""
    sealed = [endpoint.secret]
    if endpoint.previous_secret and endpoint.previous_until and endpoint.previous_until > timezone.now():
        sealed.append(endpoint.previous_secret)
    return [open_sealed(secret) for secret in sealed]


def headers(endpoint, message_id, body):
    """The three headers by which the other program knows that a message is ours, whole and fresh."""
    stamp = str(int(timezone.now().timestamp()))
    signatures = [signature(secret, message_id, stamp, body) for secret in in_use(endpoint)]
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": " ".join(signatures)}


def signature(secret, message_id, stamp, body):
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.new(key, b".".join([message_id.encode(), stamp.encode(), body]), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
