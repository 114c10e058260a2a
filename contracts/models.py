"""Contracts with their payment plan and amendments, orders, and deliveries."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contracts.progress import OrderQuerySet
from crm.models import Money, MoneyLine, OwnedQuerySet, StageRecord
from crm.transitions import Move


class ContractQuerySet(OwnedQuerySet):
    SETS = ("signed", "binding")

    def signed(self):
        return self.filter(status=Contract.Status.SIGNED)

    def binding(self):
        return self.filter(status__in=Contract.BINDING)


class Contract(StageRecord, Money):
    """What both sides agreed (合同): lines, and a payment plan that sums to the total."""

    may_be_tagged = True

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_REVIEW = "in_review", _("In review")
        APPROVED = "approved", _("Approved")
        SIGNED = "signed", _("Signed")
        FULFILLED = "fulfilled", _("Fulfilled")
        CLOSED = "closed", _("Closed")
        TERMINATED = "terminated", _("Terminated")
        VOID = "void", _("Void")

    BINDING = (Status.SIGNED, Status.FULFILLED, Status.CLOSED)
    PREFIX = "C"
    MOVES = {
        "submit": Move(_("Submit for review"), (Status.DRAFT,), Status.IN_REVIEW),
        "approve": Move(_("Approve"), (Status.IN_REVIEW,), Status.APPROVED),
        "return": Move(_("Return"), (Status.IN_REVIEW,), Status.DRAFT),
        "sign": Move(_("Sign"), (Status.APPROVED,), Status.SIGNED),
        "fulfil": Move(_("Mark as fulfilled"), (Status.SIGNED,), Status.FULFILLED),
        "close": Move(_("Close"), (Status.FULFILLED,), Status.CLOSED),
        "amend": Move(_("Amend"), (Status.SIGNED,), aside=True),
        "terminate": Move(_("Terminate"), (Status.SIGNED,), Status.TERMINATED, danger=True),
        "void": Move(_("Void"), (Status.DRAFT, Status.IN_REVIEW, Status.APPROVED), Status.VOID, danger=True),
    }
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.DRAFT, editable=False)
    opportunity = models.ForeignKey(
        "opportunities.Opportunity", models.PROTECT, null=True, blank=True, related_name="contracts",
        verbose_name=_("opportunity"),
    )  # fmt: skip
    quote = models.OneToOneField(
        "opportunities.Quote", models.PROTECT, null=True, blank=True, editable=False, related_name="contract",
        verbose_name=_("quote"),
    )  # fmt: skip
    title = models.CharField(_("title"), max_length=200)
    contact = models.ForeignKey(
        "crm.Contact", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("contact")
    )
    starts_on = models.DateField(_("starts on"), null=True, blank=True)
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    promised_on = models.DateField(_("delivery promised for"), null=True, blank=True)
    terms = models.TextField(_("terms"), blank=True)
    signed_on = models.DateField(_("signed on"), null=True, blank=True, editable=False)
    submitted_by = models.ForeignKey(
        "crm.User",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("submitted by"),
    )
    objects = ContractQuerySet.as_manager()

    class Meta:
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        indexes = [
            models.Index(fields=["owner", "-id"]),
            models.Index(fields=["status", "-id"]),
            models.Index(fields=["customer", "-id"]),
            models.Index(fields=["signed_on"]),
            models.Index(fields=["title"]),
            models.Index(fields=["gross", "-id"]),
            models.Index(fields=["promised_on", "-id"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status__in=["signed", "fulfilled", "closed", "terminated"]) | Q(signed_on__isnull=False),
                name="signed_contract_has_day",
            )
        ]


class ContractLine(MoneyLine):
    contract = models.ForeignKey(Contract, models.CASCADE, related_name="lines")


class InstalmentQuerySet(OwnedQuerySet):
    def due_between(self, first, last):
        return self.filter(due_on__range=(first, last), contract__status__in=Contract.BINDING)


class Instalment(models.Model):
    """One part of the payment plan (回款计划). Paid, due and overdue are derived from the invoices it asks for."""

    OWNER_PATHS = ("contract__owner", "contract__customer__owner")
    visible_besides = StageRecord.visible_besides
    contract = models.ForeignKey(Contract, models.CASCADE, related_name="instalments")
    position = models.PositiveIntegerField(default=0, editable=False)
    label = models.CharField(_("instalment"), max_length=100, blank=True)
    due_on = models.DateField(_("due on"))
    amount = models.DecimalField(
        _("amount"), max_digits=16, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )
    reminded_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = InstalmentQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "position"]
        indexes = [models.Index(fields=["due_on"])]

    def __str__(self):
        return self.label or str(self.position)


class Amendment(StageRecord, Money):
    """A change of a signed contract's amounts (合同变更): its lines as they are to be, reviewed before they count."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_REVIEW = "in_review", _("In review")
        APPROVED = "approved", _("Approved")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    OPEN = (Status.DRAFT, Status.IN_REVIEW)
    PREFIX = "CA"
    MOVES = {
        "submit": Move(_("Submit for review"), (Status.DRAFT,), Status.IN_REVIEW),
        "approve": Move(_("Approve"), (Status.IN_REVIEW,), Status.APPROVED),
        "return": Move(_("Return"), (Status.IN_REVIEW,), Status.DRAFT),
        "withdraw": Move(_("Withdraw"), OPEN, Status.WITHDRAWN, danger=True),
    }
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.DRAFT, editable=False)
    contract = models.ForeignKey(
        Contract, models.PROTECT, related_name="amendments", editable=False, verbose_name=_("contract")
    )
    reason = models.CharField(_("reason"), max_length=500)
    due_on = models.DateField(
        _("difference due on"), null=True, blank=True,
        help_text=_("When the customer pays what is added. Left empty: with the last instalment."),
    )  # fmt: skip
    delta_net = models.DecimalField(_("net difference"), max_digits=16, decimal_places=2, default=0, editable=False)
    delta = models.DecimalField(_("difference"), max_digits=16, decimal_places=2, default=0, editable=False)
    approved_on = models.DateField(_("approved on"), null=True, blank=True, editable=False)
    submitted_by = models.ForeignKey(
        "crm.User",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("submitted by"),
    )

    class Meta:
        verbose_name = _("amendment")
        verbose_name_plural = _("amendments")
        indexes = [models.Index(fields=["status", "-id"]), models.Index(fields=["approved_on"])]
        constraints = [
            models.UniqueConstraint(
                fields=["contract"], condition=Q(status__in=["draft", "in_review"]), name="one_open_amendment",
                violation_error_message=_("This contract already has an open amendment."),
            ),
            models.CheckConstraint(
                condition=~Q(status="approved") | Q(approved_on__isnull=False), name="approved_amendment_has_day"
            ),
        ]  # fmt: skip


