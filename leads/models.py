"""Campaigns that bring leads, what they cost, and the leads themselves."""

import secrets
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import access
from crm.models import Channel, Industry, OwnedQuerySet, StageRecord
from crm.models.company import Currency
from crm.models.expressions import phone_ending
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
            models.Index(phone_ending("phone"), name="lead_phone_ending"),
            models.Index(Lower("email"), name="lead_email_lower"),
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


class LeadImportQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own imports; all of them for whoever sees all leads."""
        if not access.allows(user, "leads.import_lead"):
            return self.none()
        sees_all = access.scope(user, "leads.view_lead") == access.ALL
        return self if sees_all else self.filter(uploaded_by=user)


class LeadImport(models.Model):
    """A list of leads brought in from a file. Its rows say what became of each row of the file."""

    file = models.FileField(_("file"), upload_to="imports/%Y/%m/")
    name = models.CharField(_("file"), max_length=255)
    digest = models.CharField(max_length=64, unique=True, editable=False)  # the same file is never taken in twice
    headers = models.JSONField(default=list, editable=False)
    sample = models.JSONField(default=list, editable=False)
    total = models.PositiveIntegerField(_("rows"), default=0, editable=False)
    columns = models.JSONField(default=dict, editable=False)  # field -> position of its column in the file
    campaign = models.ForeignKey(Campaign, models.PROTECT, null=True, blank=True, verbose_name=_("campaign"))
    channel = models.CharField(_("channel"), max_length=20, choices=Channel, blank=True)
    system = models.CharField(_("system the file comes from"), max_length=50, blank=True)
    uploaded_by = models.ForeignKey("crm.User", models.PROTECT, related_name="+", verbose_name=_("uploaded by"))
    created_at = models.DateTimeField(_("uploaded"), default=timezone.now)
    job = models.OneToOneField("crm.Job", models.SET_NULL, null=True, editable=False, related_name="lead_import")

    objects = LeadImportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("leads:import_detail", args=[self.pk])

    @property
    def counts(self):
        """{outcome: number of rows} so far."""
        found = dict(self.rows.order_by().values_list("outcome").annotate(models.Count("pk")))
        return {outcome: found.get(outcome, 0) for outcome in ImportRow.Outcome.values}

    @property
    def startable(self):
        """May its columns be matched? As long as nothing runs and no lead has come of it."""
        return self.job is None or (self.job.finished and not self.counts["created"])

    @property
    def resumable(self):
        """Was it interrupted after some leads were created?"""
        return self.job is not None and self.job.status in ("failed", "cancelled") and not self.startable


class ImportRow(models.Model):
    """What became of one row of an imported file; the row number makes it impossible to take a row twice."""

    class Outcome(models.TextChoices):
        CREATED = "created", _("Created")
        REFUSED = "refused", _("Refused")
        SKIPPED = "skipped", _("Skipped")

    lead_import = models.ForeignKey(LeadImport, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    outcome = models.CharField(max_length=10, choices=Outcome)
    lead = models.OneToOneField(Lead, models.PROTECT, null=True, related_name="import_row")
    cells = models.JSONField(default=list)  # kept of rows that were not taken in
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["lead_import", "number"], name="import_row_once")]
        indexes = [models.Index(fields=["lead_import", "outcome"])]

    def __str__(self):
        return f"{self.lead_import} {self.number}"
