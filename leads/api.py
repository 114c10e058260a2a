"""Campaigns and leads over the API."""

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


class LeadViewSet(RecordViewSet):
    model = Lead
    serializer_class = LeadSerializer
    filterset_class = LeadFilter
    select_related = ("owner__team",)
    store = staticmethod(services.log)


router.add("campaigns", CampaignViewSet)
router.add("leads", LeadViewSet)