class AmendmentLine(MoneyLine):
    amendment = models.ForeignKey(Amendment, models.CASCADE, related_name="lines")
    contract_line = models.ForeignKey(
        ContractLine, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )


class Order(StageRecord, Money):
    """What is to be delivered (订单). Partly delivered and partly billed are derived per line."""

    may_be_tagged = True

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        CONFIRMED = "confirmed", _("Confirmed")
        IN_FULFILMENT = "in_fulfilment", _("In fulfilment")
        DELIVERED = "delivered", _("Delivered")
        ACCEPTED = "accepted", pgettext_lazy("what was delivered", "Accepted")
        COMPLETED = "completed", _("Completed")
        ON_HOLD = "on_hold", _("On hold")
        CANCELLED = "cancelled", _("Cancelled")

    RUNNING = (Status.CONFIRMED, Status.IN_FULFILMENT)
    PREFIX = "S"
    MOVES = {
        "confirm": Move(_("Confirm order"), (Status.DRAFT,), Status.CONFIRMED),
        "start": Move(_("Start fulfilment"), (Status.CONFIRMED,), Status.IN_FULFILMENT),
        "deliver": Move(_("Delivered"), (Status.IN_FULFILMENT,), Status.DELIVERED),
        "accept": Move(_("Accepted by customer"), (Status.DELIVERED,), Status.ACCEPTED),
        "plan": Move(_("Plan a delivery"), RUNNING, when=lambda order: getattr(order, "unplanned", 1) > 0),
        "complete": Move(_("Complete"), (Status.ACCEPTED,), Status.COMPLETED),
        "hold": Move(_("Put on hold"), RUNNING, Status.ON_HOLD, aside=True),
        "resume": Move(_("Resume"), (Status.ON_HOLD,), Status.CONFIRMED),
        "reopen": Move(_("Reopen"), (Status.DELIVERED, Status.ACCEPTED), Status.IN_FULFILMENT, aside=True),
        "cancel": Move(_("Cancel"), (Status.DRAFT, *RUNNING, Status.ON_HOLD), Status.CANCELLED, danger=True),
    }
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.DRAFT, editable=False)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="orders", verbose_name=_("contract"))
    promised_on = models.DateField(_("promised for"), null=True, blank=True)
    ship_to = models.CharField(_("ship to"), max_length=300, blank=True)
    held_from = models.CharField(max_length=20, blank=True, editable=False)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        indexes = [
            models.Index(fields=["owner", "-id"]),
            models.Index(fields=["status", "-id"]),
            models.Index(fields=["customer", "-id"]),
            models.Index(fields=["gross", "-id"]),
            models.Index(fields=["promised_on", "-id"]),
        ]


