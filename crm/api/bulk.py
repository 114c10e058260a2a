"""Many records in one call: each row goes through the same door as a single one, and is accepted or refused alone."""

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from crm import external
from crm.api import tags
from crm.api.problems import answer, problem

MOST_ROWS = 1000
ATOMIC = OpenApiParameter("atomic", bool, description="All rows or none: one refused row refuses the call with 400.")


class RowResultSerializer(serializers.Serializer):
    """What became of one row, in the order of the rows sent."""

    index = serializers.IntegerField()
    status = serializers.IntegerField(help_text="As a call of its own would have answered: 200, 201, 400, 404, …")
    id = serializers.IntegerField(required=False)
    version = serializers.IntegerField(required=False)
    detail = serializers.CharField(required=False)
    errors = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), required=False)


class BulkResultSerializer(serializers.Serializer):
    succeeded = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = RowResultSerializer(many=True)


def with_bulk(viewset):
    """Add `POST` and `PATCH …/bulk/` where the records can be created and changed."""
    if not viewset.takes_many:
        return viewset
    one, kind = viewset.serializer_class, viewset.model._meta.model_name
    options = {"responses": BulkResultSerializer, "parameters": [ATOMIC], "filters": False}

    @extend_schema(request=one(many=True), summary=f"Create up to {MOST_ROWS:,} records: {kind}", **options)
    @action(detail=False, methods=["post"], pagination_class=None)
    def bulk(self, request):
        """Create many records; each row is created or refused by itself, unless `atomic` is asked for."""
        return each_row(self, request, self.created_row)

    patched = serializer_for_change(one)

    @extend_schema(request=patched(many=True), summary=f"Change up to {MOST_ROWS:,} records: {kind}", **options)
    def bulk_update(self, request):
        """Change many records, each named by `id` or by `external_ids`; a `version` guards against overwriting."""
        return each_row(self, request, self.changed_row)

    viewset.bulk_update = bulk.mapping.patch(bulk_update)
    viewset.bulk = bulk
    return viewset


def serializer_for_change(one):
    """The serializer of a changed row, for the documentation: nothing is required, `id` and `version` are taken."""
    fields = {
        "id": serializers.IntegerField(required=False, help_text="Or `external_ids`."),
        "version": serializers.IntegerField(required=False, help_text="The version you have seen."),
    }
    meta = type("Meta", (one.Meta,), {"extra_kwargs": _optional(one)})
    name = one.__name__.replace("Serializer", "ChangeSerializer")
    return type(name, (one,), {**fields, "Meta": meta, "__doc__": one.__doc__})


def _optional(one):
    return {**getattr(one.Meta, "extra_kwargs", {}), **{name: {"required": False} for name in one.Meta.fields}}


def each_row(view, request, act):
    """Do the act with every row, each in a savepoint; the results in one answer."""
    rows, results = rows_of(request), []
    atomic = request.query_params.get("atomic", "false").lower() in ("true", "1")
    for index, row in enumerate(rows):
        results.append({"index": index, **one_row(view, act, row)})
    refused = sum(result["status"] >= 400 for result in results)
    body = {"succeeded": len(results) - refused, "refused": refused, "results": results}
    if atomic and refused:
        body["succeeded"] = 0
        words = _("%(count)s rows were refused, so none was taken.") % {"count": refused}
        return answer(400, "bulk_refused", _("Please correct the input"), words, **body)
    return Response(body)


def rows_of(request):
    rows = request.data
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValidationError(_("Send a list of objects."))
    if not 1 <= len(rows) <= MOST_ROWS:
        raise ValidationError(_("Send 1 to %(count)s rows.") % {"count": MOST_ROWS})
    return rows


def one_row(view, act, row):
    try:
        with transaction.atomic():
            return act(row)
    except Exception as refusal:
        refused = problem(refusal, {"request": view.request, "view": view})
        if refused is None:
            raise
        shown = {key: refused.data[key] for key in ("detail", "errors") if key in refused.data}
        return {"status": refused.status_code, **shown}


class BulkRows:
    """How a viewset creates and changes one of many rows."""

    def created_row(self, row):
        serializer = self.get_serializer(data=row)
        serializer.is_valid(raise_exception=True)
        return told(201, self.keep(self.model(), dict(serializer.validated_data)))

    def changed_row(self, row):
        record = self.named(row)
        if "version" in row:
            tags.require_version(record, row["version"])
        serializer = self.get_serializer(record, data=row, partial=True)
        serializer.is_valid(raise_exception=True)
        return told(200, self.keep(record, dict(serializer.validated_data)))

    def named(self, row):
        """The record a row means: by its id, else by its external ids."""
        rows, ids = self.get_queryset(), row.get("external_ids")
        if isinstance(row.get("id"), int) and not isinstance(row["id"], bool) and abs(row["id"]) < 2**63:
            found = rows.filter(pk=row["id"])
        elif "id" not in row and isinstance(ids, dict) and ids and all(isinstance(name, str) for name in ids.values()):
            found = rows.filter(pk__in=external.keys(self.model, ids))
        else:
            raise ValidationError({"id": [_("Name the record by its id or its external ids.")]})
        if len(found := list(found[:2])) != 1:
            raise Http404
        return found[0]


def told(status, record):
    return {"status": status, "id": record.pk, "version": record.version}
