"""What was deleted, kept for a while so that it can come back."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.shared import OwnedQuerySet, Reachable


class BinQuerySet(OwnedQuerySet):
    def waiting(self):
        """What can still be restored."""
        return self.filter(restored_at=None, until__gt=timezone.now())

    def of(self, model, key):
        return self.filter(record_type=model._meta.model_name, key=key, restored_at=None)


class BinEntry(Reachable, models.Model):
    """A deleted record with all that hung on it, as exact rows (`crm.bin`)."""

    OWNER_PATHS = ("deleted_by",)
    record_type = models.CharField(_("kind of record"), max_length=40)
    key = models.BigIntegerField()  # of the record; not named record_id, for nothing here follows the record
    title = models.CharField(_("what"), max_length=300)
    counts = models.JSONField(default=dict)  # {record type: how many went along}
    rows = models.JSONField(default=list)  # `crm.snapshots`
    moves = models.JSONField(default=list)  # links emptied meanwhile
    deleted_by = models.ForeignKey(
        "crm.User", models.PROTECT, null=True, related_name="+", verbose_name=_("deleted by")
    )
    deleted_at = models.DateTimeField(_("deleted"), default=timezone.now)
    until = models.DateTimeField(_("kept until"))
    restored_at = models.DateTimeField(null=True)
    restored_by = models.ForeignKey("crm.User", models.PROTECT, null=True, related_name="+")

    objects = BinQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("deleted record")
        verbose_name_plural = _("recycle bin")
        indexes = [models.Index(fields=["record_type", "key"]), models.Index(fields=["until"])]

    def __str__(self):
        return self.title
