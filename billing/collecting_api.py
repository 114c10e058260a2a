"""Getting paid over the API: promises, disputes, reminders and their levels, credit."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from billing import exposure
from billing.collecting_filters import (
    CreditLimitFilter,
    CreditReleaseFilter,
    DisputeFilter,
    DunningLevelFilter,
    PromiseFilter,
    ReminderFilter,
)
from billing.models import CreditLimit, CreditRelease, Dispute, DunningLevel, Promise, Reminder, ReminderItem
from billing.services import dispute, promise, save_reminder
from billing.services.credit import ask_release
from billing.views.collecting import ReminderPages
from crm.api.records import RecordSerializer, RecordViewSet
from crm.api.router import router
from crm.api.schema import PAPER

MADE_HERE = ("get", "post", "head", "options")
TAIL = ("owner", "created_at", "updated_at", "version", "moves")


class PromiseSerializer(RecordSerializer):
    currency = serializers.CharField(read_only=True)
    outcome = serializers.ChoiceField(choices=Promise.Outcome.choices, read_only=True)
    amount = serializers.DecimalField(16, 2, required=False, help_text="Left out: all that is owed.")

    class Meta:
        model = Promise
        fields = (
            "id", "number", "status", "outcome", "case", "customer", "invoice", "amount", "currency", "promised_on",
            "note", *TAIL,
        )  # fmt: skip
        read_only_fields = ("customer", "owner")


class PromiseViewSet(RecordViewSet):
    """What customers promised to pay, and whether they did."""

    http_method_names = MADE_HERE
    model = Promise
    serializer_class = PromiseSerializer
    filterset_class = PromiseFilter
    select_related = ("owner__team", "customer__owner__team", "invoice")

    def get_queryset(self):
        return super().get_queryset().with_received()

    def write(self, record, values):
        return promise(**values, by=self.request.user)


class DisputeSerializer(RecordSerializer):
    class Meta:
        model = Dispute
        fields = (
            "id", "number", "status", "case", "customer", "invoice", "kind", "reason", "handler", "outcome",
            "resolution", "resolved_on", "resolved_by", *TAIL,
        )  # fmt: skip
        read_only_fields = ("customer", "owner", "outcome", "resolution", "resolved_on", "resolved_by")
        extra_kwargs = {"handler": {"required": False, "help_text": "Left out: the owner of the invoice."}}


class DisputeViewSet(RecordViewSet):
    """What customers object to, and who answers for it."""

    http_method_names = MADE_HERE
    model = Dispute
    serializer_class = DisputeSerializer
    filterset_class = DisputeFilter
    select_related = ("owner__team", "customer__owner__team", "handler__team", "invoice")

    def write(self, record, values):
        return dispute(**values, by=self.request.user)


class ReminderItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = ReminderItem
        fields = ("invoice", "amount", "days_late", "day")


class ReminderSerializer(RecordSerializer):
    balance = serializers.DecimalField(
        16, 2, read_only=True, help_text="What it asked for; before it is sent, what there is to ask for now."
    )
    items = ReminderItemSerializer(many=True, read_only=True, help_text="The invoices, once it is sent.")

    class Meta:
        model = Reminder
        fields = (
            "id", "number", "status", "customer", "currency", "level", "balance", "language", "to", "subject",
            "message", "sent_on", "items", *TAIL,
        )  # fmt: skip
        read_only_fields = ("owner", "language", "to", "subject", "message", "sent_on")


class ReminderViewSet(RecordViewSet):
    """Letters to customers over all that is overdue in a currency."""

    http_method_names = MADE_HERE
    model = Reminder
    serializer_class = ReminderSerializer
    filterset_class = ReminderFilter
    select_related = ("owner__team", "customer__owner__team", "level")
    prefetch_related = ("items",)
    store = staticmethod(save_reminder)

    def get_queryset(self):
        return super().get_queryset().with_balance()

    @extend_schema(**PAPER)
    @action(detail=True)
    def paper(self, request, pk=None):
        """The letter as PDF."""
        return ReminderPages(request).paper(int(pk), request.query_params.get("language", "zh"))


class DunningLevelSerializer(RecordSerializer):
    class Meta:
        model = DunningLevel
        fields = (
            "id", "name", "days", "minimum", "again_after", "automatic", "is_active", "subject_zh", "text_zh",
            "subject_en", "text_en", "created_at", "updated_at", "version",
        )  # fmt: skip


class DunningLevelViewSet(RecordViewSet):
    """From how many days overdue a customer is reminded, and in which words."""

    takes_many = False
    model = DunningLevel
    serializer_class = DunningLevelSerializer
    filterset_class = DunningLevelFilter

    def get_queryset(self):
        DunningLevel.fill()
        return super().get_queryset()


router.add("promises", PromiseViewSet)
router.add("disputes", DisputeViewSet)
router.add("reminders", ReminderViewSet)
router.add("dunning-levels", DunningLevelViewSet)


class CreditLimitSerializer(RecordSerializer):
    exposure = serializers.SerializerMethodField(help_text="Owed less advances, and signed but not yet invoiced.")

    class Meta:
        model = CreditLimit
        fields = (
            "id", "status", "customer", "limit", "exposure", "note", "hold_reason", "created_at", "updated_at",
            "version", "moves",
        )  # fmt: skip
        read_only_fields = ("hold_reason",)

    def get_exposure(self, limit) -> str | None:
        """Of one customer only: in a list it would be worked out for every row."""
        many = isinstance(self.parent, serializers.ListSerializer)
        return None if many else str(exposure.of_customer(limit.customer_id).total)


class CreditLimitViewSet(RecordViewSet):
    """How much customers may owe, and who is on hold."""

    model = CreditLimit
    serializer_class = CreditLimitSerializer
    filterset_class = CreditLimitFilter
    select_related = ("customer__owner__team",)


class CreditReleaseSerializer(RecordSerializer):
    class Meta:
        model = CreditRelease
        fields = (
            "id", "number", "status", "case", "customer", "order", "reason", "limit", "exposure", "submitted_by",
            "decided_by", *TAIL,
        )  # fmt: skip
        read_only_fields = ("customer", "owner", "limit", "exposure", "submitted_by", "decided_by")


class CreditReleaseViewSet(RecordViewSet):
    """Orders let through above the limit, and those that wait for a manager."""

    http_method_names = MADE_HERE
    model = CreditRelease
    serializer_class = CreditReleaseSerializer
    filterset_class = CreditReleaseFilter
    select_related = ("owner__team", "customer__owner__team", "order")
    store = staticmethod(ask_release)


router.add("credit-limits", CreditLimitViewSet)
router.add("credit-releases", CreditReleaseViewSet)
