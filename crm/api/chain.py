"""Reading a chain whole: its events, and a case with all its records."""

import django_filters
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.response import Response
from rest_framework.views import APIView

from crm import access, chain, doors, events
from crm.models import Case, Event


class EventSerializer(serializers.ModelSerializer):
    class Meta:
        model = Event
        fields = (
            "id", "case", "record_type", "record_id", "verb", "from_state", "to_state", "actor", "acting_role",
            "source", "reason", "data", "record_version", "occurred_at", "recorded_at",
        )  # fmt: skip


class EventFilter(django_filters.FilterSet):
    since = django_filters.IsoDateTimeFilter(field_name="recorded_at", lookup_expr="gte")
    after = django_filters.NumberFilter(field_name="pk", lookup_expr="gt")

    class Meta:
        model = Event
        fields = ("case", "record_type", "record_id", "verb", "actor", "source")


class EventViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """The log of what happened, oldest first, as far as you may see the records."""

    door = doors.SIGNED_IN
    queryset = Event.objects.none()
    serializer_class = EventSerializer
    filterset_class = EventFilter

    def get_queryset(self):
        return events.visible_to(self.request.user, chain.models()).order_by("pk")

    def paginate_queryset(self, queryset):
        return events.told(super().paginate_queryset(queryset), self.request.user)

    def get_object(self):
        return events.told([super().get_object()], self.request.user)[0]


class CaseRecordSerializer(serializers.Serializer):
    record_type = serializers.CharField()
    id = serializers.IntegerField()
    number = serializers.CharField()
    status = serializers.CharField()
    amount = serializers.DecimalField(16, 2, allow_null=True)
    currency = serializers.CharField()
    created_at = serializers.DateTimeField()


class CaseSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    customer = serializers.IntegerField(allow_null=True)
    records = CaseRecordSerializer(many=True)
    events = EventSerializer(many=True)


class CaseView(APIView):
    """One chain from lead to cash: its records and its events, as far as you may see them."""

    door = doors.SIGNED_IN

    @extend_schema(responses=CaseSerializer)
    def get(self, request, pk):
        found = [record for model in chain.models() for record in _records(model, pk, request.user)]
        case = Case.objects.filter(pk=pk).first()
        if case is None or not any(record.case_id == case.pk for record in found):  # its campaign alone tells nobody
            raise Http404
        log = events.visible_to(request.user, chain.models()).filter(case=case).order_by("occurred_at", "pk")
        body = {
            "id": case.pk,
            "customer": case.customer_id,
            "records": [_summary(record, request.user) for record in found],
            "events": events.told(list(log[:1000]), request.user),
        }
        return Response(CaseSerializer(body, context={"request": request}).data)


def _records(model, case_id, user):
    rows = model.objects.visible_to(user)
    if model._meta.model_name == "campaign":
        return rows.filter(leads__case=case_id).distinct()
    return rows.filter(case=case_id).order_by("pk")


def _summary(record, user):
    sees = access.sees_money(user, record)
    return {
        "record_type": record._meta.model_name,
        "id": record.pk,
        "number": getattr(record, "issued_number", "") or record.number,
        "status": record.status,
        "amount": chain.amount_of(record) if sees else None,
        "currency": getattr(record, "currency", "") if sees else "",
        "created_at": record.created_at,
    }
