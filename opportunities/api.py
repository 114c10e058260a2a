"""Opportunities and quotes over the API."""

from rest_framework import serializers

from crm import access
from crm.api.lines import DocumentViewSet, LineSerializer
from crm.api.records import RecordSerializer, RecordViewSet
from crm.api.router import router
from opportunities import links, quoting, services
from opportunities.filters import OpportunityFilter, QuoteFilter
from opportunities.models import Opportunity, Quote, QuoteLine


class OpportunitySerializer(RecordSerializer):
    probability = serializers.IntegerField(read_only=True, help_text="In per cent, by the stage.")

    class Meta:
        model = Opportunity
        fields = (
            "id", "number", "status", "case", "lead", "customer", "contact", "name", "amount", "currency", "rate",
            "probability", "expected_close_on", "need", "lost_reason", "competitor", "owner", "status_since",
            "closed_at", "last_activity_at", "quote_asked_at", "quote_asked_of", "quote_due_on", "created_at",
            "updated_at", "version", "moves",
        )  # fmt: skip
        read_only_fields = (
            "lead", "rate", "lost_reason", "competitor", "owner", "status_since", "closed_at", "last_activity_at",
            "quote_asked_at", "quote_asked_of", "quote_due_on",
        )  # fmt: skip


class OpportunityViewSet(RecordViewSet):
    model = Opportunity
    serializer_class = OpportunitySerializer
    filterset_class = OpportunityFilter
    select_related = ("owner__team", "customer__owner__team")
    store = staticmethod(services.save_opportunity)


class QuoteLineSerializer(LineSerializer):
    class Meta(LineSerializer.Meta):
        model = QuoteLine


class QuoteSerializer(RecordSerializer):
    lines = QuoteLineSerializer(many=True, required=False)
    expired = serializers.BooleanField(read_only=True, help_text="Sent, and past its validity.")
    customer_link = serializers.SerializerMethodField(
        help_text="The secret page of the customer, once sent; for those who may send."
    )

    class Meta:
        model = Quote
        fields = (
            "id", "number", "status", "case", "opportunity", "customer", "contact", "revision", "version_of",
            "currency", "rate", "net", "tax", "gross", "lines", "valid_until", "expired", "terms", "owner",
            "submitted_by", "sent_at", "viewed_at", "customer_link", "created_at", "updated_at", "version", "moves",
        )  # fmt: skip
        read_only_fields = (
            "customer", "revision", "version_of", "rate", "net", "tax", "gross", "owner", "submitted_by", "sent_at",
            "viewed_at",
        )  # fmt: skip
        extra_kwargs = {"valid_until": {"required": False}}

    def get_customer_link(self, quote) -> str | None:
        may = access.allows(self.context["request"].user, "opportunities.send_quote", quote)
        return links.address(quote) if may and quote.status == Quote.Status.SENT else None


class QuoteViewSet(DocumentViewSet):
    model = Quote
    line_model = QuoteLine
    serializer_class = QuoteSerializer
    filterset_class = QuoteFilter
    select_related = ("owner__team", "customer__owner__team", "opportunity", "contract")
    prefetch_related = ("lines",)
    store = staticmethod(quoting.save_quote)


router.add("opportunities", OpportunityViewSet)
router.add("quotes", QuoteViewSet)
