"""One act on many records, with what came of each; and lists written into files."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class BulkRun(models.Model):
    """An act somebody asked for on many records at once: those ticked, or all that match a filter when it starts."""

    owner = models.ForeignKey("crm.User", models.CASCADE, related_name="+")
    list_key = models.CharField(max_length=60)
    act = models.CharField(max_length=40)
    values = models.JSONField(default=dict)  # what was filled in, as the form reads it
    query = models.CharField(max_length=2000, blank=True)  # the filter, where all that match were asked for
    job = models.ForeignKey("crm.Job", models.SET_NULL, null=True, related_name="+")
    listed_at = models.DateTimeField(null=True)  # when the records were written down
    finished_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"{self.act} {self.list_key}"


class BulkOutcome(models.Model):
    """What came of one record. Written with the act in one transaction, so that no record is dealt with twice."""

    class Result(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")

    run = models.ForeignKey(BulkRun, models.CASCADE, related_name="outcomes")
    record_id = models.BigIntegerField()
    label = models.CharField(max_length=200, blank=True)
    result = models.CharField(max_length=10, choices=Result, default=Result.WAITING)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["record_id"]
        indexes = [models.Index(fields=["run", "result", "record_id"])]
        constraints = [models.UniqueConstraint(fields=["run", "record_id"], name="one_outcome_per_record")]

    def __str__(self):
        return f"{self.record_id} {self.result}"


class Export(models.Model):
    """A list that left the house: who took which rows, when. A large one is a file kept for some days."""

    class Kind(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX"

    owner = models.ForeignKey("crm.User", models.CASCADE, related_name="exports")
    list_key = models.CharField(max_length=60)
    query = models.TextField(blank=True)
    kind = models.CharField(_("kind"), max_length=4, choices=Kind)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    file = models.FileField(upload_to="exports/%Y/%m/", blank=True)
    job = models.ForeignKey("crm.Job", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        indexes = [models.Index(fields=["owner", "-id"]), models.Index(fields=["expires_at"])]

    def __str__(self):
        return f"{self.list_key}.{self.kind}"
