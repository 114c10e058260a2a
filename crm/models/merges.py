"""Which records became one, and which only look alike."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class MergeQuerySet(models.QuerySet):
    def live(self):
        """Those that were not undone."""
        return self.filter(undone_at=None)

    def of(self, model):
        return self.filter(record_type=model._meta.model_name)

    def survivor_key(self, model, key):
        """The key of the record that one which was merged away lives on in; None if it never was."""
        found, live = None, self.of(model).live()
        while (step := live.filter(loser_id=key).values_list("survivor_id", flat=True).first()) is not None:
            found = key = step
        return found

    def pasts_of(self, record):
        """The keys of the records that were folded into this one."""
        live, found, new = self.of(type(record)).live(), [], [record.pk]
        while new := list(live.filter(survivor_id__in=new).values_list("loser_id", flat=True)):
            found += new
        return found


class Merge(models.Model):
    """One record folded into another of its type, with what is needed to take it apart again (`crm.merging`)."""

    record_type = models.CharField(max_length=40)
    survivor_id = models.BigIntegerField()
    loser_id = models.BigIntegerField()
    title = models.CharField(_("what"), max_length=300)  # of the record that is no more
    counts = models.JSONField(default=dict)  # {record type: how many moved}
    rows = models.JSONField(default=list)  # what was taken out, the loser first (`crm.snapshots`)
    moves = models.JSONField(default=list)  # what points at the survivor since
    before = models.TextField(blank=True)  # the survivor's row
    after = models.TextField(blank=True)
    merged_by = models.ForeignKey("crm.User", models.PROTECT, null=True, related_name="+")
    merged_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()  # it can be undone
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey("crm.User", models.PROTECT, null=True, related_name="+")

    objects = MergeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["record_type", "survivor_id"])]
        constraints = [
            models.UniqueConstraint(
                fields=["record_type", "loser_id"], condition=models.Q(undone_at=None), name="merged_away_once"
            )
        ]

    def __str__(self):
        return self.title


class NotDuplicate(models.Model):
    """Somebody looked and said that these two, which look alike, are two."""

    record_type = models.CharField(max_length=40)
    one = models.BigIntegerField()  # the smaller key
    other = models.BigIntegerField()
    said_by = models.ForeignKey("crm.User", models.PROTECT, null=True, related_name="+")
    said_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record_type", "one", "other"], name="not_duplicate_once")]

    def __str__(self):
        return f"{self.record_type} {self.one} ≠ {self.other}"
