"""The reports of the books over the API."""

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.response import Response

from billing.reports.catalogue import REPORTS
from billing.reports.shape import asked
from billing.views.reports import plain
from crm import access
from crm.access import authorize
from crm.api.router import router


class FigureSerializer(serializers.Serializer):
    key = serializers.CharField()
    label = serializers.CharField()
    kind = serializers.CharField(help_text="money (base currency), text, percent (0.105 is 10.5 %), days, date, count")


class ReportSerializer(serializers.Serializer):
    key = serializers.CharField()
    title = serializers.CharField()
    about = serializers.CharField(help_text="What is counted.")
    cuts = serializers.ListField(child=serializers.CharField(), help_text="How its rows can be told apart.")
    on_day = serializers.BooleanField(help_text="As of a day, instead of from month to month.")


class ReportTableSerializer(serializers.Serializer):
    key = serializers.CharField()
    first = serializers.DateField()
    last = serializers.DateField()
    as_of = serializers.DateField()
    cut = serializers.CharField(allow_blank=True)
    columns = FigureSerializer(many=True)
    rows = serializers.ListField(child=serializers.DictField(), help_text="Values by column; amounts as text.")
    totals = serializers.DictField(allow_null=True)


ASKED = [
    OpenApiParameter("from", str, description="first month, such as 2026-01; a year ago by default"),
    OpenApiParameter("to", str, description="last month; the present one by default"),
    OpenApiParameter("as_of", OpenApiTypes.DATE, description="for reports as of a day; today by default"),
    OpenApiParameter("cut", str, description="how the rows are told apart, of the report's `cuts`"),
]


class ReportViewSet(viewsets.ViewSet):
    """What the books say, as far as you may see them."""

    door = "billing.view_report"
    lookup_field = "key"
    lookup_value_regex = r"[a-z_]+"

    @extend_schema(responses=ReportSerializer(many=True), summary="The reports you may read")
    def list(self, request):
        readable = [report for report in REPORTS.values() if access.allows(request.user, report.permission)]
        return Response(ReportSerializer(readable, many=True).data)

    @extend_schema(parameters=ASKED, responses=ReportTableSerializer, summary="A report")
    def retrieve(self, request, key):
        report = REPORTS.get(key)
        if report is None:
            raise Http404
        authorize(request.user, report.permission)
        question = asked(request.user, report, request.query_params)
        table = report.table(question)
        body = {
            "key": key,
            "first": question.first,
            "last": question.last,
            "as_of": question.day,
            "cut": question.cut,
            "columns": table.figures,
            "rows": [values(row.values) for row in table.rows],
            "totals": values(table.totals) if table.totals else None,
        }
        return Response(ReportTableSerializer(body).data)


def values(found):
    return {key: None if value is None else str(plain(value)) for key, value in found.items()}


router.register("reports", ReportViewSet, basename="api-report")
