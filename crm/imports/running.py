"""The way through a file in the background: looking ahead, then doing it, each row once and whole."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.dispatch import Signal
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from crm import access, events, jobs, work
from crm.access import authorize
from crm.imports import answers, batches
from crm.imports.batches import Batch, Outcome
from crm.imports.judging import ROW, judge
from crm.imports.writing import Book
from crm.models import Event, ImportRow, ImportRun, Job

PREVIEW, IMPORT = "crm.imports.preview", "crm.imports.run"
imported = Signal()  # records came in or went back: run
Step = ImportRun.Step

# Asking for it


@transaction.atomic
def preview(run, *, by):
    """Look ahead over the whole file: what would become of each row. Nothing is written."""
    run = _held(run, by)
    if not run.matchable:
        raise ValidationError(_("This file is imported already, or an import of it is under way."))
    answers.check(run)
    return _enqueue(run, Step.PREVIEW, PREVIEW, by)


@transaction.atomic
def start(run, *, by):
    """Do what the preview showed."""
    run = _held(run, by)
    if run.state != "previewed":
        raise ValidationError(_("Look at the preview first; then it can be imported."))
    try:
        with transaction.atomic():
            return _enqueue(run, Step.IMPORT, IMPORT, by)
    except IntegrityError as twice:
        raise ValidationError(_("This file is imported already, or an import of it is under way.")) from twice


@transaction.atomic
def resume(run, *, by):
    """Go on with an import that was called off or failed; rows already dealt with stay as they are."""
    run = _held(run, by)
    if run.state != "stopped":
        raise ValidationError(_("This import is not interrupted."))
    return _enqueue(run, Step.IMPORT, IMPORT, by)


def _held(run, by):
    authorize(by, run.type.permission)
    return ImportRun.objects.select_for_update().get(pk=run.pk)


def _enqueue(run, step, task, by):
    run.step, run.job = step, jobs.enqueue(task, run.pk, by=by)
    Job.objects.filter(pk=run.job.pk).update(total=run.total)
    run.save(update_fields=["step", "job"])
    return run


@transaction.atomic
def decide(run, *, decision, numbers=None, by):
    """Say what is to become of likely duplicates: of these rows, or of all of them."""
    run = _held(run, by)
    if run.state != "previewed":
        raise ValidationError(_("Look at the preview first; then it can be imported."))
    if decision not in ImportRow.Decision.values:
        raise ValidationError({"decision": _("There is no such choice.")})
    rows = run.rows.filter(first__in=run.rows.filter(holder_id__isnull=False).values("first"))
    rows = rows if numbers is None else rows.filter(first__in=run.rows.filter(number__in=numbers).values("first"))
    if decision == ImportRow.Decision.UPDATE:
        mine = run.rows.filter(holder_type=run.type.model._meta.model_name).values("first")
        rows = rows.filter(first__in=mine) if run.type.keys else rows.none()
    planned = {"skip": Outcome.SKIPPED, "update": Outcome.UPDATED, "create": Outcome.CREATED}[decision]
    return rows.update(decision=decision, outcome=planned)


# Doing it


@jobs.task(PREVIEW, gettext_lazy("Look ahead over a file"), queue="long")
def look_ahead(job, run_id):
    run = ImportRun.objects.get(pk=run_id)
    put_together(run)
    with _speaking(run):
        for batch, rows in _walk(run, job, write=False):
            store(judge(batch, rows))
    return {"url": run.get_absolute_url()}


@jobs.task(IMPORT, gettext_lazy("Import a file"), queue="long")
def bring_in(job, run_id):
    """Create and change the records, going on after what was dealt with. Safe to run twice."""
    run = ImportRun.objects.get(pk=run_id)
    with _speaking(run), events.source(Event.Source.IMPORT):
        for batch, rows in _walk(run, job, write=True):
            take(batch, rows)
    imported.send(ImportRun, run=run)
    tell(run, gettext_noop("The import of %(file)s is finished"))
    return {**run.counts, "url": run.get_absolute_url()}


def _walk(run, job, *, write):
    batch = Batch(run, run.uploaded_by, write=write)
    access.authorize(batch.by, batch.kind.permission)
    done = run.rows.filter(done=True).count() if write else 0
    jobs.progress(job, done, run.total)
    for rows in batches.chunks(run, only_open=write):
        yield batch, rows
        done += len(rows)
        jobs.progress(job, done, run.total)


@transaction.atomic
def take(batch, rows):
    """Deal with some rows: all of them or, if something breaks, none."""
    units = judge(batch, rows)
    book, kind = Book(batch), batch.kind
    kind.create(book, [unit for unit in units if unit.outcome == Outcome.CREATED])
    kind.update(book, [unit for unit in units if unit.outcome == Outcome.UPDATED])
    book.name([unit for unit in units if unit.open])
    book.close()
    store(units, done=True)


def _speaking(run):
    """Reasons are written in the language of who reads them."""
    return translation.override(run.uploaded_by.language or settings.LANGUAGE_CODE)


def tell(run, text):
    work.notify(run.uploaded_by, text, url=run.get_absolute_url(), file=run.name)


# Keeping what became of the rows

TOGETHER = """
    UPDATE crm_importrow SET first = found.first, done = false, outcome = '', reason = '',
        holder_type = '', holder_id = NULL, record_type = '', record_id = NULL
    FROM (SELECT id, min(number) OVER (PARTITION BY coalesce(nullif(lower(trim(cells->>%s)), ''), '#' || id)) AS first
        FROM crm_importrow WHERE run_id = %s) AS found
    WHERE crm_importrow.id = found.id
"""


def put_together(run):
    """Rows that describe one record know the first of them."""
    column = answers.Answers(run).columns.get(run.type.group, 10_000)
    with connection.cursor() as cursor:
        cursor.execute(TOGETHER, [column, run.pk])


STORE = """
    UPDATE crm_importrow SET done = %s, outcome = new.outcome, reason = new.reason,
        holder_type = new.holder_type, holder_id = new.holder_id,
        record_type = new.record_type, record_id = new.record_id
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::bigint[])
        AS new (id, outcome, reason, holder_type, holder_id, record_type, record_id)
    WHERE crm_importrow.id = new.id
"""


def store(units, done=False):
    """Write down what became, or would become, of the rows: one statement."""
    columns = list(zip(*(_told(unit, row) for unit in units for row in unit.rows), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(STORE, [done, *map(list, columns)])


def _told(unit, row):
    reason = unit.reasons.get(row.number, "")
    if unit.reasons and not reason:
        reason = capfirst(_("see row %(row)s, which belongs to it.") % {"row": min(unit.reasons)})
    holder_type, holder_id = _likely(unit)
    record = unit.record if unit.open else None
    return (
        row.pk, unit.outcome, reason, holder_type, holder_id,
        record._meta.model_name if record is not None else "", record.pk if record is not None else None,
    )  # fmt: skip


def _likely(unit):
    """The likely duplicate: a record, or a row further up."""
    if unit.holder is not None:
        return unit.holder._meta.model_name, unit.holder.pk
    return (ROW, unit.above) if unit.above else ("", None)