class OrderLineQuerySet(models.QuerySet):
    def with_delivered(self):
        """Each line with the quantity in deliveries, of that what has arrived, and what is left to plan."""
        return self.annotate(planned=quantity_in(Delivery.LIVING), delivered=quantity_in(Delivery.ARRIVED)).annotate(
            left=F("quantity") - F("planned")
        )


def quantity_in(states):
    """Of an order line: the quantity in deliveries of these states."""
    return Sum("delivery_lines__quantity", filter=Q(delivery_lines__delivery__status__in=states), default=Decimal(0))


class OrderLine(MoneyLine):
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    contract_line = models.ForeignKey(
        ContractLine, models.SET_NULL, null=True, blank=True, editable=False, related_name="order_lines"
    )
    objects = OrderLineQuerySet.as_manager()


class Delivery(StageRecord):
    """One shipment, or one service visit with its checklist (发货单)."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        SHIPPED = "shipped", _("Shipped")
        DELIVERED = "delivered", _("Delivered")
        ACCEPTED = "accepted", pgettext_lazy("what was delivered", "Accepted")
        RETURNED = "returned", _("Returned")
        CANCELLED = "cancelled", _("Cancelled")

    LIVING = (Status.PLANNED, Status.SHIPPED, Status.DELIVERED, Status.ACCEPTED)
    ARRIVED = (Status.DELIVERED, Status.ACCEPTED)
    PREFIX = "D"
    MOVES = {
        "ship": Move(_("Ship"), (Status.PLANNED,), Status.SHIPPED),
        "deliver": Move(_("Mark as delivered"), (Status.SHIPPED,), Status.DELIVERED),
        "accept": Move(_("Accepted by customer"), (Status.DELIVERED,), Status.ACCEPTED),
        "return": Move(_("Returned"), (Status.SHIPPED, Status.DELIVERED), Status.RETURNED, danger=True),
        "cancel": Move(_("Cancel"), (Status.PLANNED,), Status.CANCELLED, danger=True),
    }
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.PLANNED, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="deliveries", editable=False, verbose_name=_("order"))
    planned_on = models.DateField(_("planned for"))
    carrier = models.CharField(_("carrier"), max_length=100, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=100, blank=True)
    checklist = models.TextField(_("checklist"), blank=True, help_text=_("For services: what was done, line by line."))
    shipped_on = models.DateField(_("shipped on"), null=True, blank=True, editable=False)
    delivered_on = models.DateField(_("delivered on"), null=True, blank=True, editable=False)
    accepted_on = models.DateField(_("accepted on"), null=True, blank=True, editable=False)
    accepted_by = models.CharField(_("accepted by"), max_length=100, blank=True, editable=False)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(fields=["status", "planned_on"]),
            models.Index(fields=["order"]),
            models.Index(fields=["planned_on", "-id"]),
            models.Index(fields=["shipped_on", "-id"]),
            models.Index(fields=["delivered_on", "-id"]),
        ]


class DeliveryLine(models.Model):
    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(OrderLine, models.PROTECT, related_name="delivery_lines")
    quantity = models.DecimalField(
        _("quantity"), max_digits=12, decimal_places=3, validators=[MinValueValidator(Decimal("0.001"))]
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "order_line"], name="delivery_line_once")]

    def __str__(self):
        return f"{self.order_line} × {self.quantity}"
