"""How many calls a token, a person or an address may make in a while; counted in the cache all processes share."""

import time
from dataclasses import dataclass

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import cache
from rest_framework.exceptions import Throttled


@dataclass(frozen=True)
class Allowance:
    """What is left of a window: `name` of the policy, its quota and seconds, calls left, seconds until it is whole."""

    name: str
    quota: int
    window: int
    left: int
    resets_in: int

    @property
    def headers(self):
        """As the IETF draft on rate limit headers writes them."""
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.quota};w={self.window}',
            "RateLimit": f'"{self.name}";r={self.left};t={self.resets_in}',
        }


class TooMany(Throttled):
    """The window is used up; `allowance` says for how long."""

    def __init__(self, allowance):
        super().__init__(wait=allowance.resets_in)
        self.allowance = allowance


def spend(name, who):
    """Count one call of `who`; the allowance after it, None where there is no limit. Raises TooMany."""
    quota, window = settings.API_RATE_LIMITS[name]
    if not quota:
        return None
    now = time.time()
    key = f"rate:{name}:{who}:{int(now // window)}"
    cache.add(key, 0, timeout=2 * window)
    try:
        used = cache.incr(key)
    except ValueError:  # the cache was emptied between the two
        used = 1
    allowance = Allowance(name, quota, window, max(0, quota - used), max(1, round(window - now % window)))
    if used > quota:
        raise TooMany(allowance)
    return allowance


def spend_of(request):
    """Count a call of whoever makes it: each token by itself, else the person, else the address it comes from."""
    if not getattr(request.user, "is_authenticated", False):
        return spend_of_stranger(request)
    who = f"t{request.auth.pk}" if hasattr(request.auth, "pk") else f"u{request.user.pk}"
    return spend("token", who)


def spend_of_stranger(request):
    return spend("anonymous", get_adapter().get_client_ip(request))
