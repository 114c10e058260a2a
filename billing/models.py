"""Invoices, payments, what pays what, credit notes, and the periods that lock."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from crm import clock
from crm.models import Money, MoneyLine, OwnedQuerySet, StageRecord
from crm.models.company import Currency
from crm.transitions import Move

AMOUNT = models.DecimalField(max_digits=16, decimal_places=2)


def summed(queryset, link):
    """A subquery: Σ amount of the rows that point at the outer row."""
    rows = queryset.filter(**{link: OuterRef("pk")}).order_by().values(link).annotate(sum=Sum("amount")).values("sum")
    return Coalesce(Subquery(rows, output_field=AMOUNT), Decimal("0.00"), output_field=AMOUNT)


class InvoiceQuerySet(OwnedQuerySet):
    def with_balance(self):
        """Each invoice with what was allocated to it, credited, and is still outstanding."""
        return self.annotate(
            allocated=summed(Allocation.objects.all(), "invoice"),
            credited=summed(CreditNote.objects.filter(status__in=CreditNote.EFFECTIVE), "invoice"),
        ).annotate(balance=F("gross") - F("allocated") - F("credited"))

    def receivable(self):
        """Issued, not void, not reversed, and not yet paid in full."""
        return self.with_balance().filter(status__in=Invoice.OWED, balance__gt=0)

    def past_due(self, day):
        return self.receivable().filter(due_on__lt=day)


class Invoice(StageRecord, Money):
    """A claim for money (发票). The number is given on issue, without gaps; an issued invoice never changes."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Requested")
        APPROVED = "approved", _("Approved")
        ISSUED = "issued", _("Issued")
        SENT = "sent", _("Sent")
        VOID = "void", _("Void")
        REVERSED = "reversed", _("Reversed")

    class PaymentState(models.TextChoices):
        UNPAID = "unpaid", _("Unpaid")
        PARTLY_PAID = "partly_paid", _("Partly paid")
        PAID = "paid", _("Paid")
        OVERDUE = "overdue", _("Overdue")
        CREDITED = "credited", _("Credited")

    class TaxType(models.TextChoices):
        SPECIAL = "special", _("VAT special invoice")
        ORDINARY = "ordinary", _("VAT ordinary invoice")
        ELECTRONIC = "electronic", _("Fully digital e-invoice")

    OWED = (Status.ISSUED, Status.SENT)
    PREFIX = "R"  # of the request; the invoice's own number comes from its series
    MOVES = {
        "approve": Move(_("Approve"), (Status.DRAFT,), Status.APPROVED),
        "return": Move(_("Return"), (Status.APPROVED,), Status.DRAFT),
        "issue": Move(_("Issue"), (Status.APPROVED,), Status.ISSUED),
        "send": Move(_("Send"), (Status.ISSUED, Status.SENT), Status.SENT),
        "void": Move(_("Void"), (Status.DRAFT, Status.APPROVED, *OWED), Status.VOID, danger=True),
        "reverse": Move(_("Reverse by credit note"), OWED, Status.REVERSED, danger=True),
    }
    status = models.CharField(
        _("status"), max_length=20, choices=Status, default=Status.DRAFT, editable=False
    )
    contract = models.ForeignKey(
        "contracts.Contract", models.PROTECT, null=True, blank=True, related_name="invoices",
        verbose_name=_("contract"),
    )  # fmt: skip
    order = models.ForeignKey(
        "contracts.Order", models.PROTECT, null=True, blank=True, related_name="invoices", verbose_name=_("order")
    )
    instalment = models.ForeignKey(
        "contracts.Instalment", models.PROTECT, null=True, blank=True, related_name="invoices",
        verbose_name=_("instalment"),
    )  # fmt: skip
    billing_title = models.ForeignKey(
        "crm.BillingTitle", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("billing title")
    )
    tax_type = models.CharField(_("invoice type"), max_length=12, choices=TaxType, default=TaxType.ELECTRONIC)
    series = models.CharField(max_length=10, default="INV", editable=False)
    issue_year = models.PositiveIntegerField(null=True, blank=True, editable=False)
    sequence = models.PositiveIntegerField(null=True, blank=True, editable=False)
    issued_number = models.CharField(_("invoice number"), max_length=40, blank=True, editable=False, db_index=True)
    issued_on = models.DateField(_("issued on"), null=True, blank=True, editable=False)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    buyer = models.JSONField(default=dict, blank=True, editable=False)  # the billing title as it was on issue
    notes = models.TextField(_("notes"), blank=True)
    submitted_by = models.ForeignKey("crm.User", models.PROTECT, null=True, blank=True, editable=False, related_name="+")
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True, editable=False)
    viewed_at = models.DateTimeField(_("seen by customer"), null=True, blank=True, editable=False)
    link_digest = models.CharField(max_length=64, blank=True, editable=False, db_index=True)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        indexes = [
            models.Index(fields=["owner", "-id"]),
            models.Index(fields=["status", "-id"]),
            models.Index(fields=["customer", "-id"]),
            models.Index(fields=["due_on"], condition=Q(status__in=["issued", "sent"]), name="invoices_owed"),
            models.Index(fields=["issued_on"]),
        ]
        constraints = [
            models.UniqueConstraint(fields=["series", "issue_year", "sequence"], name="invoice_number_once"),
            models.CheckConstraint(
                condition=~Q(status__in=["issued", "sent", "reversed"])
                | Q(sequence__isnull=False, issued_on__isnull=False, due_on__isnull=False),
                name="issued_invoice_is_numbered",
            ),
        ]

    def __str__(self):
        return self.issued_number or self.number

    @property
    def outstanding(self):
        """What is still owed, in the invoice's currency; 0 before issue and after void or reversal."""
        if self.status not in self.OWED:
            return Decimal("0.00")
        if not hasattr(self, "balance"):
            self.balance = Invoice.objects.with_balance().get(pk=self.pk).balance
        return self.balance

    @property
    def payment_state(self):
        """Derived from allocations, credit notes and the due date; '' before issue and when void."""
        if self.status == self.Status.REVERSED:
            return self.PaymentState.CREDITED
        if self.status not in self.OWED:
            return ""
        if self.outstanding <= 0:
            return self.PaymentState.PAID
        if self.due_on and self.due_on < clock.today():
            return self.PaymentState.OVERDUE
        return self.PaymentState.UNPAID if self.outstanding == self.gross else self.PaymentState.PARTLY_PAID


