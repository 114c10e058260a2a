"""Claims for money, their lines, and the counter that numbers them without gaps."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models.sums import summed
from crm import clock
from crm.models import Money, MoneyLine, OwnedQuerySet, StageRecord
from crm.transitions import Move


class InvoiceQuerySet(OwnedQuerySet):
    SETS = ("issued", "receivable")

    def issued(self):
        """What stands against a customer, paid or not."""
        return self.filter(status__in=Invoice.OWED)

    def with_balance(self):
        """Each invoice with what was allocated to it, credited, written off, and is still outstanding."""
        return self.annotate(
            allocated=summed("Allocation", "invoice"),
            credited=summed("CreditNote", "invoice", status__in=["issued", "applied"]),
            written_off=summed("WriteOff", "invoice", status="approved"),
        ).annotate(balance=F("gross") - F("allocated") - F("credited") - F("written_off"))

    def as_of(self, day):
        """The invoices issued by this day, `balance` being what the ledger says was outstanding when it ended, and
        `owed_base` its worth in the base currency."""
        entries = {"account": "receivable", "day__lte": day}
        return self.filter(issued_on__lte=day).annotate(
            balance=summed("LedgerEntry", "invoice", **entries),
            owed_base=summed("LedgerEntry", "invoice", "base", **entries),
        )

    def receivable(self):
        """Issued, not void, not reversed, and not yet paid in full."""
        return self.with_balance().filter(status__in=Invoice.OWED, balance__gt=0)

    def past_due(self, day):
        return self.receivable().filter(due_on__lt=day)

    def counted(self):
        """What counts as invoiced: everything but the void, requests included."""
        return self.exclude(status=Invoice.Status.VOID)

    def in_state(self, state, day):
        """The invoices in this payment state on the day."""
        owed = self.with_balance().filter(status__in=Invoice.OWED)
        in_time = owed.filter(balance__gt=0).exclude(due_on__lt=day)
        states = Invoice.PaymentState
        if state == states.CREDITED:
            return self.filter(status=Invoice.Status.REVERSED)
        if state == states.PAID:
            return owed.filter(balance__lte=0, written_off=0)
        if state == states.WRITTEN_OFF:
            return owed.filter(balance__lte=0, written_off__gt=0)
        if state == states.OVERDUE:
            return self.past_due(day)
        return in_time.filter(allocated=0) if state == states.UNPAID else in_time.filter(allocated__gt=0)


class Invoice(StageRecord, Money):
    """A claim for money (发票). The number is given on issue, without gaps; an issued invoice never changes."""

    may_be_tagged = True

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
        WRITTEN_OFF = "written_off", _("Written off")

    class TaxType(models.TextChoices):
        SPECIAL = "special", _("VAT special invoice")
        ORDINARY = "ordinary", _("VAT ordinary invoice")
        ELECTRONIC = "electronic", _("Fully digital e-invoice")

    OWED = (Status.ISSUED, Status.SENT)
    SUMS = ("allocated", "credited", "written_off", "balance")
    PREFIX = "R"  # of the request; the invoice's own number comes from its series
    SERIES = "INV"
    MOVES = {
        "approve": Move(_("Approve"), (Status.DRAFT,), Status.APPROVED),
        "issue": Move(_("Issue"), (Status.APPROVED,), Status.ISSUED),
        "send": Move(_("Send"), (Status.ISSUED,), Status.SENT),
        "record_payment": Move(_("Record payment"), OWED, when=lambda invoice: invoice.outstanding > 0),
        "write_off": Move(_("Ask for write-off"), OWED, aside=True, when=lambda invoice: invoice.outstanding > 0),
        "promise": Move(_("Promise to pay"), OWED, aside=True, when=lambda invoice: invoice.outstanding > 0),
        "dispute": Move(_("Dispute"), OWED, aside=True, when=lambda invoice: invoice.outstanding > 0),
        "note_tax_number": Move(_("Note the tax authority's number"), OWED, aside=True),
        "resend": Move(_("Send again"), (Status.SENT,)),
        "return": Move(_("Return"), (Status.DRAFT, Status.APPROVED), Status.DRAFT),
        "void": Move(_("Void"), (Status.DRAFT, Status.APPROVED, *OWED), Status.VOID, danger=True),
        "reverse": Move(_("Reverse by credit note"), OWED, Status.REVERSED, danger=True),
    }
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.DRAFT, editable=False)
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
    series = models.CharField(max_length=10, default=SERIES, editable=False)
    issue_year = models.PositiveIntegerField(null=True, blank=True, editable=False)
    sequence = models.PositiveIntegerField(null=True, blank=True, editable=False)
    issued_number = models.CharField(_("invoice number"), max_length=40, blank=True, editable=False, db_index=True)
    issued_on = models.DateField(_("issued on"), null=True, blank=True, editable=False)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    voided_on = models.DateField(_("voided on"), null=True, blank=True, editable=False)
    buyer = models.JSONField(default=dict, blank=True, editable=False)  # the billing title as it was on issue
    # Given by the tax authority's platform after issue: 发票号码, and 发票代码 where the kind of invoice has one.
    tax_invoice_number = models.CharField(_("tax authority's number"), max_length=40, blank=True, editable=False)
    tax_invoice_code = models.CharField(_("tax authority's code"), max_length=20, blank=True, editable=False)
    notes = models.TextField(_("notes"), blank=True)
    submitted_by = models.ForeignKey(
        "crm.User", models.PROTECT, null=True, blank=True, editable=False, related_name="+",
        verbose_name=_("requested by"),
    )  # fmt: skip
    returned_reason = models.CharField(_("returned because"), max_length=500, blank=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True, editable=False)
    viewed_at = models.DateTimeField(_("seen by customer"), null=True, blank=True, editable=False)
    link_digest = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    # What came in with a file may go again with it, as long as nobody touched it.
    import_run = models.ForeignKey("crm.ImportRun", models.PROTECT, null=True, editable=False, related_name="+")

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
            models.Index(fields=["due_on", "-id"]),
            models.Index(fields=["gross", "-id"]),
        ]
        constraints = [
            models.UniqueConstraint(fields=["series", "issue_year", "sequence"], name="invoice_number_once"),
            models.UniqueConstraint(
                fields=["tax_invoice_code", "tax_invoice_number"],
                condition=~Q(tax_invoice_number=""),
                name="tax_authority_number_once",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["issued", "sent", "reversed"])
                | Q(sequence__isnull=False, issued_on__isnull=False, due_on__isnull=False)
                | Q(import_run__isnull=False, issued_on__isnull=False, due_on__isnull=False),
                name="issued_invoice_is_numbered",
            ),
        ]

    def __str__(self):
        return self.issued_number or self.number

    def clean(self):
        if self.customer_id is None:
            raise ValidationError({"customer": _("Say who is billed.")})
        if self.billing_title and self.billing_title.customer_id != self.customer_id:
            raise ValidationError({"billing_title": _("This billing title belongs to another customer.")})
        if self.contract and self.contract.customer_id != self.customer_id:
            raise ValidationError({"contract": _("This contract belongs to another customer.")})
        for name in ("order", "instalment"):
            source = getattr(self, name)
            if source and source.contract_id != self.contract_id:
                raise ValidationError({name: _("This belongs to another contract.")})

    def refresh_from_db(self, *args, **kwargs):
        self.forget_balance()
        super().refresh_from_db(*args, **kwargs)

    def forget_balance(self):
        """Drop the sums that came with the query; they are read anew when asked for."""
        for name in self.SUMS:
            self.__dict__.pop(name, None)

    def read_balance(self):
        """Have `allocated`, `credited`, `written_off` and `balance` at hand."""
        if "balance" not in self.__dict__:
            known = Invoice.objects.with_balance().values(*self.SUMS).get(pk=self.pk)
            self.__dict__.update(known)

    @property
    def outstanding(self):
        """What is still owed, in the invoice's currency; 0 before issue and after void or reversal."""
        if self.status not in self.OWED:
            return Decimal("0.00")
        self.read_balance()
        return self.balance

    @property
    def payment_state(self):
        """Derived from allocations, credit notes, write-offs and the due date; '' before issue and when void."""
        if self.status == self.Status.REVERSED:
            return self.PaymentState.CREDITED
        if self.status not in self.OWED:
            return ""
        if self.outstanding <= 0:
            return self.PaymentState.WRITTEN_OFF if self.written_off else self.PaymentState.PAID
        if self.due_on and self.due_on < clock.today():
            return self.PaymentState.OVERDUE
        return self.PaymentState.PARTLY_PAID if self.allocated > 0 else self.PaymentState.UNPAID


class InvoiceLine(MoneyLine):
    """A line billed. Where a payment plan names an amount including tax, that amount is kept to the cent."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(
        "contracts.OrderLine", models.PROTECT, null=True, blank=True, related_name="invoice_lines"
    )
    agreed_gross = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)


class NumberSeries(models.Model):
    """The last number given in a series and year; its row is locked while the next one is taken, so none is skipped."""

    series = models.CharField(max_length=10)
    year = models.PositiveIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "year"], name="one_counter_per_year")]

    def __str__(self):
        return f"{self.series}-{self.year}: {self.last}"
