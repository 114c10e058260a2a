"""What customers tell us: tickets and survey answers."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.models import OwnedQuerySet, StageRecord
from crm.transitions import Move


class TicketQuerySet(OwnedQuerySet):
    def open(self):
        return self.filter(status__in=Ticket.OPEN)


class Ticket(StageRecord):
    """A customer's trouble to be solved (工单), with clocks that run in business hours."""

    may_be_tagged = True

    class Status(models.TextChoices):
        NEW = "new", _("New")
        IN_PROGRESS = "in_progress", _("In progress")
        WAITING_CUSTOMER = "waiting_customer", _("Waiting for customer")
        RESOLVED = "resolved", _("Resolved")
        CLOSED = "closed", _("Closed")
        REOPENED = "reopened", _("Reopened")

    class Priority(models.TextChoices):
        URGENT = "urgent", _("Urgent")
        HIGH = "high", _("High")
        NORMAL = "normal", _("Normal")
        LOW = "low", _("Low")

    class Kind(models.TextChoices):
        COMPLAINT = "complaint", _("Complaint")
        QUESTION = "question", _("Question")
        DELIVERY = "delivery", _("Delivery")
        DEFECT = "defect", _("Defect")
        REQUEST = "request", _("Request")

    OPEN = (Status.NEW, Status.IN_PROGRESS, Status.WAITING_CUSTOMER, Status.REOPENED)
    AT_WORK = (Status.NEW, Status.IN_PROGRESS, Status.REOPENED)
    PREFIX = "T"
    MOVES = {
        "take": Move(_("Take"), (Status.NEW, Status.REOPENED), Status.IN_PROGRESS),
        "answer": Move(_("Answer"), OPEN, Status.IN_PROGRESS),
        "wait": Move(_("Wait for customer"), (Status.IN_PROGRESS,), Status.WAITING_CUSTOMER),
        "resume": Move(_("Customer replied"), (Status.WAITING_CUSTOMER,), Status.IN_PROGRESS),
        "resolve": Move(_("Resolve"), (Status.IN_PROGRESS, Status.WAITING_CUSTOMER), Status.RESOLVED),
        "close": Move(_("Close"), (Status.RESOLVED,), Status.CLOSED),
        "reopen": Move(_("Reopen"), (Status.RESOLVED, Status.CLOSED), Status.REOPENED, aside=True),
    }  # fmt: skip
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.NEW, editable=False)
    order = models.ForeignKey(
        "contracts.Order", models.PROTECT, null=True, blank=True, related_name="tickets", verbose_name=_("order")
    )
    contact = models.ForeignKey(
        "crm.Contact", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("contact")
    )
    subject = models.CharField(_("subject"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.QUESTION)
    priority = models.CharField(_("priority"), max_length=10, choices=Priority, default=Priority.NORMAL)
    response_due_at = models.DateTimeField(_("answer due"), null=True, blank=True, editable=False)
    resolution_due_at = models.DateTimeField(_("solution due"), null=True, blank=True, editable=False)
    answered_at = models.DateTimeField(_("first answer"), null=True, blank=True, editable=False)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True, editable=False)
    waiting_since = models.DateTimeField(null=True, blank=True, editable=False)
    resolution = models.TextField(_("solution"), blank=True, editable=False)

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        indexes = [
            models.Index(fields=["status", "resolution_due_at"]),
            models.Index(fields=["resolution_due_at", "-id"]),
            models.Index(fields=["priority", "-id"]),
            models.Index(fields=["owner", "-id"]),
            models.Index(fields=["customer", "-id"]),
        ]

    def __str__(self):
        return f"{self.number} {self.subject}"


class SurveyInvitation(StageRecord):
    """A question to a customer how satisfied they are, by a one-time link (满意度调查); only the key's hash is kept."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting to be sent")
        SENT = "sent", _("Sent")
        ANSWERED = "answered", _("Answered")
        EXPIRED = "expired", _("Expired")

    PREFIX = "F"
    MOVES = {
        "send": Move(_("Send"), (Status.QUEUED,), Status.SENT),
        "answer": Move(_("Answer"), (Status.SENT,), Status.ANSWERED),
        "expire": Move(_("Expire"), (Status.QUEUED, Status.SENT), Status.EXPIRED),
    }
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.QUEUED, editable=False)
    order = models.ForeignKey(
        "contracts.Order", models.PROTECT, null=True, blank=True, related_name="surveys", verbose_name=_("order")
    )
    ticket = models.ForeignKey(
        Ticket, models.PROTECT, null=True, blank=True, related_name="surveys", verbose_name=_("ticket")
    )
    contact = models.ForeignKey(
        "crm.Contact", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("contact")
    )
    link_digest = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True, editable=False)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True, editable=False)
    score = models.PositiveSmallIntegerField(
        _("satisfaction"),
        null=True,
        blank=True,
        editable=False,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
    )
    recommend = models.PositiveSmallIntegerField(
        _("would recommend"), null=True, blank=True, editable=False, validators=[MaxValueValidator(10)]
    )
    comment = models.TextField(_("comment"), blank=True, editable=False)

    class Meta:
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")
        indexes = [models.Index(fields=["status", "expires_at"]), models.Index(fields=["answered_at", "-id"])]
        constraints = [
            models.UniqueConstraint(fields=["order"], condition=Q(ticket=None), name="one_survey_per_order"),
            models.UniqueConstraint(fields=["ticket"], name="one_survey_per_ticket"),
        ]