class InvoiceLine(MoneyLine):
    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")


class NumberSeries(models.Model):
    """The last number given in a series and year; its row is locked while the next one is taken, so none is skipped."""

    series = models.CharField(max_length=10)
    year = models.PositiveIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "year"], name="one_counter_per_year")]

    def __str__(self):
        return f"{self.series}-{self.year}: {self.last}"


class PaymentQuerySet(OwnedQuerySet):
    def with_unallocated(self):
        """Each payment with what of it pays no invoice yet: the customer's credit."""
        return self.annotate(
            allocated=summed(Allocation.objects.all(), "payment"), refunded=summed(Refund.objects.all(), "payment")
        ).annotate(unallocated=F("amount") - F("allocated") - F("refunded"))


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
    MOVES = {
        "confirm": Move(_("Confirm receipt"), (Status.REGISTERED,), Status.CONFIRMED),
        "allocate": Move(_("Allocate"), (Status.CONFIRMED,)),
        "bounce": Move(_("Bounced"), (Status.REGISTERED, Status.CONFIRMED), Status.BOUNCED, danger=True),
        "reverse": Move(_("Reverse"), (Status.CONFIRMED,), Status.REVERSED, danger=True),
        "request_refund": Move(_("Ask for refund"), (Status.CONFIRMED,)),
        "refund": Move(_("Approve refund"), (Status.CONFIRMED,)),
    }
    status = models.CharField(
        _("status"), max_length=20, choices=Status, default=Status.REGISTERED, editable=False
    )
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, null=True, blank=True, related_name="claimed_payments",
        verbose_name=_("for invoice"), help_text=_("The invoice it is meant for; confirming allocates it there."),
    )  # fmt: skip
    amount = models.DecimalField(
        _("amount"), max_digits=16, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )
    currency = models.CharField(_("currency"), max_length=3, choices=Currency, default=Currency.CNY)
    rate = models.DecimalField(max_digits=18, decimal_places=8, default=1, editable=False)
    method = models.CharField(_("paid by"), max_length=10, choices=Method, default=Method.TRANSFER)
    received_on = models.DateField(_("received on"))
    reference = models.CharField(_("bank reference"), max_length=100, blank=True)
    payer = models.CharField(_("payer"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    submitted_by = models.ForeignKey("crm.User", models.PROTECT, null=True, blank=True, editable=False, related_name="+")
    refund_asked = models.DecimalField(max_digits=16, decimal_places=2, default=0, editable=False)
    refund_asked_by = models.ForeignKey("crm.User", models.PROTECT, null=True, blank=True, editable=False, related_name="+")

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        indexes = [
            models.Index(fields=["owner", "-id"]),
            models.Index(fields=["status", "-id"]),
            models.Index(fields=["customer", "-id"]),
            models.Index(fields=["received_on"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["reference", "method"],
                condition=~Q(reference="") & ~Q(status__in=["bounced", "reversed"]),
                name="payment_reference_once",
                violation_error_message=_("A payment with this reference is already registered."),
            )
        ]


class Allocation(models.Model):
    """A part of a payment that pays a part of an invoice (核销). Undoing one adds its negative; rows never change."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="allocations")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="allocations")
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    allocated_on = models.DateField(db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey("crm.User", models.PROTECT, null=True, related_name="+")

    def __str__(self):
        return f"{self.payment} → {self.invoice}: {self.amount}"


class Refund(models.Model):
    """Money given back from a payment, with a manager's approval."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    refunded_on = models.DateField()
    approved_by = models.ForeignKey("crm.User", models.PROTECT, null=True, related_name="+")

    def __str__(self):
        return f"{self.payment}: {self.amount}"


class CreditNote(StageRecord):
    """Takes back an invoice in whole or part (红字发票)."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ISSUED = "issued", _("Issued")
        APPLIED = "applied", _("Applied")

    EFFECTIVE = (Status.ISSUED, Status.APPLIED)
    PREFIX = "N"
    MOVES = {"issue": Move(_("Issue"), (Status.DRAFT,), Status.APPLIED)}
    status = models.CharField(
        _("status"), max_length=20, choices=Status, default=Status.DRAFT, editable=False
    )
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="credit_notes", verbose_name=_("invoice"))
    amount = models.DecimalField(
        _("amount including tax"), max_digits=16, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )
    net = models.DecimalField(max_digits=16, decimal_places=2, default=0, editable=False)
    tax = models.DecimalField(max_digits=16, decimal_places=2, default=0, editable=False)
    reason = models.CharField(_("reason"), max_length=300)
    issue_year = models.PositiveIntegerField(null=True, blank=True, editable=False)
    sequence = models.PositiveIntegerField(null=True, blank=True, editable=False)
    issued_number = models.CharField(_("credit note number"), max_length=40, blank=True, editable=False)
    issued_on = models.DateField(_("issued on"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("credit note")
        verbose_name_plural = _("credit notes")
        indexes = [models.Index(fields=["invoice"])]
        constraints = [models.UniqueConstraint(fields=["issue_year", "sequence"], name="credit_note_number_once")]

    def __str__(self):
        return self.issued_number or self.number


class PeriodQuerySet(OwnedQuerySet):
    def closed_on(self, day):
        return self.filter(status=Period.Status.CLOSED, first_day__lte=day, last_day__gte=day).exists()


class Period(models.Model):
    """A month of the books (账期); a closed one refuses any money act dated inside it."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    OWNER_PATHS = ()
    MOVES = {
        "close": Move(_("Close period"), (Status.OPEN,), Status.CLOSED),
        "reopen": Move(_("Reopen"), (Status.CLOSED,), Status.OPEN),
    }
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.OPEN, editable=False)
    status_since = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    first_day = models.DateField(unique=True)
    last_day = models.DateField()

    objects = PeriodQuerySet.as_manager()

    class Meta:
        ordering = ["-first_day"]
        verbose_name = _("period")
        verbose_name_plural = _("periods")

    def __str__(self):
        return f"{self.first_day:%Y-%m}"

    @classmethod
    def visible_besides(cls, user):
        return Q()

    def owners(self):
        return ()


class MoneyCheck(models.Model):
    """The result of one nightly run of the money invariants (domain rules), kept for everybody to see."""

    ran_at = models.DateTimeField(auto_now_add=True)
    findings = models.JSONField(default=list)  # [{"rule", "record_type", "record_id", "text"}]

    class Meta:
        ordering = ["-ran_at"]

    def __str__(self):
        return f"{self.ran_at:%Y-%m-%d}: {len(self.findings)}"
