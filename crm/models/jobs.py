"""Work that runs behind the pages. The row is written with the change that asks for it, so nothing is lost."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.shared import OwnedQuerySet, Reachable


class Job(Reachable, models.Model):
    """One piece of background work: asked for, running, done or failed; also its progress and its result."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        SUCCEEDED = "succeeded", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    OWNER_PATHS = ("requested_by",)
    task = models.CharField(max_length=100)
    args = models.JSONField(default=list)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    requested_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    progress = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=0)
    run_after = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    cancel_requested = models.BooleanField(default=False)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["task", "-created_at"]),
            models.Index(
                fields=["run_after"], condition=models.Q(status__in=["queued", "running"]), name="unfinished_jobs"
            ),
        ]

    def __str__(self):
        return f"{self.task} {self.pk}"

    @property
    def finished(self):
        return self.status in {self.Status.SUCCEEDED, self.Status.FAILED, self.Status.CANCELLED}

    @property
    def done(self):
        """The steps done, under the name progress bars use."""
        return self.total if self.status == self.Status.SUCCEEDED else self.progress

    @property
    def percent(self):
        """How far it has come, 0 to 100."""
        if self.status == self.Status.SUCCEEDED:
            return 100
        return min(100, 100 * self.progress // self.total) if self.total else 0

    @property
    def title(self):
        from crm.jobs import TASKS

        return TASKS[self.task].title if self.task in TASKS else self.task
