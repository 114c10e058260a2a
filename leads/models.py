"""Campaigns that bring leads, what they cost, and the leads themselves."""

import secrets
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from crm import access
from crm.models import Channel, Industry, OwnedQuerySet, StageRecord
from crm.models.company import Currency
from crm.models.expressions import name_key, phone_ending
from crm.transitions import Move


def new_form_key():
    """The public name of a campaign's form: not secret, but not to be guessed from another one."""
    return secrets.token_urlsafe(9)


class Campaign(StageRecord):
    """A marketing activity with a budget (市场活动). It stands before all cases, so it belongs to none."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        COMPLETED = "completed", _("Completed")
        CANCELLED = "cancelled", _("Cancelled")

    PREFIX = "M"
    BEGINS_CASE = False
    OWNER_PATHS = ("owner",)
    MOVES = {
        "activate": Move(_("Start"), (Status.PLANNED, Status.PAUSED), Status.ACTIVE),
        "book_spend": Move(_("Book spend"), (Status.PLANNED, Status.ACTIVE, Status.PAUSED)),
        "pause": Move(_("Pause"), (Status.ACTIVE,), Status.PAUSED),
        "complete": Move(_("Complete"), (Status.ACTIVE, Status.PAUSED), Status.COMPLETED),
        "cancel": Move(_("Cancel"), (Status.PLANNED, Status.PAUSED), Status.CANCELLED, danger=True),
    }
    customer = None
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.PLANNED, editable=False)
    name = models.CharField(_("name"), max_length=200)
    channel = models.CharField(_("channel"), max_length=20, choices=Channel)
    starts_on = models.DateField(_("starts on"), null=True, blank=True)
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    budget = models.DecimalField(
        _("budget"), max_digits=16, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    currency = models.CharField(_("currency"), max_length=3, choices=Currency, default=Currency.CNY)
    description = models.TextField(_("description"), blank=True)
    form_key = models.CharField(max_length=20, unique=True, default=new_form_key, editable=False)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        indexes = [models.Index(fields=["status", "-starts_on"])]

    def __str__(self):
        return self.name

    def clean(self):
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": _("A campaign cannot end before it starts.")})


class Spend(models.Model):
    """Money spent on a campaign on one day; the input of CAC."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="spends")
    spent_on = models.DateField(_("spent on"))
    amount = models.DecimalField(
        _("amount"), max_digits=16, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )
    currency = models.CharField(_("currency"), max_length=3, choices=Currency, default=Currency.CNY)
    rate = models.DecimalField(max_digits=18, decimal_places=8, default=1, editable=False)
    note = models.CharField(_("what for"), max_length=200, blank=True)
    booked_by = models.ForeignKey("crm.User", models.PROTECT, null=True, related_name="+", editable=False)

    class Meta:
        ordering = ["-spent_on", "-pk"]
        indexes = [models.Index(fields=["spent_on"])]

    def __str__(self):
        return f"{self.campaign} {self.spent_on} {self.amount}"


class LeadQuerySet(OwnedQuerySet):
    def in_pool(self):
        return self.filter(owner=None, status=Lead.Status.NEW)

    def open(self):
        return self.filter(status__in=Lead.OPEN)

    def untouched_since(self, moment):
        """Leads somebody holds but has not followed up since this moment."""
        return self.filter(status__in=Lead.HELD).filter(last_contact_at__lt=moment)


