"""`/healthz`: does this process reach its database and its broker? For load balancers and container health checks."""

import logging

from django.conf import settings
from django.db import connection
from django.http import JsonResponse

logger = logging.getLogger(__name__)
TIMEOUT = 2  # seconds to wait for the broker


class HealthMiddleware:
    """Answers before everything else, so that it needs no login, no host name and no database of its own."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return healthz(request) if request.path == "/healthz" else self.get_response(request)


def healthz(request):
    """200 when all is reachable, 503 with the name of what is not."""
    results = {name: _passes(name, check) for name, check in CHECKS.items()}
    healthy = all(results.values())
    body = {"status": "ok" if healthy else "failing"}
    body |= {name: "ok" if passed else "unreachable" for name, passed in results.items()}
    return JsonResponse(body, status=200 if healthy else 503, headers={"Cache-Control": "no-store"})


def _passes(name, check):
    try:
        check()
    except Exception:
        logger.exception("Health check: %s is unreachable.", name)
        return False
    return True


def check_database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def check_broker():
    if settings.REDIS_URL:
        import redis

        with redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT) as broker:
            broker.ping()
    else:
        from crm import in_process

        in_process.check()


CHECKS = {"database": check_database, "broker": check_broker}
