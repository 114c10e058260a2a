"""Answers in the way the asker understands: whole page or fragment, redirect or htmx header."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme


def respond(request, template, context, *, partial=None, status=200):
    """A whole page, or the fragment htmx asked for; caches are told that the two differ."""
    fragment = partial and request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request
    response = render(request, partial if fragment else template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def back(request, otherwise):
    """Where an act returns to: the list or home it was clicked in, else the record."""
    came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if came_from and url_has_allowed_host_and_scheme(came_from, {request.get_host()}) and request.path not in came_from:
        return came_from
    return otherwise


def go(request, address):
    """Redirect, in the way the asker understands."""
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)
