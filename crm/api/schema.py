"""What the documentation says of every endpoint, so that no endpoint has to say it: refusals, headers, limits."""

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.permissions import SAFE_METHODS
from rest_framework.serializers import ChoiceField

from crm import access
from crm.api.problems import ProblemSerializer

REFUSALS = {
    400: "Invalid input",
    401: "Not signed in",
    403: "Not allowed for this role",
    404: "No such record in your scope",
    409: "Not possible in the present state; `legal` lists what is",
    412: "Changed meanwhile; `changes` says what, and by whom",
    413: "More than the server takes in one call",
    415: "A content type that is not understood",
    422: "The Idempotency-Key belongs to another call",
    429: "Too many calls; `Retry-After` says how many seconds to wait",
}
ON_WRITING = {409, 413, 415, 422}
PAPER = {  # of an action that answers with a PDF
    "parameters": [OpenApiParameter("language", str, enum=["zh", "en"], default="zh")],
    "responses": {(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY, description="The PDF")},
}
KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER,
    description="A name of your own for this call: sent again within 24 hours, it is done once and answered alike.",
)  # fmt: skip
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER,
    description='The ETag you have seen, or `"lead-12-v5"`: the call is refused if the record changed meanwhile.',
)  # fmt: skip
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="An ETag you hold: 304 if nothing changed."
)  # fmt: skip


class Schema(AutoSchema):
    """Adds to each operation what `crm.api.guard` and the record viewsets do for all of them."""

    @property
    def writes(self):
        return self.method not in SAFE_METHODS

    @property
    def of_one_record(self):
        return hasattr(self.view, "perform_verb") and "{id}" in self.path

    def get_override_parameters(self):
        found = list(super().get_override_parameters())
        if self.writes:
            found.append(KEY)
        if self.writes and self.of_one_record:
            found.append(IF_MATCH)
        if getattr(self.view, "action", "") == "retrieve" and self.of_one_record:
            found.append(IF_NONE_MATCH)
        return found

    def _get_response_bodies(self, direction="response"):
        found = super()._get_response_bodies(direction)
        for code, words in REFUSALS.items():
            if self._may_answer(code):
                found[str(code)] = self._refusal(code, words, direction)
        return {**found, **self._unchanged()}

    def _refusal(self, code, words, direction):
        told = OpenApiResponse(ProblemSerializer, description=words)
        return self._get_response_for_code(told, str(code), ["application/problem+json"], direction)

    def _may_answer(self, code):
        if code == 412:
            return self.writes
        return self.writes or code not in ON_WRITING

    def _unchanged(self):
        conditional = getattr(self.view, "action", "") == "retrieve" and self.of_one_record
        return {"304": {"description": "Still what the ETag names"}} if conditional else {}

    def _map_serializer_field(self, field, direction, *args, **kwargs):
        """A choice that is only read may be without a value, where its column may."""
        if isinstance(field, ChoiceField) and field.read_only and _may_be_blank(field):
            field.allow_blank = True
        return super()._map_serializer_field(field, direction, *args, **kwargs)

    def _map_basic_serializer(self, serializer, direction):
        """What is not shown to everybody, or not in lists, is not promised."""
        schema = super()._map_basic_serializer(serializer, direction)
        model = getattr(getattr(serializer, "Meta", None), "model", None)
        not_always = {"moves"}
        if model is not None and model._meta.model_name in access.MONEY_APART:
            not_always |= access.MONEY_FIELDS
        if direction == "response" and "required" in schema:
            schema["required"] = [name for name in schema["required"] if name not in not_always]
        return schema


def _may_be_blank(field):
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    known = {column.name: column.blank for column in model._meta.concrete_fields} if model else {}
    return known.get(field.source, False)
