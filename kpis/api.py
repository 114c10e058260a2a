"""KPIs, targets and the figures people enter, over the API."""

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.reverse import reverse

from crm.api.pagination import Places
from crm.api.records import RecordSerializer, RecordViewSet
from crm.api.router import router
from kpis import periods, services, tally
from kpis.cuts import VIEW, cut_for
from kpis.dashboard import definitions
from kpis.definitions import REGISTRY
from kpis.filters import CostFilter, IndustrySalesFilter, TargetFilter
from kpis.models import Cost, IndustrySales, Target
from kpis.planning import EQUAL, LAST_YEAR
from kpis.rows import Rows


class DefinitionSerializer(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField()
    formula = serializers.CharField()
    unit = serializers.CharField(help_text="money (base currency), count, days, ratio (0.105 is 10.5 %) or score")
    better = serializers.CharField(help_text="up or down")
    numerator = serializers.CharField()
    denominator = serializers.CharField(allow_null=True)
    dimensions = serializers.ListField(child=serializers.CharField(), help_text="what it can be narrowed by")


class AmountField(serializers.DecimalField):
    def __init__(self, **options):
        super().__init__(None, None, allow_null=True, **options)

    def to_representation(self, value):
        return None if value is None else f"{value:.6f}".rstrip("0").rstrip(".")


class FigureSerializer(serializers.Serializer):
    value = AmountField(help_text="null is n/a: nothing to divide by, or not told for this person, team or channel")
    numerator = AmountField()
    denominator = AmountField(help_text="null for a plain sum")


class PointSerializer(FigureSerializer):
    month = serializers.DateField()


class KpiSerializer(FigureSerializer):
    key = serializers.CharField()
    first = serializers.DateField(help_text="of the period")
    last = serializers.DateField()
    median = AmountField()
    ninetieth = AmountField(help_text="90th percentile")
    purchase_value = AmountField(help_text="of a lifetime value: revenue per contract")
    frequency = AmountField(help_text="of a lifetime value: contracts per customer and year")
    lifespan = AmountField(help_text="of a lifetime value: years")
    churn_assumed = serializers.BooleanField(allow_null=True, help_text="the default of the settings was used")
    series = PointSerializer(many=True, help_text="the twelve months up to the period's end")
    rows = serializers.CharField(help_text="address of the rows behind the number")


class RowSerializer(serializers.Serializer):
    record_type = serializers.CharField(source="record._meta.model_name")
    id = serializers.IntegerField(source="record.pk")
    label = serializers.CharField()
    day = serializers.DateField(source="on_day")
    value = AmountField(source="counts")
    person = serializers.IntegerField(source="person.pk", allow_null=True, default=None)


class RowsSerializer(serializers.Serializer):
    count = serializers.IntegerField()
    sum = AmountField(help_text="of the rows you may see")
    hidden_count = serializers.IntegerField(help_text="rows that count but are not yours to see")
    hidden_sum = AmountField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = RowSerializer(many=True)


ASKED = [
    OpenApiParameter("period", str, description="2026-03, 2026-Q1 or 2026; the present quarter by default"),
    OpenApiParameter("from", str, description="first day, with `to`, instead of `period`"),
    OpenApiParameter("to", str, description="last day"),
    OpenApiParameter("team", int, description="with the teams below it"),
    OpenApiParameter("person", int),
    OpenApiParameter("channel", str, description="of the lead the chain began with"),
]
PART = OpenApiParameter("part", str, enum=["of", "per"], description="numerator or denominator")


def period_of(request):
    try:
        return periods.asked(request.query_params)
    except ValueError as error:
        raise ValidationError({"period": _("This is no period.")}) from error


class KpiViewSet(viewsets.ViewSet):
    """The KPIs: what they mean, their value in a period, and the rows behind it, as far as you may see them."""

    door = VIEW
    lookup_field = "key"
    lookup_value_regex = r"[a-z_]+"

    def kpi(self, key):
        if key not in REGISTRY:
            raise Http404
        return REGISTRY[key]

    @extend_schema(responses=DefinitionSerializer(many=True), summary="Definitions of all KPIs")
    def list(self, request):
        return Response(DefinitionSerializer(definitions(), many=True).data)

    @extend_schema(parameters=ASKED, responses={200: KpiSerializer}, summary="A KPI in a period")
    def retrieve(self, request, key):
        kpi, period, cut = self.kpi(key), period_of(request), cut_for(request.user, request.query_params)
        months = periods.month_starts(periods.months_later(periods.month_start(period.last), -11), period.last)
        spans = [periods.of("month", month) for month in months]
        figure, *points = tally.figures(kpi, [period, *spans], cut)
        address = reverse("api-kpi-rows", args=[key], request=request)
        body = {
            "key": key,
            "first": period.first,
            "last": period.last,
            "rows": f"{address}?{request.query_params.urlencode()}",
            "series": [{"month": m, **plain(point)} for m, point in zip(months, points, strict=True)],
            **plain(figure),
            **details(figure),
        }
        return Response(KpiSerializer(body).data)

    @extend_schema(parameters=[*ASKED, PART], responses={200: RowsSerializer}, summary="The rows behind a KPI")
    @action(detail=True, methods=["get"])
    def rows(self, request, key):
        kpi, period, cut = self.kpi(key), period_of(request), cut_for(request.user, request.query_params)
        measure = kpi.parts.get(request.query_params.get("part", "of"))
        if measure is None or not (cut.whole or kpi.divisible):
            raise Http404
        found = Rows(measure, kpi.window(period), cut, request.user)
        pages = Places()
        numbers = pages.paginate_queryset(range(found.count), request, view=self)
        results = found.page(numbers[0], numbers[-1] + 1) if numbers else []
        hidden_count, hidden_sum = found.hidden()
        body = {
            "count": found.count, "sum": found.total, "hidden_count": hidden_count, "hidden_sum": hidden_sum,
            "next": pages.next, "previous": pages.previous, "results": results,
        }  # fmt: skip
        return Response(RowsSerializer(body).data)


def plain(figure):
    names = ("value", "numerator", "denominator")
    return {name: getattr(figure, name) if figure else None for name in names}


def details(figure):
    factors = figure.factors if figure else None
    found = {name: getattr(figure, name, None) for name in ("median", "ninetieth")}
    names = ("purchase_value", "frequency", "lifespan", "churn_assumed")
    return found | {name: getattr(factors, name, None) for name in names}


class TargetSerializer(RecordSerializer):
    class Meta:
        model = Target
        fields = (
            "id", "status", "kpi", "span", "starts_on", "team", "person", "plan", "parent", "revision", "base",
            "stretch", "challenge", "owner", "created_at", "updated_at", "version", "moves",
        )  # fmt: skip
        read_only_fields = ("kpi", "span", "starts_on", "team", "person", "plan", "parent", "revision", "owner")


class PlanSerializer(serializers.Serializer):
    """A year to plan, and how it is split to months and people."""

    kpi = serializers.ChoiceField(Target.Kpi.choices)
    year = serializers.IntegerField(min_value=2000, max_value=2100)
    base = serializers.DecimalField(16, 2, min_value=0)
    stretch = serializers.DecimalField(16, 2, min_value=0, required=False, allow_null=True)
    challenge = serializers.DecimalField(16, 2, min_value=0, required=False, allow_null=True)
    months = serializers.ChoiceField([EQUAL, LAST_YEAR], default=EQUAL)
    people = serializers.ChoiceField([EQUAL, LAST_YEAR], default=EQUAL)


class TargetViewSet(RecordViewSet):
    """Targets by year, quarter and month, for company, teams and people. A POST plans a whole year."""

    takes_many = False
    model = Target
    serializer_class = TargetSerializer
    filterset_class = TargetFilter
    select_related = ("owner__team", "person__team", "plan")

    @extend_schema(request=PlanSerializer, responses={201: TargetSerializer})
    def create(self, request, *args, **kwargs):
        asked = PlanSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        head = services.plan(**asked.validated_data, by=request.user)
        return Response(self.get_serializer(head).data, status=status.HTTP_201_CREATED)

    def write(self, record, values):
        """Only months are set; quarters and years are their sums."""
        if record.span != Target.Span.MONTH:
            raise ValidationError(_("Only months are set; quarters and years are their sums."))
        for level, amount in values.items():
            services.set_amounts(record, level=level, amounts={record.pk: amount}, by=self.request.user)
        return record


class CostSerializer(RecordSerializer):
    class Meta:
        model = Cost
        fields = ("id", "month", "kind", "team", "amount", "note", "created_at", "updated_at", "version", "moves")


class CostViewSet(RecordViewSet):
    model = Cost
    serializer_class = CostSerializer
    filterset_class = CostFilter
    store = staticmethod(services.save_cost)


class IndustrySalesSerializer(RecordSerializer):
    class Meta:
        model = IndustrySales
        fields = (
            "id", "month", "industry", "amount", "currency", "rate", "source", "created_at", "updated_at", "version",
            "moves",
        )  # fmt: skip
        read_only_fields = ("rate",)


class IndustrySalesViewSet(RecordViewSet):
    model = IndustrySales
    serializer_class = IndustrySalesSerializer
    filterset_class = IndustrySalesFilter
    store = staticmethod(services.save_industry_sales)


router.register("kpis", KpiViewSet, basename="api-kpi")
router.add("targets", TargetViewSet)
router.add("costs", CostViewSet)
router.add("industry-sales", IndustrySalesViewSet)
