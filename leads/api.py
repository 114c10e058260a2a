"""Campaigns and leads over the API."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from crm import duplicates
from crm.access import authorize
from crm.api.records import RecordSerializer, RecordViewSet
from crm.api.router import router
from leads import services
from leads.filters import CampaignFilter, LeadFilter
from leads.models import Campaign, Lead


class CampaignSerializer(RecordSerializer):
    class Meta:
        model = Campaign
        fields = (
            "id", "number", "status", "name", "channel", "starts_on", "ends_on", "budget", "currency", "description",
            "owner", "created_at", "updated_at", "version", "moves",
        )  # fmt: skip


class CampaignViewSet(RecordViewSet):
    model = Campaign
    serializer_class = CampaignSerializer
    filterset_class = CampaignFilter
    select_related = ("owner__team",)


class LeadSerializer(RecordSerializer):
    class Meta:
        model = Lead
        fields = (
            "id", "number", "status", "case", "company_name", "contact_name", "contact_title", "phone", "email",
            "channel", "campaign", "industry", "region", "need", "budget", "timing", "grade", "consent", "owner",
            "assigned_at", "last_contact_at", "created_at", "updated_at", "version", "moves",
        )  # fmt: skip
        read_only_fields = ("owner", "grade", "assigned_at", "last_contact_at")


class SimilarSerializer(serializers.Serializer):
    """A record that may be the same; of one you may not see, the contact is masked and there is no address."""

    record_type = serializers.CharField()
    title = serializers.CharField()
    subtitle = serializers.CharField()
    contact = serializers.CharField()
    owner = serializers.CharField()
    url = serializers.CharField(allow_null=True)


class LeadViewSet(RecordViewSet):
    model = Lead
    serializer_class = LeadSerializer
    filterset_class = LeadFilter
    select_related = ("owner__team",)
    store = staticmethod(services.log)

    @extend_schema(
        parameters=[OpenApiParameter(name, str) for name in ("name", "phone", "email")],
        responses={200: SimilarSerializer(many=True)},
        filters=False,
    )
    @action(detail=False, pagination_class=None)
    def similar(self, request):
        """Likely duplicates among leads, customers and contacts, by name, phone and e-mail; five at most."""
        authorize(request.user, "leads.add_lead")
        known = {name: request.query_params.get(name, "").strip()[:200] for name in ("name", "phone", "email")}
        return Response(SimilarSerializer(duplicates.similar(request.user, **known), many=True).data)


router.add("campaigns", CampaignViewSet)
router.add("leads", LeadViewSet)
