"""The cache all processes share, which may go away without taking the product with it."""

import logging
import time
from functools import wraps

import redis
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

logger = logging.getLogger(__name__)
PAUSE = 5  # seconds until a Redis that did not answer is asked again


class SurvivingCache(RedisCache):
    """Redis; while it is away, the memory of this process: limits and codes used once are then kept per process."""

    away_until = 0.0

    def __init__(self, server, params):
        super().__init__(server, params)
        self.spare = LocMemCache("spare", params)


def _surviving(name):
    ask_redis = getattr(RedisCache, name)

    @wraps(ask_redis)
    def ask(self, *args, **kwargs):
        if time.monotonic() >= SurvivingCache.away_until:
            try:
                return ask_redis(self, *args, **kwargs)
            except (redis.ConnectionError, redis.TimeoutError) as away:
                SurvivingCache.away_until = time.monotonic() + PAUSE
                logger.warning("The shared cache does not answer: %s", away)
        return getattr(self.spare, name)(*args, **kwargs)

    return ask


ASKED = ("add", "get", "set", "touch", "delete", "get_many", "has_key", "incr", "set_many", "delete_many", "clear")
for method in ASKED:
    setattr(SurvivingCache, method, _surviving(method))
