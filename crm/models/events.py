"""The case that ties a chain together, and the one append-only log of what happened."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Case(models.Model):
    """One chain from lead to cash. Every record of the chain carries it."""

    customer = models.ForeignKey("crm.Customer", models.PROTECT, null=True, related_name="cases")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"#{self.pk}"


class Event(models.Model):
    """Something that happened in the business. Rows are only ever added; the database refuses anything else."""

    APPEND_ONLY = True

    class Source(models.TextChoices):
        WEB = "web", _("web")
        API = "api", _("API")
        JOB = "job", _("job")
        IMPORT = "import", _("import")

    # The log outlives what it tells of: undoing an import takes its cases away again.
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="events", db_constraint=False)
    record_type = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    verb = models.CharField(max_length=40)
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20, blank=True)
    actor = models.ForeignKey("crm.User", models.PROTECT, null=True, related_name="+")
    acting_role = models.CharField(max_length=20, blank=True)
    source = models.CharField(max_length=10, choices=Source)
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict, blank=True)
    record_version = models.PositiveIntegerField(null=True)  # the record's version after it; None where it has none
    occurred_at = models.DateTimeField(default=timezone.now)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["record_type", "record_id", "-occurred_at"]),
            models.Index(fields=["case", "-occurred_at"]),
            models.Index(fields=["verb", "occurred_at"]),
            models.Index(fields=["-recorded_at"]),
        ]

    def __str__(self):
        return f"{self.record_type} {self.record_id} {self.verb}"
