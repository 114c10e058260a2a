"""Opportunities and the quotes made for them."""

from datetime import timedelta
from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import clock
from crm.models import Money, MoneyLine, OwnedQuerySet, StageRecord
from crm.models.company import Currency
from crm.transitions import Move
from opportunities.stages import BY_KEY, LOST, ON_HOLD, STAGES, WON, choices

OPEN = tuple(BY_KEY)


class OpportunityQuerySet(OwnedQuerySet):
    SETS = ("open",)

    def open(self):
        return self.filter(status__in=OPEN)

    def stale_since(self, moment):
        """Open deals whose last movement or follow-up is older than this moment."""
        return self.open().filter(last_activity_at__lt=moment)

    def late(self):
        """Deals that have been in their stage for longer than the stage's target."""
        condition = models.Q(pk__in=[])
        for stage in STAGES:
            limit = timezone.now() - timedelta(days=stage.target_days + 1)
            condition |= models.Q(status=stage.key, status_since__lt=limit)
        return self.filter(condition)


class Opportunity(StageRecord):
    """A deal in the making (商机); its state is its stage."""

    may_be_tagged = True

    class LostReason(models.TextChoices):
        PRICE = "price", _("Price")
        COMPETITOR = "competitor", _("Competitor")
        NO_BUDGET = "no_budget", _("No budget")
        NO_DECISION = "no_decision", _("No decision")
        PRODUCT = "product", _("Product does not fit")
        OTHER = "other", _("Other")

    PREFIX = "O"
    MOVES = {
        "move": Move(_("Move to stage"), OPEN),
        "request_quote": Move(_("Request a quote"), OPEN),
        "win": Move(_("Mark as won"), (*OPEN, ON_HOLD), WON, when=lambda deal: deal.status == STAGES[-1].key),
        "lose": Move(_("Mark as lost"), (*OPEN, ON_HOLD), LOST, danger=True),
        "hold": Move(_("Put on hold"), OPEN, ON_HOLD, aside=True),
        "resume": Move(_("Resume"), (ON_HOLD,)),
        "reopen": Move(_("Reopen"), (WON, LOST), aside=True),
    }
    status = models.CharField(_("stage"), max_length=20, choices=choices, default=STAGES[0].key, editable=False)
    lead = models.OneToOneField(
        "leads.Lead",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="opportunity",
        verbose_name=_("lead"),
    )
    contact = models.ForeignKey(
        "crm.Contact", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("contact")
    )
    name = models.CharField(_("name"), max_length=200)
    amount = models.DecimalField(
        _("expected amount"), max_digits=16, decimal_places=2, default=0, validators=[MinValueValidator(0)],
        help_text=_("Net of tax."),
    )  # fmt: skip
    currency = models.CharField(_("currency"), max_length=3, choices=Currency, default=Currency.CNY)
    rate = models.DecimalField(max_digits=18, decimal_places=8, default=1, editable=False)
    expected_close_on = models.DateField(_("expected closing"), null=True, blank=True)
    need = models.TextField(_("need"), blank=True)
    held_from = models.CharField(max_length=20, blank=True, editable=False)  # the stage left when held or closed
    lost_reason = models.CharField(_("lost because of"), max_length=20, choices=LostReason, blank=True, editable=False)
    competitor = models.CharField(_("competitor"), max_length=100, blank=True, editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True, editable=False)
    last_activity_at = models.DateTimeField(_("last activity"), null=True, blank=True, editable=False)
    quote_asked_at = models.DateTimeField(_("quote asked for"), null=True, blank=True, editable=False)
    quote_asked_of = models.ForeignKey(
        "crm.User", models.PROTECT, null=True, blank=True, editable=False, related_name="+",
        verbose_name=_("quote asked of"),
    )  # fmt: skip
    quote_due_on = models.DateField(_("quote needed on"), null=True, blank=True, editable=False)

    objects = OpportunityQuerySet.as_manager()

    class Meta:
        verbose_name = _("opportunity")
        verbose_name_plural = _("opportunities")
        indexes = [
            models.Index(fields=["owner", "-id"]),
            models.Index(fields=["status", "-id"]),
            models.Index(fields=["customer", "-id"]),
            models.Index(fields=["closed_at"]),
            models.Index(fields=["name"]),
            models.Index(fields=["amount", "-id"]),
            models.Index(fields=["expected_close_on", "-id"]),
            models.Index(fields=["last_activity_at", "-id"]),
            models.Index(fields=["status_since", "-id"]),
            models.Index(
                fields=["quote_due_on"], condition=models.Q(quote_asked_at__isnull=False), name="quotes_asked_for"
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def is_open(self):
        return self.status in BY_KEY

    @property
    def stage(self):
        return BY_KEY.get(self.status)

    @property
    def days_in_stage(self):
        return (timezone.now() - self.status_since).days

    @property
    def stage_due_on(self):
        """The day by which the deal should leave its stage."""
        return clock.business_day(self.status_since) + timedelta(days=self.stage.target_days)

    @property
    def late(self):
        """Has the deal been in its stage for longer than the stage's target?"""
        return self.is_open and self.days_in_stage > self.stage.target_days

    @property
    def probability(self):
        """In per cent: 100 when won, 0 when lost or on hold."""
        return 100 if self.status == WON else self.stage.probability if self.stage else 0


class QuoteQuerySet(OwnedQuerySet):
    def past_validity(self, day):
        return self.filter(status=Quote.Status.SENT, valid_until__lt=day)

    def awaiting_contract(self):
        """Accepted by the customer, while nobody has drafted the contract."""
        return self.filter(status=Quote.Status.ACCEPTED, contract__isnull=True)


class Quote(StageRecord, Money):
    """An offer with lines (报价单). Expired is derived from `valid_until`, never stored."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_APPROVAL = "in_approval", _("In approval")
        APPROVED = "approved", _("Approved")
        SENT = "sent", _("Sent")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        SUPERSEDED = "superseded", _("Superseded")

    PREFIX = "Q"
    MOVES = {
        "submit": Move(_("Ready for sending"), (Status.DRAFT,), Status.APPROVED),
        "approve": Move(_("Approve"), (Status.IN_APPROVAL,), Status.APPROVED),
        "return": Move(_("Return"), (Status.IN_APPROVAL,), Status.DRAFT),
        "accept": Move(_("Record acceptance"), (Status.SENT,), Status.ACCEPTED, when=lambda quote: not quote.expired),
        "send": Move(
            _("Send"), (Status.APPROVED, Status.SENT), Status.SENT, when=lambda quote: not quote.past_validity
        ),
        "revise": Move(
            _("New version"), (Status.IN_APPROVAL, Status.APPROVED, Status.SENT, Status.DECLINED), Status.SUPERSEDED
        ),
        "decline": Move(_("Record refusal"), (Status.SENT,), Status.DECLINED, danger=True),
    }
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.DRAFT, editable=False)
    opportunity = models.ForeignKey(Opportunity, models.PROTECT, related_name="quotes", verbose_name=_("opportunity"))
    version_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="later_versions"
    )
    revision = models.PositiveIntegerField(_("version"), default=1, editable=False)
    contact = models.ForeignKey(
        "crm.Contact", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("contact")
    )
    valid_until = models.DateField(_("valid until"))
    terms = models.TextField(_("terms"), blank=True)
    submitted_by = models.ForeignKey(
        "crm.User",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("submitted by"),
    )
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True, editable=False)
    viewed_at = models.DateTimeField(_("seen by customer"), null=True, blank=True, editable=False)
    link_digest = models.CharField(max_length=64, blank=True, editable=False, db_index=True)

    objects = QuoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("quote")
        verbose_name_plural = _("quotes")
        indexes = [
            models.Index(fields=["owner", "-id"]),
            models.Index(fields=["status", "-id"]),
            models.Index(fields=["gross", "-id"]),
            models.Index(fields=["valid_until", "-id"]),
            models.Index(fields=["sent_at", "-id"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["opportunity"], condition=models.Q(status="accepted"), name="one_accepted_quote"
            )
        ]

    @property
    def expired(self):
        """Sent, and past its validity."""
        return self.status == self.Status.SENT and self.past_validity

    @property
    def past_validity(self):
        return self.valid_until < clock.today()

    @property
    def largest_discount(self):
        return max((line.discount_percent for line in self.lines.all()), default=Decimal(0))


class QuoteLine(MoneyLine):
    quote = models.ForeignKey(Quote, models.CASCADE, related_name="lines")
