"""Attempts counted per address, so that nobody can guess for long. Counts live in the cache, which all web processes
share; they run out by themselves, so nobody is shut out forever."""

import hashlib

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.shortcuts import render

from crm.doors import PUBLIC, of

WRONG_LINKS, WRONG_TOKENS = "wrong links", "wrong tokens"
MOST = {WRONG_LINKS: 20, WRONG_TOKENS: 20}
WINDOW_SECONDS = 600


def address(request):
    return get_adapter().get_client_ip(request)


def hit(kind, who, most=None, seconds=WINDOW_SECONDS):
    """Count an attempt. Is it one too many?"""
    key = _key(kind, who)
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key) > (most or MOST[kind])
    except ValueError:  # it ran out between the two calls
        return False


def is_shut(kind, who):
    """Were there too many attempts already?"""
    return cache.get(_key(kind, who), 0) >= MOST[kind]


def _key(kind, who):
    return f"throttle:{hashlib.sha256(f'{kind} {who}'.encode()).hexdigest()}"


class SecretLinkMiddleware:
    """Whoever tries keys of secret links (quote, invoice, survey, form) that fit nothing is made to wait."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if getattr(request, "by_secret_link", False) and response.status_code == 404:
            hit(WRONG_LINKS, address(request))
        return response

    def process_view(self, request, view, args, kwargs):
        request.by_secret_link = "key" in kwargs and of(view) == PUBLIC
        if request.by_secret_link and is_shut(WRONG_LINKS, address(request)):
            return render(request, "429.html", status=429)
        return None
