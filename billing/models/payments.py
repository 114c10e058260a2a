"""Money received, what of it pays which invoice, and what was given back."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models.invoices import Invoice
from billing.models.sums import summed
from crm.models import OwnedQuerySet, StageRecord
from crm.models.company import Currency
from crm.transitions import Move


class PaymentQuerySet(OwnedQuerySet):
    def with_unallocated(self):
        """Each payment with what of it pays no invoice yet: the customer's credit."""
        return self.annotate(
            allocated=summed("Allocation", "payment", "paid"), refunded=summed("Refund", "payment")
        ).annotate(unallocated=F("amount") - F("allocated") - F("refunded"))

    def with_credit(self):
        """Confirmed payments of which something is still free to allocate."""
        return self.with_unallocated().filter(status=Payment.Status.CONFIRMED, unallocated__gt=F("refund_asked"))


class Payment(StageRecord):
    """Money a customer paid (收款). Sales may register it; finance confirms it, once."""

    class Status(models.TextChoices):
        REGISTERED = "registered", _("Registered")
        CONFIRMED = "confirmed", _("Confirmed")
        BOUNCED = "bounced", _("Bounced")
        REVERSED = "reversed", _("Reversed")
        REFUNDED = "refunded", _("Refunded")

    class Method(models.TextChoices):
        TRANSFER = "transfer", _("Bank transfer")
        CHEQUE = "cheque", _("Cheque")
        ALIPAY = "alipay", _("Alipay")
        WECHAT = "wechat", _("WeChat Pay")
        CARD = "card", _("Card")
        CASH = "cash", _("Cash")

    PREFIX = "P"
    BEGINS_CASE = False  # it joins the case of the first invoice it pays
    RECEIVED = (Status.CONFIRMED, Status.REFUNDED)
    MOVES = {
        "confirm": Move(_("Confirm receipt"), (Status.REGISTERED,), Status.CONFIRMED),
        "refund": Move(_("Approve refund"), (Status.CONFIRMED,), when=lambda payment: payment.refund_asked > 0),
        "allocate": Move(_("Allocate"), (Status.CONFIRMED,), when=lambda payment: payment.available > 0),
        "deallocate": Move(
            _("Undo allocation"), (Status.CONFIRMED,), aside=True, when=lambda payment: payment.paying > 0
        ),
        "request_refund": Move(_("Ask for refund"), (Status.CONFIRMED,), when=lambda payment: payment.available > 0),
        "decline_refund": Move(_("Decline refund"), (Status.CONFIRMED,), when=lambda payment: payment.refund_asked > 0),
        "unconfirm": Move(_("Withdraw confirmation"), (Status.CONFIRMED,), Status.REGISTERED, aside=True),
        "bounce": Move(_("Bounced"), (Status.REGISTERED, Status.CONFIRMED), Status.BOUNCED, danger=True),
        "reverse": Move(_("Reverse"), (Status.CONFIRMED,), Status.REVERSED, danger=True),
    }
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.REGISTERED, editable=False)
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, null=True, blank=True, related_name="claimed_payments",
        verbose_name=_("for invoice"), help_text=_("The invoice it is meant for; confirming allocates it there."),
    )  # fmt: skip
    amount = models.DecimalField(
        _("amount"), max_digits=16, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )
    bank_fee = models.DecimalField(
        _("bank fee"), max_digits=16, decimal_places=2, default=0, validators=[MinValueValidator(Decimal(0))],
        help_text=_("What the bank kept of the amount; the customer has paid it all the same."),
    )  # fmt: skip
    currency = models.CharField(_("currency"), max_length=3, choices=Currency, default=Currency.CNY)
    rate = models.DecimalField(_("rate to base currency"), max_digits=18, decimal_places=8, default=1, editable=False)
    method = models.CharField(_("paid by"), max_length=10, choices=Method, default=Method.TRANSFER)
    received_on = models.DateField(_("received on"))
    undone_on = models.DateField(_("bounced or reversed on"), null=True, blank=True, editable=False)
    reference = models.CharField(_("bank reference"), max_length=100, blank=True)
    payer = models.CharField(_("payer"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    submitted_by = models.ForeignKey(
        "crm.User", models.PROTECT, null=True, blank=True, editable=False, related_name="+",
        verbose_name=_("registered by"),
    )  # fmt: skip
    refund_asked = models.DecimalField(
        _("refund asked for"), max_digits=16, decimal_places=2, default=0, editable=False
    )
    refund_reason = models.CharField(_("reason for the refund"), max_length=500, blank=True, editable=False)
    refund_asked_by = models.ForeignKey(
        "crm.User", models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    # What came in with a file may go again with it, as long as nobody touched it.
    import_run = models.ForeignKey("crm.ImportRun", models.PROTECT, null=True, editable=False, related_name="+")

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        indexes = [
            models.Index(fields=["owner", "-id"]),
            models.Index(fields=["status", "-id"]),
            models.Index(fields=["customer", "-id"]),
            models.Index(fields=["received_on"]),
            models.Index(fields=["amount", "-id"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["reference", "method"],
                condition=~Q(reference="") & ~Q(status__in=["bounced", "reversed"]),
                name="payment_reference_once",
                violation_error_message=_("A payment with this reference is already registered."),
            )
        ]

    def clean(self):
        if self.customer_id is None:
            raise ValidationError({"customer": _("Say who paid.")})
        if self.amount is not None and self.bank_fee >= self.amount:
            raise ValidationError({"bank_fee": _("The bank cannot keep more than was paid.")})
        if self.invoice and self.invoice.customer_id != self.customer_id:
            raise ValidationError({"invoice": _("This invoice belongs to another customer.")})

    def refresh_from_db(self, *args, **kwargs):
        self.forget_balance()
        super().refresh_from_db(*args, **kwargs)

    def forget_balance(self):
        """Drop the sums that came with the query; they are read anew when asked for."""
        for name in ("allocated", "refunded", "unallocated"):
            self.__dict__.pop(name, None)

    def read_balance(self):
        """Have `allocated`, `refunded` and `unallocated` at hand."""
        if "unallocated" not in self.__dict__:
            known = Payment.objects.with_unallocated().values("allocated", "refunded", "unallocated").get(pk=self.pk)
            self.__dict__.update(known)

    @property
    def paying(self):
        """How much of it pays invoices now."""
        if self.status not in self.RECEIVED:
            return Decimal("0.00")
        self.read_balance()
        return self.allocated

    @property
    def available(self):
        """What may still be allocated: received, paying no invoice, and not asked back."""
        if self.status != self.Status.CONFIRMED:
            return Decimal("0.00")
        self.read_balance()
        return self.unallocated - self.refund_asked


class Allocation(models.Model):
    """A part of a payment that pays a part of an invoice (核销). Undoing one adds its negative; rows never change.

    `amount` is what it takes off the invoice, in the invoice's currency; `paid` what it takes of the payment, in the
    payment's. `gain` is what the two differ by in the base currency, realised on exchange; a loss is negative."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="allocations", verbose_name=_("payment"))
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="allocations", verbose_name=_("invoice"))
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=2)
    paid = models.DecimalField(_("taken from the payment"), max_digits=16, decimal_places=2)
    gain = models.DecimalField(_("gain or loss on exchange"), max_digits=16, decimal_places=2, default=0)
    allocated_on = models.DateField(_("allocated on"), db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey("crm.User", models.PROTECT, null=True, related_name="+")

    def __str__(self):
        return f"{self.payment} → {self.invoice}: {self.amount}"

    @property
    def currency(self):
        return self.invoice.currency


class Refund(models.Model):
    """Money given back from a payment, with a manager's approval. `gain` is what it cost less in the base currency
    than it was worth when it came in; a loss is negative."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds", verbose_name=_("payment"))
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=2)
    rate = models.DecimalField(_("rate to base currency"), max_digits=18, decimal_places=8, default=1)
    gain = models.DecimalField(_("gain or loss on exchange"), max_digits=16, decimal_places=2, default=0)
    refunded_on = models.DateField(_("refunded on"))
    approved_by = models.ForeignKey(
        "crm.User", models.PROTECT, null=True, related_name="+", verbose_name=_("approved by")
    )

    def __str__(self):
        return f"{self.payment}: {self.amount}"

    @property
    def currency(self):
        return self.payment.currency
