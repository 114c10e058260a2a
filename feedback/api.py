"""Tickets and surveys over the API."""

from crm.api.records import RecordSerializer, RecordViewSet
from crm.api.router import router
from feedback import services
from feedback.filters import SurveyFilter, TicketFilter
from feedback.models import SurveyInvitation, Ticket


class TicketSerializer(RecordSerializer):
    class Meta:
        model = Ticket
        fields = (
            "id", "number", "status", "case", "customer", "contact", "order", "subject", "description", "kind",
            "priority", "owner", "response_due_at", "resolution_due_at", "answered_at", "resolved_at", "resolution",
            "created_at", "updated_at", "version", "moves",
        )  # fmt: skip
        read_only_fields = ("owner",)
        extra_kwargs = {"customer": {"required": True, "allow_null": False}}


class TicketViewSet(RecordViewSet):
    model = Ticket
    serializer_class = TicketSerializer
    filterset_class = TicketFilter
    store = staticmethod(services.save_ticket)
    select_related = ("owner__team", "customer__owner__team", "order")
    owns_what_it_creates = False


class SurveySerializer(RecordSerializer):
    class Meta:
        model = SurveyInvitation
        fields = (
            "id", "number", "status", "case", "customer", "contact", "order", "ticket", "score", "recommend",
            "comment", "sent_at", "expires_at", "answered_at", "created_at", "updated_at", "version", "moves",
        )  # fmt: skip


class SurveyViewSet(RecordViewSet):
    """Surveys go out by themselves and are answered by customers; here they are read."""

    takes_many = False
    model = SurveyInvitation
    serializer_class = SurveySerializer
    filterset_class = SurveyFilter
    select_related = ("owner__team", "customer__owner__team")
    http_method_names = ("get", "head", "options")


router.add("tickets", TicketViewSet)
router.add("surveys", SurveyViewSet)
