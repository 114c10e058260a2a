"""Billing over the API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from billing import collecting_api, reports_api  # noqa: F401 - add their addresses
from billing.bank import api as bank_api  # noqa: F401 - its endpoints join the router
from billing.filters import CreditNoteFilter, InvoiceFilter, PaymentFilter, PeriodFilter, WriteOffFilter
from billing.models import Allocation, CreditNote, Invoice, InvoiceLine, Payment, Period, WriteOff
from billing.services import ask_write_off, register_payment, save_credit_note, save_invoice
from billing.views.papers import credit_note_paper, invoice_paper
from crm.api.lines import DocumentViewSet, LineSerializer
from crm.api.records import RecordSerializer, RecordViewSet
from crm.api.router import router
from crm.api.schema import PAPER


class InvoiceLineSerializer(LineSerializer):
    class Meta(LineSerializer.Meta):
        model = InvoiceLine


class InvoiceSerializer(RecordSerializer):
    lines = InvoiceLineSerializer(
        many=True,
        required=False,
        help_text="Left out on a new one: what is left of the contract or was delivered.",
    )
    outstanding = serializers.DecimalField(16, 2, read_only=True)
    payment_state = serializers.CharField(read_only=True)
    buyer = serializers.JSONField(read_only=True, help_text="The billing title as it was on issue.")

    class Meta:
        model = Invoice
        fields = (
            "id", "number", "issued_number", "status", "payment_state", "case", "customer", "contract", "order",
            "instalment", "billing_title", "tax_type", "currency", "rate", "net", "tax", "gross", "outstanding",
            "issued_on", "due_on", "voided_on", "buyer", "notes", "owner", "submitted_by", "returned_reason", "sent_at",
            "viewed_at", "tax_invoice_number", "tax_invoice_code", "lines", "created_at", "updated_at", "version",
            "moves",
        )  # fmt: skip
        read_only_fields = (
            "issued_number", "rate", "net", "tax", "gross", "issued_on", "voided_on", "owner", "submitted_by",
            "returned_reason", "sent_at", "viewed_at", "tax_invoice_number", "tax_invoice_code",
        )  # fmt: skip


class InvoiceViewSet(DocumentViewSet):
    model = Invoice
    line_model = InvoiceLine
    serializer_class = InvoiceSerializer
    filterset_class = InvoiceFilter
    select_related = ("owner__team", "customer__owner__team", "contract", "order", "instalment", "billing_title")
    prefetch_related = ("lines",)
    store = staticmethod(save_invoice)

    def get_queryset(self):
        return super().get_queryset().with_balance()

    @extend_schema(**PAPER)
    @action(detail=True)
    def paper(self, request, pk=None):
        """The invoice as PDF."""
        return invoice_paper(request, int(pk), request.query_params.get("language", "zh"))


class AllocationSerializer(serializers.ModelSerializer):
    class Meta:
        model = Allocation
        fields = ("invoice", "amount", "paid", "gain", "allocated_on")


class PaymentSerializer(RecordSerializer):
    available = serializers.DecimalField(16, 2, read_only=True, help_text="What may still be allocated.")
    allocations = AllocationSerializer(many=True, read_only=True)

    class Meta:
        model = Payment
        fields = (
            "id", "number", "status", "case", "customer", "invoice", "amount", "bank_fee", "currency", "rate", "method",
            "received_on", "undone_on", "reference", "payer", "note", "available", "refund_asked", "refund_reason",
            "allocations", "owner", "submitted_by", "created_at", "updated_at", "version", "moves",
        )  # fmt: skip
        read_only_fields = ("rate", "undone_on", "refund_asked", "refund_reason", "owner", "submitted_by")
        validators = ()  # the same reference again is answered with the payment already registered


class PaymentViewSet(RecordViewSet):
    model = Payment
    serializer_class = PaymentSerializer
    filterset_class = PaymentFilter
    select_related = ("owner__team", "customer__owner__team", "invoice")
    prefetch_related = ("allocations",)
    store = staticmethod(register_payment)

    def get_queryset(self):
        return super().get_queryset().with_unallocated()


class CreditNoteSerializer(RecordSerializer):
    currency = serializers.CharField(read_only=True)

    class Meta:
        model = CreditNote
        fields = (
            "id", "number", "issued_number", "status", "case", "customer", "invoice", "amount", "net", "tax",
            "currency", "reason", "issued_on", "owner", "created_at", "updated_at", "version", "moves",
        )  # fmt: skip
        read_only_fields = ("issued_number", "customer", "net", "tax", "issued_on", "owner")


class CreditNoteViewSet(RecordViewSet):
    model = CreditNote
    serializer_class = CreditNoteSerializer
    filterset_class = CreditNoteFilter
    select_related = ("owner__team", "customer__owner__team", "invoice")
    store = staticmethod(save_credit_note)

    @extend_schema(**PAPER)
    @action(detail=True)
    def paper(self, request, pk=None):
        """The credit note as PDF."""
        return credit_note_paper(request, int(pk), request.query_params.get("language", "zh"))


class WriteOffSerializer(RecordSerializer):
    currency = serializers.CharField(read_only=True)

    class Meta:
        model = WriteOff
        fields = (
            "id", "number", "status", "case", "customer", "invoice", "amount", "currency", "reason", "written_off_on",
            "reversed_on", "submitted_by", "decided_by", "owner", "created_at", "updated_at", "version", "moves",
        )  # fmt: skip
        read_only_fields = (
            "customer", "owner", "written_off_on", "reversed_on", "submitted_by", "decided_by",
        )  # fmt: skip


class WriteOffViewSet(RecordViewSet):
    """What was given up, and what waits for a manager to decide."""

    http_method_names = ("get", "post", "head", "options")
    model = WriteOff
    serializer_class = WriteOffSerializer
    filterset_class = WriteOffFilter
    select_related = ("owner__team", "customer__owner__team", "invoice")

    def write(self, record, values):
        return ask_write_off(**values, by=self.request.user)


class PeriodSerializer(RecordSerializer):
    roll_forward = serializers.DictField(
        child=serializers.DecimalField(18, 2), read_only=True, allow_null=True,
        help_text="How the receivables moved, as the period was closed, in the base currency.",
    )  # fmt: skip

    class Meta:
        model = Period
        fields = (
            "id",
            "status",
            "first_day",
            "last_day",
            "roll_forward",
            "status_since",
            "updated_at",
            "version",
            "moves",
        )


class PeriodViewSet(RecordViewSet):
    """The months of the books; they come into being by themselves."""

    http_method_names = ("get", "post", "head", "options")
    takes_many = False
    model = Period
    serializer_class = PeriodSerializer
    filterset_class = PeriodFilter


router.add("invoices", InvoiceViewSet)
router.add("payments", PaymentViewSet)
router.add("credit-notes", CreditNoteViewSet)
router.add("write-offs", WriteOffViewSet)
router.add("periods", PeriodViewSet)
