"""Contracts, amendments, orders and deliveries over the API."""

from functools import partial

from rest_framework import serializers

from contracts.delivery_views import DeliveryPages
from contracts.filters import AmendmentFilter, ContractFilter, DeliveryFilter, OrderFilter
from contracts.models import (
    Amendment,
    AmendmentLine,
    Contract,
    ContractLine,
    Delivery,
    DeliveryLine,
    Instalment,
    Order,
    OrderLine,
)  # fmt: skip
from contracts.order_views import OrderPages
from contracts.services import amendments, contracts, deliveries, orders
from contracts.views import AmendmentPages, ContractPages
from crm.api.lines import LINE_FIELDS, DocumentViewSet, LineSerializer
from crm.api.records import RecordSerializer, RecordViewSet
from crm.api.router import router

HEAD = ("id", "number", "status", "case", "customer")
TAIL = ("currency", "rate", "net", "tax", "gross", "owner", "created_at", "updated_at", "version", "moves")


class VisibleField(serializers.PrimaryKeyRelatedField):
    """The record this one stands on: one that the caller sees, named on creation."""

    def get_queryset(self):
        return super().get_queryset().visible_to(self.context["request"].user)


class InstalmentSerializer(serializers.ModelSerializer):
    id = serializers.IntegerField(required=False)

    class Meta:
        model = Instalment
        fields = ("id", "position", "label", "due_on", "amount")


class ContractLineSerializer(LineSerializer):
    class Meta(LineSerializer.Meta):
        model = ContractLine


class ContractSerializer(RecordSerializer):
    """Lines and instalments are each written as one list; a new contract without instalments gets the usual plan."""

    lines = ContractLineSerializer(many=True, required=False)
    instalments = InstalmentSerializer(many=True, required=False)

    class Meta:
        model = Contract
        fields = (
            *HEAD, "opportunity", "quote", "title", "contact", "starts_on", "ends_on", "promised_on", "signed_on",
            "terms", "lines", "instalments", *TAIL,
        )  # fmt: skip


class ContractViewSet(DocumentViewSet):
    model = Contract
    line_model = ContractLine
    serializer_class = ContractSerializer
    filterset_class = ContractFilter
    select_related = ContractPages.select_related
    prefetch_related = ("lines__product", "instalments")

    def write(self, record, values):
        plan = values.pop("instalments", None)
        parts = None if plan is None else [self.instalment(record, part) for part in plan]
        self.store = partial(contracts.save_contract, instalments=parts)
        return super().write(record, values)

    @staticmethod
    def instalment(contract, values):
        """One that exists is changed, a foreign id starts a new one."""
        known = contract.instalments.filter(pk=values.pop("id", None)).first() if contract.pk else None
        part = known or Instalment()
        for field, value in values.items():
            setattr(part, field, value)
        return part


class AmendmentLineSerializer(LineSerializer):
    class Meta(LineSerializer.Meta):
        model = AmendmentLine


class AmendmentSerializer(RecordSerializer):
    """A new one begins with the contract's lines where none are given."""

    contract = VisibleField(queryset=Contract.objects.all())
    lines = AmendmentLineSerializer(many=True, required=False)

    class Meta:
        model = Amendment
        fields = (*HEAD, "contract", "reason", "due_on", "delta", "delta_net", "approved_on", "lines", *TAIL)
        read_only_fields = ("customer", "currency", "owner")


class AmendmentViewSet(DocumentViewSet):
    model = Amendment
    line_model = AmendmentLine
    serializer_class = AmendmentSerializer
    filterset_class = AmendmentFilter
    select_related = AmendmentPages.select_related
    prefetch_related = ("lines__product",)
    store = staticmethod(amendments.save_amendment)


class OrderLineSerializer(LineSerializer):
    contract_line = serializers.PrimaryKeyRelatedField(queryset=ContractLine.objects.all(), required=False)

    class Meta(LineSerializer.Meta):
        model = OrderLine
        fields = (*LINE_FIELDS, "contract_line")
        read_only_fields = tuple(set(LINE_FIELDS) - {"id", "quantity"})


class OrderSerializer(RecordSerializer):
    """A line is a quantity of a line of the contract, at the contract's price; no lines mean all that is left."""

    contract = VisibleField(queryset=Contract.objects.all())
    lines = OrderLineSerializer(many=True, required=False)

    class Meta:
        model = Order
        fields = (*HEAD, "contract", "promised_on", "ship_to", "lines", *TAIL)
        read_only_fields = ("customer", "currency", "owner")


class OrderViewSet(DocumentViewSet):
    model = Order
    line_model = OrderLine
    serializer_class = OrderSerializer
    filterset_class = OrderFilter
    select_related = OrderPages.select_related
    prefetch_related = ("lines__product",)
    store = staticmethod(orders.save_order)


class DeliveryLineSerializer(serializers.ModelSerializer):
    class Meta:
        model = DeliveryLine
        fields = ("id", "order_line", "quantity")


class DeliverySerializer(RecordSerializer):
    """A line is a quantity of a line of the order; a new delivery without lines takes all that is left."""

    order = VisibleField(queryset=Order.objects.all())
    lines = DeliveryLineSerializer(many=True, required=False)

    class Meta:
        model = Delivery
        fields = (
            *HEAD, "order", "planned_on", "carrier", "tracking_number", "checklist", "shipped_on", "delivered_on",
            "accepted_on", "accepted_by", "lines", "owner", "created_at", "updated_at", "version", "moves",
        )  # fmt: skip
        read_only_fields = ("customer", "owner")


class DeliveryViewSet(RecordViewSet):
    model = Delivery
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    select_related = DeliveryPages.select_related
    prefetch_related = ("lines",)

    def write(self, record, values):
        lines = values.pop("lines", None)
        built = None if lines is None else [DeliveryLine(**line) for line in lines]
        self.store = partial(deliveries.save_delivery, lines=built)
        return super().write(record, values)


router.add("contracts", ContractViewSet)
router.add("amendments", AmendmentViewSet)
router.add("orders", OrderViewSet)
router.add("deliveries", DeliveryViewSet)
