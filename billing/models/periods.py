"""The months of the books, and the nightly check of the money."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import OwnedQuerySet
from crm.models.shared import Reachable
from crm.transitions import Move


class PeriodQuerySet(OwnedQuerySet):
    def closed_on(self, day):
        return self.filter(status=Period.Status.CLOSED, first_day__lte=day, last_day__gte=day).exists()

    def of(self, day):
        """The month this day falls in; it comes into being when first asked for."""
        first = day.replace(day=1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        return self.get_or_create(first_day=first, defaults={"last_day": last})[0]


class Period(Reachable, models.Model):
    """A month of the books (账期); a closed one refuses any money act dated inside it."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    MOVES = {
        "close": Move(_("Close period"), (Status.OPEN,), Status.CLOSED),
        "reopen": Move(_("Reopen"), (Status.CLOSED,), Status.OPEN),
    }
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.OPEN, editable=False)
    status_since = models.DateTimeField(_("in this state since"), auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    first_day = models.DateField(_("first day"), unique=True)
    last_day = models.DateField(_("last day"))
    roll_forward = models.JSONField(null=True, blank=True, editable=False)  # of the receivables, as it was closed

    objects = PeriodQuerySet.as_manager()

    class Meta:
        ordering = ["-first_day"]
        verbose_name = _("period")
        verbose_name_plural = _("periods")

    def __str__(self):
        return f"{self.first_day:%Y-%m}"


class MoneyCheck(models.Model):
    """The result of one nightly run of the money invariants (domain rules), kept for everybody to see."""

    ran_at = models.DateTimeField(auto_now_add=True)
    findings = models.JSONField(default=list)  # [{"rule", "record_type", "record_id", "text"}]

    class Meta:
        ordering = ["-ran_at"]

    def __str__(self):
        return f"{self.ran_at:%Y-%m-%d}: {len(self.findings)}"
