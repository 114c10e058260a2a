"""The company's bank accounts, the statements brought in, their lines, and what the lines were matched with."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.models import Job, OwnedQuerySet, Shared
from crm.models.company import Currency
from crm.transitions import Move

MAX_PAYER, MAX_ACCOUNT, MAX_MEMO, MAX_REFERENCE = 200, 64, 1000, 100


class BankAccountQuerySet(OwnedQuerySet):
    def with_balance(self):
        """Each account with the sum of its lines and how many of them wait."""
        waiting = Count("lines", filter=Q(lines__status=BankLine.Status.IMPORTED))
        return self.annotate(moved=Coalesce(Sum("lines__amount"), Decimal(0)), waiting=waiting)


class BankAccount(Shared):
    """An account of the company; its balance is the opening balance and all lines since."""

    name = models.CharField(_("name"), max_length=100)
    bank = models.CharField(_("bank"), max_length=100)
    number = models.CharField(_("account number or IBAN"), max_length=MAX_ACCOUNT)
    currency = models.CharField(_("currency"), max_length=3, choices=Currency, default=Currency.CNY)
    opening_balance = models.DecimalField(
        _("opening balance"), max_digits=16, decimal_places=2, null=True, blank=True,
        help_text=_("Before the first line. Left empty, the first statement tells it."),
    )  # fmt: skip
    book_from = models.PositiveSmallIntegerField(
        _("book by itself from a score of (%)"), null=True, blank=True,
        validators=[MinValueValidator(50), MaxValueValidator(100)],
        help_text=_("Proposals at least this sure, and without a rival, are booked without asking. Empty: never."),
    )  # fmt: skip
    is_active = models.BooleanField(_("in use"), default=True)
    columns = models.JSONField(default=dict, blank=True, editable=False)  # {field: header} of its CSV and Excel files

    objects = BankAccountQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("bank account")
        verbose_name_plural = _("bank accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["number", "currency"],
                name="bank_account_once",
                violation_error_message=_("This account is here already."),
            )
        ]

    def __str__(self):
        return self.name

    def clean(self):
        self.number = "".join(self.number.split()).upper()

    @property
    def balance(self):
        """What the lines say is on the account; None while nothing was told."""
        if self.opening_balance is None:
            return None
        moved = getattr(self, "moved", None)
        return self.opening_balance + (moved if moved is not None else _sum(self.lines))

    def balance_before(self, day):
        """The balance when this day began, by the lines. Needs an opening balance."""
        return self.opening_balance + _sum(self.lines.filter(booked_on__lt=day))


def _sum(lines):
    return lines.aggregate(sum=Sum("amount"))["sum"] or Decimal("0.00")


class BankStatement(Shared):
    """A file of the bank: received, checked, and its lines taken in, each once."""

    class Status(models.TextChoices):
        RECEIVED = "received", _("Columns to be matched")
        RUNNING = "running", _("Being read")
        FLAGGED = "flagged", _("Does not add up")
        IMPORTED = "imported", pgettext_lazy("bank statement", "Taken in")
        FAILED = "failed", _("Not readable")
        DISCARDED = "discarded", _("Discarded")

    MOVES = {
        "start": Move(_("Read"), (Status.RECEIVED,), Status.RUNNING),
        "flag": Move(_("Flag"), (Status.RUNNING,), Status.FLAGGED),
        "finish": Move(_("Finish"), (Status.RUNNING,), Status.IMPORTED),
        "refuse": Move(_("Refuse"), (Status.RUNNING,), Status.FAILED),
        "take_in": Move(_("Take in all the same"), (Status.FLAGGED,), Status.RUNNING, aside=True),
        "resume": Move(_("Go on"), (Status.RUNNING,), when=lambda statement: statement.interrupted),
        "discard": Move(
            _("Discard"), (Status.RECEIVED, Status.RUNNING, Status.FLAGGED, Status.FAILED), Status.DISCARDED,
            danger=True, when=lambda statement: statement.status != "running" or statement.interrupted,
        ),
    }  # fmt: skip
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.RECEIVED, editable=False)
    status_since = models.DateTimeField(_("in this state since"), default=timezone.now, editable=False)
    account = models.ForeignKey(BankAccount, models.PROTECT, related_name="statements", verbose_name=_("bank account"))
    file = models.FileField(_("file"), upload_to="bank/%Y/")
    name = models.CharField(_("file"), max_length=255)
    digest = models.CharField(max_length=64)
    format = models.CharField(_("format"), max_length=10)
    headers = models.JSONField(default=list)
    sample = models.JSONField(default=list)
    columns = models.JSONField(default=dict)
    first_day = models.DateField(_("from"), null=True)
    last_day = models.DateField(_("until"), null=True)
    opening = models.DecimalField(_("opening balance"), max_digits=16, decimal_places=2, null=True)
    closing = models.DecimalField(_("closing balance"), max_digits=16, decimal_places=2, null=True)
    total = models.PositiveIntegerField(_("lines"), default=0)
    done = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(_("new"), default=0)
    checked = models.BooleanField(default=False)
    problems = models.JSONField(default=list)  # [[key, {params}]] in the order of `checking.PROBLEMS`
    refusal = models.CharField(_("not readable because"), max_length=500, blank=True)
    uploaded_by = models.ForeignKey("crm.User", models.PROTECT, related_name="+", verbose_name=_("uploaded by"))
    taken_by = models.ForeignKey(
        "crm.User", models.PROTECT, null=True, related_name="+", verbose_name=_("taken in all the same by")
    )
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "digest"], condition=~Q(status="discarded"), name="statement_file_once"
            )
        ]

    def __str__(self):
        return self.name

    @property
    def currency(self):
        return self.account.currency

    @property
    def interrupted(self):
        """Was its reading called off, or did it fail?"""
        return self.job is None or self.job.status in {Job.Status.CANCELLED, Job.Status.FAILED}

    @property
    def repeated(self):
        """Lines that were here already."""
        return self.done - self.added


class BankLineQuerySet(OwnedQuerySet):
    def waiting(self):
        """Money in or out that nobody has said anything about yet."""
        return self.filter(status=BankLine.Status.IMPORTED)


class BankLine(Shared):
    """A movement on an account (银行流水): positive is money in."""

    class Status(models.TextChoices):
        IMPORTED = "imported", pgettext_lazy("bank line", "To be matched")
        MATCHED = "matched", _("Matched")
        IGNORED = "ignored", _("Ignored")

    class IgnoredAs(models.TextChoices):
        FEE = "fee", _("Bank fee")
        INTEREST = "interest", _("Interest")
        TRANSFER = "transfer", _("Own transfer")
        SUPPLIER = "supplier", _("Paid to a supplier")
        WAGES = "wages", _("Wages")
        TAX = "tax", _("Tax")
        RETURNED = "returned", _("Returned by the bank")
        OTHER = "other", _("Other")

    MOVES = {
        "match": Move(_("Match"), (Status.IMPORTED,), Status.MATCHED),
        "undo": Move(_("Undo match"), (Status.MATCHED,), Status.IMPORTED, aside=True),
        "ignore": Move(_("Ignore"), (Status.IMPORTED,), Status.IGNORED, aside=True),
        "restore": Move(_("Take up again"), (Status.IGNORED,), Status.IMPORTED, aside=True),
    }
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.IMPORTED, editable=False)
    status_since = models.DateTimeField(_("in this state since"), default=timezone.now, editable=False)
    account = models.ForeignKey(BankAccount, models.PROTECT, related_name="lines", verbose_name=_("bank account"))
    statement = models.ForeignKey(BankStatement, models.PROTECT, related_name="lines", verbose_name=_("statement"))
    position = models.PositiveIntegerField(_("line of the file"))
    key = models.CharField(max_length=40)  # by which the line is known again in another file
    booked_on = models.DateField(_("booked on"))
    value_on = models.DateField(_("value date"), null=True)
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=2)
    running = models.DecimalField(_("balance after it"), max_digits=16, decimal_places=2, null=True)
    payer = models.CharField(_("counterparty"), max_length=MAX_PAYER, blank=True)
    payer_account = models.CharField(_("account of the counterparty"), max_length=MAX_ACCOUNT, blank=True)
    memo = models.CharField(_("memo"), max_length=MAX_MEMO, blank=True)
    reference = models.CharField(_("bank reference"), max_length=MAX_REFERENCE, blank=True)
    ignored_as = models.CharField(_("ignored as"), max_length=10, choices=IgnoredAs, blank=True, editable=False)
    ignored_note = models.CharField(_("reason"), max_length=500, blank=True, editable=False)
    match = models.ForeignKey(
        "billing.BankMatch", models.PROTECT, null=True, editable=False, related_name="lines", verbose_name=_("match")
    )

    objects = BankLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("bank line")
        verbose_name_plural = _("bank lines")
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="bank_line_once"),
            models.CheckConstraint(condition=~Q(status="matched") | Q(match__isnull=False), name="matched_has_match"),
        ]
        indexes = [
            models.Index(fields=["account", "booked_on", "id"]),
            models.Index(fields=["booked_on", "id"], condition=Q(status="imported"), name="bank_lines_waiting"),
            models.Index(fields=["payer"]),
            models.Index(fields=["payer_account"]),
        ]

    def __str__(self):
        return f"{self.booked_on:%Y-%m-%d} {self.amount:+,.2f} {self.payer or self.memo}"[:80]

    @property
    def currency(self):
        return self.account.currency


class BankMatch(models.Model):
    """What one or several lines were booked as, and why it was proposed. Undoing it removes it; the log keeps it."""

    made_by = models.ForeignKey("crm.User", models.PROTECT, null=True, related_name="+", verbose_name=_("matched by"))
    made_at = models.DateTimeField(_("matched"), default=timezone.now)
    fee = models.DecimalField(_("bank fee"), max_digits=16, decimal_places=2, default=Decimal("0.00"))
    score = models.PositiveSmallIntegerField(_("score"), null=True)  # percent; None when put together by hand
    reasons = models.JSONField(default=list)  # [[key, {params}]]
    asked = models.JSONField(default=dict)  # what the lines were to be booked as: the same again is the same match

    def __str__(self):
        return f"#{self.pk}"


class MatchedPayment(models.Model):
    """A payment or refund that belongs to a match, and what the match did to it. Each is matched once at most."""

    class Act(models.TextChoices):
        REGISTERED = "registered", _("registered and confirmed")
        CONFIRMED = "confirmed", _("confirmed")
        LINKED = "linked", _("found as it was")

    match = models.ForeignKey(BankMatch, models.CASCADE, related_name="payments")
    payment = models.OneToOneField("billing.Payment", models.PROTECT, null=True, related_name="bank_part")
    refund = models.OneToOneField("billing.Refund", models.PROTECT, null=True, related_name="bank_part")
    act = models.CharField(max_length=10, choices=Act)
    fee = models.DecimalField(max_digits=16, decimal_places=2, default=0)  # put on a claim by the match

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(payment__isnull=True, refund__isnull=False) | Q(payment__isnull=False, refund__isnull=True),
                name="matched_one_thing",
            )
        ]

    def __str__(self):
        return str(self.payment or self.refund)


class PayerAlias(models.Model):
    """How a customer appears on bank statements, learnt from what was booked."""

    class Kind(models.TextChoices):
        NAME = "name", _("name")
        ACCOUNT = "account", _("account")

    kind = models.CharField(max_length=10, choices=Kind)
    text = models.CharField(max_length=MAX_PAYER)  # normalised
    customer = models.ForeignKey("crm.Customer", models.CASCADE, related_name="payer_aliases")
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "text", "customer"], name="payer_alias_once")]

    def __str__(self):
        return f"{self.text} → {self.customer}"
