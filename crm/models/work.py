"""What people do on any record: follow-ups, tasks, comments, files; and what they are told."""

from django.apps import apps
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.shared import Reachable
from crm.models.stage import Owned


class OnRecord(Reachable, models.Model):
    """Hangs on any record by its type and key, and carries its case and customer along."""

    OWNER_PATHS = ("author",)

    record_type = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    case = models.ForeignKey("crm.Case", models.PROTECT, null=True, blank=True, related_name="+")
    customer = models.ForeignKey("crm.Customer", models.PROTECT, null=True, blank=True, related_name="%(class)ss")
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        abstract = True
        indexes = [models.Index(fields=["record_type", "record_id"])]

    def get_absolute_url(self):
        """It has no page of its own: that of its record."""
        model = next(model for model in apps.get_models() if model._meta.model_name == self.record_type)
        return reverse(f"{model._meta.app_label}:{self.record_type}_detail", args=[self.record_id])


class FollowUp(OnRecord):
    """A contact with the customer that took place (跟进)."""

    class Kind(models.TextChoices):
        CALL = "call", _("Call")
        EMAIL = "email", _("E-mail")
        VISIT = "visit", _("Visit")
        MEETING = "meeting", _("Meeting")
        NOTE = "note", _("Note")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.CALL)
    summary = models.TextField(_("what was said"))
    happened_at = models.DateTimeField(_("when"), default=timezone.now)
    author = models.ForeignKey("crm.User", models.PROTECT, related_name="+")

    class Meta(OnRecord.Meta):
        indexes = [
            models.Index(fields=["record_type", "record_id"]),
            models.Index(fields=["happened_at"]),
            models.Index(fields=["customer", "happened_at"]),
        ]

    def __str__(self):
        return self.summary[:60]


class Task(Owned):
    """Something somebody has promised to do (待办); the next step of a follow-up is one."""

    OWNER_PATHS = ("owner",)
    title = models.CharField(_("task"), max_length=200)
    due_on = models.DateField(_("due"), null=True, blank=True)
    done_at = models.DateTimeField(null=True, editable=False)
    record_type = models.CharField(max_length=40, blank=True, editable=False)
    record_id = models.BigIntegerField(null=True, blank=True, editable=False)
    case = models.ForeignKey("crm.Case", models.PROTECT, null=True, blank=True, editable=False, related_name="+")
    customer = models.ForeignKey(
        "crm.Customer", models.PROTECT, null=True, blank=True, editable=False, related_name="tasks"
    )

    class Meta:
        ordering = ["due_on", "pk"]
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        indexes = [
            models.Index(fields=["owner", "due_on"], condition=models.Q(done_at=None), name="open_tasks"),
            models.Index(fields=["record_type", "record_id"]),
        ]

    def __str__(self):
        return self.title


class Comment(OnRecord):
    """A word among colleagues."""

    author = models.ForeignKey("crm.User", models.PROTECT, related_name="+")
    text = models.TextField(_("comment"))

    def __str__(self):
        return self.text[:60]


class Attachment(OnRecord):
    """A file kept with a record; served only to those who may see the record."""

    OWNER_PATHS = ("uploaded_by",)
    file = models.FileField(_("file"), upload_to="attachments/%Y/%m/")
    name = models.CharField(_("name"), max_length=255)
    size = models.PositiveBigIntegerField(default=0)
    uploaded_by = models.ForeignKey("crm.User", models.PROTECT, null=True, related_name="+")

    def __str__(self):
        return self.name


class Notification(models.Model):
    """A line in somebody's bell. The text is a message key with values, so that it reads in the reader's language."""

    user = models.ForeignKey("crm.User", models.CASCADE, related_name="notifications")
    text = models.CharField(max_length=300)
    values = models.JSONField(default=dict, blank=True)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["user", "-created_at"]),
            models.Index(fields=["user"], condition=models.Q(read_at=None), name="unread_notifications"),
        ]

    def __str__(self):
        from django.utils.translation import gettext

        return gettext(self.text) % self.values
