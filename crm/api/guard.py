"""What every endpoint does around its work: count the call, make a change one transaction, answer a repeat alike."""

from contextlib import ExitStack

from django.db import connection, transaction
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS

from crm.api import answers, rates


class Guarded:
    """A refused call changes nothing, and one that is sent twice with the same Idempotency-Key is done once.

    `guarded(view)` puts this in front of a view; the router does so with every viewset.
    """

    allowance = None
    kept = None
    start = None

    def dispatch(self, request, *args, **kwargs):
        with ExitStack() as self.whole:
            response = super().dispatch(request, *args, **kwargs)
            if self.start:
                self.settle(response.render())
        return response

    def perform_authentication(self, request):
        try:
            super().perform_authentication(request)
        except AuthenticationFailed:
            self.allowance = rates.spend_of_stranger(request)
            raise
        self.allowance = rates.spend_of(request)

    def check_permissions(self, request):
        super().check_permissions(request)
        if request.method not in SAFE_METHODS:
            self.whole.enter_context(transaction.atomic())
            self.kept = answers.claim(request)
            self.start = transaction.savepoint()

    def settle(self, response):
        """Undo what a refused call did, and keep the answer with what an accepted one did."""
        if response.status_code >= 400:
            transaction.savepoint_rollback(self.start)
            connection.needs_rollback = False
        if self.kept and response.status_code < 500:
            answers.keep(self.kept, response)
        elif self.kept:
            self.kept.delete()

    def handle_exception(self, exc):
        if isinstance(exc, answers.Repeated):
            return exc.response
        self.allowance = getattr(exc, "allowance", self.allowance)
        return super().handle_exception(exc)

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in (self.allowance.headers if self.allowance else {}).items():
            response[name] = value
        return response


def guarded(view):
    """The view class with the guard in front of it."""
    if issubclass(view, Guarded):
        return view
    return type(view.__name__, (Guarded, view), {"__doc__": view.__doc__, "__module__": view.__module__})
