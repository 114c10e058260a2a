"""Files brought in: what they hold, how they are to be read, what became of each row, and what a run wrote."""

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import access
from crm.models.jobs import Job


class ImportRunQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own imports, and those of a type one may bring in without limits."""
        from crm.imports.kinds import KINDS

        wide = [key for key, kind in KINDS.items() if kind.sees_all(user)]
        return self.filter(models.Q(uploaded_by=user) | models.Q(kind__in=wide))


class ImportRun(models.Model):
    """A file brought in, from its upload to its result, and back if it is undone."""

    class Step(models.TextChoices):
        COLUMNS = "columns", _("Columns to be matched")
        PREVIEW = "preview", _("Preview")
        IMPORT = "import", _("Import")
        UNDO = "undo", _("Undo")

    kind = models.CharField(_("what it holds"), max_length=20)
    name = models.CharField(_("file"), max_length=255)
    digest = models.CharField(max_length=64)
    headers = models.JSONField(default=list)
    total = models.PositiveIntegerField(_("rows"), default=0)
    answers = models.JSONField(default=dict)  # crm.imports.answers says what is in it
    step = models.CharField(max_length=10, choices=Step, default=Step.COLUMNS)
    job = models.OneToOneField(Job, models.SET_NULL, null=True, related_name="import_run")
    uploaded_by = models.ForeignKey("crm.User", models.PROTECT, related_name="+", verbose_name=_("uploaded by"))
    created_at = models.DateTimeField(_("uploaded"), default=timezone.now)
    undone_at = models.DateTimeField(_("undone"), null=True)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "digest"],
                condition=models.Q(undone_at=None, step__in=["import", "undo"]),
                name="file_imported_once",
            )
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("crm:import_detail", args=[self.pk])

    @property
    def type(self):
        """The declaration of what the file holds."""
        from crm.imports.kinds import KINDS

        return KINDS[self.kind]

    @property
    def counts(self):
        """{outcome: number of rows} as planned or done."""
        found = dict(self.rows.order_by().values_list("outcome").annotate(models.Count("pk")))
        return {outcome: found.get(outcome, 0) for outcome in ImportRow.Outcome.values}

    @property
    def state(self):
        """Where it stands, in one word: columns, previewing, previewed, running, stopped, done, undoing, undone."""
        if self.undone_at:
            return "undone"
        if self.step == self.Step.COLUMNS or self.job is None:
            return "columns"
        succeeded, over = self.job.status == Job.Status.SUCCEEDED, self.job.finished
        if self.step == self.Step.PREVIEW:
            return "previewed" if succeeded else "columns" if over else "previewing"
        if self.step == self.Step.IMPORT:
            return "done" if succeeded else "stopped" if over else "running"
        return "done" if over else "undoing"

    @property
    def matchable(self):
        """May its columns still be matched? As long as nothing came of it."""
        return self.state in ("columns", "previewed")

    def owners(self):
        yield self.uploaded_by

    def allows(self, user):
        return access.allows(user, self.type.permission)


class ImportRow(models.Model):
    """One row of the file, what is to become of it, and what became of it."""

    APPEND_ONLY = True  # a report: it follows no record that is deleted or merged

    class Outcome(models.TextChoices):
        CREATED = "created", _("Created")
        UPDATED = "updated", _("Updated")
        SKIPPED = "skipped", _("Skipped")
        REFUSED = "refused", _("Refused")

    class Decision(models.TextChoices):
        SKIP = "skip", _("Skip the row")
        UPDATE = "update", _("Update the known record")
        CREATE = "create", _("Create it all the same")

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    first = models.PositiveIntegerField()  # the first row of the same record; itself where a row is a record
    cells = models.JSONField(default=list)
    done = models.BooleanField(default=False)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    reason = models.TextField(blank=True)
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    holder_type = models.CharField(max_length=40, blank=True)  # the likely duplicate
    holder_id = models.BigIntegerField(null=True)
    record_type = models.CharField(max_length=40, blank=True)
    record_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="import_row_once")]
        indexes = [
            models.Index(fields=["run", "first", "number"]),
            models.Index(fields=["run", "outcome", "number"]),
            models.Index(fields=["record_type", "record_id"]),
        ]

    def __str__(self):
        return f"{self.run} {self.number}"


class ImportTrace(models.Model):
    """A database row that an import wrote, with what is needed to take it back."""

    class Act(models.TextChoices):
        CREATED = "created"
        ATTACHED = "attached"  # a part of a created record: a line, a case
        CHANGED = "changed"

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="traces")
    row = models.PositiveIntegerField()  # of the file; what one row brought goes together
    act = models.CharField(max_length=10, choices=Act)
    model = models.CharField(max_length=60)  # crm.customer
    record_id = models.BigIntegerField()
    before = models.JSONField(default=dict)  # of a changed record: the values it had
    print = models.CharField(max_length=32)  # of the row as it was left; another one means it was worked on

    class Meta:
        indexes = [models.Index(fields=["run", "row"]), models.Index(fields=["run", "model", "record_id"])]

    def __str__(self):
        return f"{self.model} {self.record_id}"


class ImportTemplate(models.Model):
    """How a file with these headers was read last, to be proposed for the next one."""

    kind = models.CharField(max_length=20)
    headers = models.CharField(max_length=64)  # their digest
    answers = models.JSONField(default=dict)
    saved_by = models.ForeignKey("crm.User", models.CASCADE, related_name="+")
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "headers", "saved_by"], name="one_template_per_headers")]

    def __str__(self):
        return f"{self.kind} {self.headers}"