class Lead(StageRecord):
    """Somebody who may buy (线索). Without an owner it lies in the pool, for sales to claim."""

    may_be_tagged = True

    class Status(models.TextChoices):
        NEW = "new", _("New")
        ASSIGNED = "assigned", _("Assigned")
        CONTACTED = "contacted", _("Contacted")
        NURTURING = "nurturing", _("Nurturing")
        QUALIFIED = "qualified", _("Qualified")
        CONVERTED = "converted", _("Converted")
        DISQUALIFIED = "disqualified", _("Disqualified")

    class Grade(models.TextChoices):
        A = "A", "A"
        B = "B", "B"
        C = "C", "C"
        D = "D", "D"

    class Timing(models.TextChoices):
        NOW = "now", _("Within a month")
        QUARTER = "quarter", _("Within three months")
        YEAR = "year", _("Within a year")
        LATER = "later", _("Later")

    HELD = (Status.ASSIGNED, Status.CONTACTED, Status.QUALIFIED)
    OPEN = (Status.NEW, Status.ASSIGNED, Status.CONTACTED, Status.NURTURING, Status.QUALIFIED)
    UNLESS_BOTH_CONVERTED = (
        "AND EXISTS (SELECT 1 FROM leads_lead WHERE id IN (pairs.one, pairs.other) AND status <> 'converted')"
    )
    UNCONVERTED = (*OPEN, Status.DISQUALIFIED)
    PREFIX = "L"
    OWNER_PATHS = ("owner",)
    MOVES = {
        "claim": Move(_("Claim"), (Status.NEW, Status.NURTURING), Status.ASSIGNED, when=lambda lead: not lead.owner_id),
        "convert": Move(_("Convert"), (Status.QUALIFIED,), Status.CONVERTED),
        "contact": Move(_("Log contact"), (Status.ASSIGNED, Status.CONTACTED, Status.QUALIFIED), Status.CONTACTED),
        "qualify": Move(_("Qualify"), (Status.ASSIGNED, Status.CONTACTED), Status.QUALIFIED),
        "assign": Move(_("Assign"), OPEN, Status.ASSIGNED),
        "nurture": Move(_("Nurture"), (Status.NEW, Status.ASSIGNED, Status.CONTACTED), Status.NURTURING, aside=True),
        "return_to_pool": Move(_("Return to pool"), (*HELD, Status.NURTURING), Status.NEW, aside=True),
        "recycle": Move(_("Recycle"), HELD, Status.NEW),
        "disqualify": Move(_("Disqualify"), OPEN, Status.DISQUALIFIED, danger=True),
        "reopen": Move(_("Reopen"), (Status.DISQUALIFIED,), Status.NEW, aside=True),
    }
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.NEW, editable=False)
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, blank=True, related_name="leads", verbose_name=_("campaign")
    )
    channel = models.CharField(_("channel"), max_length=20, choices=Channel, blank=True)
    company_name = models.CharField(_("company"), max_length=200)
    contact_name = models.CharField(_("contact person"), max_length=100, blank=True)
    contact_title = models.CharField(_("position"), max_length=100, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    industry = models.CharField(_("industry"), max_length=20, choices=Industry, blank=True)
    region = models.CharField(_("region"), max_length=60, blank=True)
    need = models.TextField(_("need"), blank=True)
    budget = models.DecimalField(
        _("budget"), max_digits=16, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    timing = models.CharField(_("timing"), max_length=10, choices=Timing, blank=True)
    grade = models.CharField(_("grade"), max_length=1, choices=Grade, blank=True, editable=False)
    consent = models.BooleanField(_("agreed to be contacted"), default=False)
    assigned_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_contact_at = models.DateTimeField(_("last contact"), null=True, blank=True, editable=False)
    last_owner = models.ForeignKey("crm.User", models.PROTECT, null=True, blank=True, editable=False, related_name="+")
    left_pool_owner_at = models.DateTimeField(null=True, blank=True, editable=False)
    disqualified_reason = models.CharField(_("reason"), max_length=200, blank=True, editable=False)
    returned_reason = models.CharField(_("returned because"), max_length=200, blank=True, editable=False)

    objects = LeadQuerySet.as_manager()

    class Meta:
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        indexes = [
            models.Index(fields=["owner", "-id"]),
            models.Index(fields=["status", "-id"]),
            models.Index(fields=["campaign", "-id"]),
            models.Index(fields=["channel", "-id"]),
            models.Index(fields=["company_name"]),
            models.Index(fields=["grade", "-id"]),
            models.Index(fields=["industry", "-id"]),
            models.Index(fields=["last_contact_at", "-id"]),
            models.Index(phone_ending("phone"), include=["phone", "id"], name="lead_phone_ending"),
            models.Index(Lower("email"), include=["email", "id"], name="lead_email_lower"),
            models.Index(name_key("company_name"), include=["company_name", "id"], name="lead_name_key"),
            models.Index(fields=["status", "last_contact_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(status__in=["assigned", "contacted", "qualified"]) | models.Q(owner__isnull=False),
                name="held_lead_has_owner",
            )
        ]

    def __str__(self):
        return self.company_name

    @classmethod
    def visible_besides(cls, user):
        """The pool is open to whoever the table lets see it."""
        if access.scope(user, "leads.view_pool"):
            return models.Q(owner=None)
        return models.Q(pk__in=[])

    def refuse_merging_away(self):
        """A converted lead is the beginning of a deal and stays; why, or nothing."""
        if self.status == self.Status.CONVERTED:
            return _("A converted lead is the beginning of a deal; keep it and merge the other one into it.")
        return ""

    def clean(self):
        if not (self.phone or self.email or self.contact_name):
            raise ValidationError({"phone": _("Give a contact person, a phone or an e-mail.")})
