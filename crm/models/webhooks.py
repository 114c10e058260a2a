"""Addresses of other programs that are told what happens here, and what became of each message to them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.shared import OwnedQuerySet, Reachable
from crm.models.stage import Owned


class WebhookEndpoint(Owned):
    """Another program's address. It is told of what the person it acts as may see."""

    url = models.CharField(_("address"), max_length=500)
    description = models.CharField(_("what it is for"), max_length=200, blank=True)
    event_types = ArrayField(
        models.CharField(max_length=80), verbose_name=_("events"), default=list, blank=True,
        help_text=_("None chosen means all."),
    )  # fmt: skip
    acts_as = models.ForeignKey(
        "crm.User", models.PROTECT, related_name="+", verbose_name=_("acts as"),
        help_text=_("Only what this person may see is sent."),
    )  # fmt: skip
    active = models.BooleanField(_("active"), default=True)
    secret = models.TextField(editable=False)
    previous_secret = models.TextField(blank=True, editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    disabled_reason = models.CharField(_("switched off because"), max_length=200, blank=True, editable=False)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self):
        return self.description or self.url


class WebhookDelivery(Reachable, models.Model):
    """One message to one endpoint. Messages of a lane (a case, or a record without one) go out one after the other."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        SUCCEEDED = "succeeded", _("Delivered")
        FAILED = "failed", _("Failed")
        IGNORED = "ignored", _("Not for this endpoint")

    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries", verbose_name=_("webhook"))
    event = models.ForeignKey("crm.Event", models.CASCADE, null=True, related_name="+")
    kind = models.CharField(_("event"), max_length=80)
    message_id = models.CharField(_("message"), max_length=60)
    lane = models.CharField(max_length=60)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    leased_until = models.DateTimeField(default=timezone.now)  # a worker is at it until then
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints = [models.UniqueConstraint(fields=["endpoint", "message_id"], name="one_delivery_per_message")]
        indexes = [
            models.Index(
                fields=["endpoint", "lane", "event"], condition=models.Q(status="queued"), name="webhook_lanes"
            ),
            models.Index(fields=["endpoint", "-id"]),
            models.Index(fields=["finished_at"]),
        ]

    def __str__(self):
        return f"{self.kind} {self.message_id}"


class WebhookAttempt(models.Model):
    """One try: what was sent, and what came back, cut short."""

    delivery = models.ForeignKey(WebhookDelivery, models.CASCADE, related_name="tries")
    at = models.DateTimeField(_("when"), default=timezone.now)
    body = models.TextField(blank=True)
    code = models.PositiveSmallIntegerField(_("answer"), null=True)
    answer = models.TextField(blank=True)
    error = models.CharField(_("error"), max_length=300, blank=True)
    duration_ms = models.PositiveIntegerField(_("duration (ms)"), default=0)

    class Meta:
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.delivery_id} {self.code or self.error}"
