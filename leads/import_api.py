"""Bringing in leads from a file over the API."""

import json

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, parsers, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from crm import jobs
from crm.models import Channel
from leads import import_fields, imports
from leads.models import Campaign, ImportRow, LeadImport


class LeadImportSerializer(serializers.ModelSerializer):
    """How far an import is: the state of its job, and how many rows were created, refused and skipped."""

    status = serializers.CharField(source="job.status", default="waiting_for_columns")
    done = serializers.IntegerField(source="job.done", default=0)
    counts = serializers.DictField(child=serializers.IntegerField())

    class Meta:
        model = LeadImport
        fields = (
            "id", "name", "headers", "columns", "campaign", "channel", "system", "uploaded_by", "created_at", "total",
            "status", "done", "counts",
        )  # fmt: skip


class UploadSerializer(serializers.Serializer):
    """A CSV or Excel file. `columns` says which column (from 0) holds which field; without it they are matched."""

    file = serializers.FileField()
    columns = serializers.CharField(required=False, help_text='JSON, e.g. {"company_name": 0, "phone": 2}')
    campaign = serializers.PrimaryKeyRelatedField(queryset=Campaign.objects.none(), required=False, allow_null=True)
    channel = serializers.ChoiceField(choices=Channel.choices, required=False, allow_blank=True)
    system = serializers.CharField(required=False, allow_blank=True, max_length=50)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if request := self.context.get("request"):
            self.fields["campaign"].queryset = Campaign.objects.visible_to(request.user)

    def validate_columns(self, text):
        try:
            columns = json.loads(text)
        except ValueError:
            columns = None
        sound = isinstance(columns, dict) and all(
            field in import_fields.KNOWN_HEADERS and isinstance(at, int) and at >= 0 for field, at in columns.items()
        )
        if not sound:
            raise serializers.ValidationError(_("Give a JSON object of field names and column positions."))
        return columns


class ImportRowSerializer(serializers.ModelSerializer):
    class Meta:
        model = ImportRow
        fields = ("number", "outcome", "reason", "cells", "lead")


class LeadImportViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, viewsets.GenericViewSet
):
    """Send a file, then ask how far it is. The same file twice is refused and adds nothing."""

    door = "leads.import_lead"
    queryset = LeadImport.objects.none()
    serializer_class = LeadImportSerializer
    parser_classes = [parsers.MultiPartParser]
    filter_backends = []
    lookup_value_regex = r"\d+"

    def get_queryset(self):
        return LeadImport.objects.visible_to(self.request.user).select_related("job")

    @extend_schema(request={"multipart/form-data": UploadSerializer}, responses={201: LeadImportSerializer})
    def create(self, request):
        """Take a file in and begin at once."""
        asked = UploadSerializer(data=request.data, context={"request": request})
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        received = imports.receive(values.pop("file"), by=request.user)
        columns = values.pop("columns", received.columns)
        if max(columns.values(), default=0) >= len(received.headers):
            raise ValidationError({"columns": _("The file has no such column.")})
        started = imports.start(received, columns=columns, by=request.user, **values)
        started.refresh_from_db()
        return Response(LeadImportSerializer(started).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={200: LeadImportSerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, request, pk=None):
        """Call a running import off; what it created stays."""
        lead_import = self.get_object()
        if lead_import.job:
            jobs.cancel(lead_import.job, by=request.user)
        return Response(LeadImportSerializer(self.get_object()).data)

    @extend_schema(responses={200: ImportRowSerializer(many=True)})
    @action(detail=True)
    def rows(self, request, pk=None):
        """What became of each row; `?outcome=refused` for those with a reason why not."""
        rows = self.get_object().rows.all()
        if outcome := request.query_params.get("outcome"):
            rows = rows.filter(outcome=outcome)
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(ImportRowSerializer(page, many=True).data)
