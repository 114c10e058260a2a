"""One shape for every error: RFC 9457 problem+json, with the fields at fault."""

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.http import Http404, JsonResponse
from django.utils.translation import gettext as _
from django.views import defaults
from rest_framework import exceptions, serializers, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from crm import changes
from crm.api.answers import KeyReused
from crm.transitions import IllegalMove, Stale


class ChangeSerializer(serializers.Serializer):
    field = serializers.CharField()
    old = serializers.JSONField()
    new = serializers.JSONField()
    by = serializers.CharField()
    at = serializers.DateTimeField()


class ProblemSerializer(serializers.Serializer):
    """What an error looks like."""

    type = serializers.CharField(help_text="about:blank, or a short key such as illegal_move")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), required=False)
    legal = serializers.ListField(child=serializers.CharField(), required=False)
    version = serializers.IntegerField(required=False, help_text="The record's present version.")
    changes = ChangeSerializer(many=True, required=False, help_text="What others changed since the version you saw.")


class PreconditionFailed(Exception):
    """The record is no longer the one the caller has seen (If-Match); `seen` is that version, None if unknown."""

    def __init__(self, record, seen):
        super().__init__(record)
        self.record, self.seen = record, seen


def problem(exception, context):
    """DRF's exception handler. Refusals of verbs and of serializers end up alike."""
    set_rollback()
    if isinstance(exception, IllegalMove):
        return answer(409, "illegal_move", _("Not possible in this state"), text(exception), legal=exception.legal)
    if isinstance(exception, Stale):
        return answer(409, "stale", _("Changed meanwhile"), text(exception))
    if isinstance(exception, UnicodeEncodeError):
        return invalid({"detail": [_("A text holds characters that cannot be stored.")]})
    if isinstance(exception, PreconditionFailed):
        return precondition_failed(exception, context["request"].user)
    if isinstance(exception, KeyReused):
        return answer(422, "key_reused", _("Key used before"), _("This Idempotency-Key belongs to another call."))
    if isinstance(exception, ValidationError):
        return invalid(by_field(exception))
    if isinstance(exception, Http404 | exceptions.NotFound):
        return answer(404, "about:blank", _("Not found"), _("There is no such record, or you may not see it."))
    if isinstance(exception, PermissionDenied):
        return answer(403, "about:blank", _("Not allowed"), str(exception) or _("Your role does not allow this."))
    if isinstance(exception, exceptions.ValidationError):
        return invalid(flattened(exception.detail))
    if isinstance(exception, exceptions.APIException):
        response = answer(exception.status_code, "about:blank", title(exception), str(exception.detail))
        for header, value in (
            ("WWW-Authenticate", getattr(exception, "auth_header", None)),
            ("Retry-After", getattr(exception, "wait", None)),
        ):
            if value:
                response[header] = str(value)
        return response
    return None


def title(exception):
    """What kind of refusal it is: the framework's words, filled in where they have room for the case at hand."""
    general = str(exception.default_detail)
    return str(exception.detail) if "{" in general else general


def precondition_failed(exception, user):
    """412 that says what others changed meanwhile, as far as the caller may see it."""
    record, seen = exception.record, exception.seen
    found = [] if seen is None else changes.since(record, seen, user)
    told = ChangeSerializer(found, many=True).data
    words = _("Somebody changed this record meanwhile. Read it again before you change it.")
    return answer(412, "stale", _("Changed meanwhile"), words, version=record.version, changes=told)


def invalid(errors):
    errors = {sayable(field): [sayable(line) for line in lines] for field, lines in errors.items()}
    detail = "; ".join(line for lines in errors.values() for line in lines)
    return answer(status.HTTP_400_BAD_REQUEST, "invalid", _("Please correct the input"), detail, errors=errors)


def sayable(words):
    """Words that may repeat what was sent, half a character included, so that they can be sent back."""
    return str(words).encode(errors="replace").decode()


def answer(code, kind, title, detail, **more):
    body = {"type": kind, "title": str(title), "status": code, "detail": str(detail), **more}
    return Response(body, status=code, content_type="application/problem+json")


def text(exception):
    return " ".join(exception.messages)


def by_field(exception):
    """{field: [texts]} of a Django refusal; "detail" holds what belongs to no field."""
    found = exception.message_dict if hasattr(exception, "error_dict") else {NON_FIELD_ERRORS: exception.messages}
    return {("detail" if field == NON_FIELD_ERRORS else field): lines for field, lines in found.items()}


def flattened(detail, name=""):
    """DRF's nested errors as {"lines.0.quantity": [texts]}."""
    if isinstance(detail, dict):
        pairs = [((f"{name}.{key}" if name else str(key)), value) for key, value in detail.items()]
    elif any(isinstance(item, dict | list) for item in detail):
        pairs = [(f"{name}.{at}" if name else str(at), item) for at, item in enumerate(detail)]
    else:
        return {("detail" if name in ("", "non_field_errors") else name): [str(line) for line in detail]}
    found = {}
    for key, value in pairs:
        found |= flattened(value if isinstance(value, dict | list) else [value], key)
    return found


def unknown_address(request, exception):
    """Django's 404 for an address nothing answers at: a problem under /api/, elsewhere the page."""
    if not request.path.startswith("/api/"):
        return defaults.page_not_found(request, exception)
    return plain(answer(404, "about:blank", _("Not found"), _("There is no such address.")))


def crashed(request):
    """Django's 500, likewise."""
    if not request.path.startswith("/api/"):
        return defaults.server_error(request)
    return plain(answer(500, "about:blank", _("Something went wrong"), _("Nothing was changed. Try again later.")))


def plain(response):
    """The same answer where no endpoint is there to render it."""
    return JsonResponse(response.data, status=response.status_code, content_type=response.content_type)
