"""What the documentation says of every endpoint, so that no endpoint has to say it: refusals, headers, limits."""

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.permissions import SAFE_METHODS

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

    def get_response_serializers(self):
        found = super().get_response_serializers()
        if not isinstance(found, dict):
            code = "201" if getattr(self.view, "action", "") == "create" else "200"
            found = {code: found}
        plain = {key: given for key, given in found.items() if not self._is_problem(key)}
        refused = {
            (str(code), "application/problem+json"): OpenApiResponse(ProblemSerializer, description=words)
            for code, words in REFUSALS.items()
            if self._may_answer(code)
        }
        return {**plain, **refused, **self._unchanged()}

    def _is_problem(self, key):
        return int(key[0] if isinstance(key, tuple) else key) >= 400

    def _may_answer(self, code):
        if code == 412:
            return self.writes
        return self.writes or code not in ON_WRITING

    def _unchanged(self):
        conditional = getattr(self.view, "action", "") == "retrieve" and self.of_one_record
        return {"304": OpenApiResponse(description="Still what the ETag names")} if conditional else {}

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
