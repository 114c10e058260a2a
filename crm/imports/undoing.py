"""Taking a whole import back: what it created goes, what it changed gets its values again, exactly.

A record that was worked on since stays, with everything its row brought; so does what it stands on.
"""

from collections import defaultdict

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from crm import events, hanging, jobs, search
from crm.access import authorize
from crm.imports.running import imported, tell
from crm.imports.writing import PRINT, table_of
from crm.models import Event, ExternalId, ImportRun, ImportTrace, SearchEntry

UNDO = "crm.imports.undo"
CHUNK = 2000  # traces taken back at a time
NAMED = 100  # records named that stand in the way
Act = ImportTrace.Act
OUR_OWN = (SearchEntry, ExternalId)  # these go with their record


@transaction.atomic
def undo(run, *, rest=False, by):
    """Take the import back in the background. Refused while records were worked on since, unless `rest` says that
    those shall stay and the others go."""
    authorize(by, run.type.permission)
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    if run.state not in ("done", "stopped"):
        raise ValidationError(_("Only an import that has come to its end can be undone."))
    if not rest and (found := in_the_way(run)):
        words = ", ".join(f"{record} ({reason})" for record, reason in found[:5])
        raise ValidationError(
            _("Records of this import were worked on since: %(records)s"), code="worked_on", params={"records": words}
        )
    run.step, run.job = ImportRun.Step.UNDO, jobs.enqueue(UNDO, run.pk, by=by)
    run.save(update_fields=["step", "job"])
    return run


def in_the_way(run):
    """[(record, why it stays)] of the records that were worked on since; the first hundred of them."""
    found = {}
    for _row, label, key, reason in _blocked(run.traces.all()):
        found.setdefault((label, key), reason)
        if len(found) == NAMED:
            break
    by_label = defaultdict(list)
    for label, key in found:
        by_label[label].append(key)
    rows = {
        (label, key): record
        for label, keys in by_label.items()
        for key, record in apps.get_model(label)._base_manager.in_bulk(keys).items()
    }
    return [(rows.get(what) or Gone(*what), reason) for what, reason in found.items()]


class Gone:
    """A record that is no longer there."""

    def __init__(self, label, key):
        self._meta, self.pk = apps.get_model(label)._meta, key

    def __str__(self):
        return f"{self._meta.verbose_name} {self.pk}"


@jobs.task(UNDO, gettext_lazy("Undo an import"), queue="long")
def take_back(job, run_id):
    """Go backwards through the traces, a transaction at a time. Safe to run twice."""
    run = ImportRun.objects.get(pk=run_id)
    total, kept = run.traces.count(), set()
    jobs.progress(job, 0, total)
    with events.source(Event.Source.IMPORT):
        while rows := _next_rows(run, kept):
            kept |= _take_back(run, job, rows)
            jobs.progress(job, total - run.traces.count(), total)
    imported.send(ImportRun, run=run)
    if not kept:
        ImportRun.objects.filter(pk=run.pk).update(undone_at=timezone.now())
    tell(run, gettext_noop("The import of %(file)s is undone"))
    return {"kept": len(kept), "url": run.get_absolute_url()}


def _next_rows(run, kept):
    """The last rows of the file that still have traces."""
    traces = run.traces.exclude(row__in=kept).order_by("-pk").values_list("row", flat=True)[:CHUNK]
    return set(traces)


@transaction.atomic
def _take_back(run, job, rows):
    """Take back what these rows brought; returns the rows that stay because they were worked on."""
    stay = set()
    traces = run.traces.filter(row__in=rows)
    while blocked := {row for row, *_what in _blocked(traces.exclude(row__in=stay))}:
        stay |= blocked
    gone = list(traces.exclude(row__in=stay).order_by("-pk"))
    _put_back([trace for trace in gone if trace.act == Act.CHANGED], run, job)
    _remove([trace for trace in gone if trace.act != Act.CHANGED], run, job)
    ImportTrace.objects.filter(pk__in=[trace.pk for trace in gone]).delete()
    return stay


def _remove(traces, run, job):
    by_label = defaultdict(list)
    for trace in traces:
        by_label[trace.model].append(trace)
    for label, some in by_label.items():
        model, keys = apps.get_model(label), [trace.record_id for trace in some]
        if some[0].act == Act.CREATED:
            _tell_gone(model, keys, run, job)
        name = model._meta.model_name
        SearchEntry.objects.filter(record_type=name, record_id__in=keys).delete()
        ExternalId.objects.filter(record_type=name, record_id__in=keys).delete()
    for label, some in by_label.items():
        rows = apps.get_model(label)._base_manager.filter(pk__in=[trace.record_id for trace in some])
        rows._raw_delete(rows.db)


def _tell_gone(model, keys, run, job):
    rows = model._base_manager.filter(pk__in=keys)
    events.write_all(
        events.build(
            row, "import_undone", by=job.requested_by, was=getattr(row, "status", ""),
            data={"text": f"{row} · {run.name}"[:300], "import": run.pk},
        )
        for row in rows
    )  # fmt: skip


def _put_back(traces, run, job):
    for trace in traces:
        model = apps.get_model(trace.model)
        values = {name: _value(model, name, value) for name, value in trace.before.items()}
        row = model._base_manager.get(pk=trace.record_id)
        names = {field.attname: field.name for field in model._meta.concrete_fields}
        changes = {
            names[name]: [_plain(getattr(row, name)), _plain(value)]
            for name, value in values.items()
            if name not in ("version", "updated_at")
        }
        model._base_manager.filter(pk=row.pk).update(**values)
        row.refresh_from_db()
        search.index(row)
        data = {"changes": changes, "text": run.name, "import": run.pk}
        events.write(row, "changed", by=job.requested_by, data=data)


def _value(model, name, text):
    field = next(field for field in model._meta.concrete_fields if field.attname == name)
    return None if text is None else field.to_python(text)


def _plain(value):
    return value if isinstance(value, int | bool | list | type(None)) else str(value)


# What stands in the way


def _blocked(traces):
    """(row, model, key, reason) of the records that were changed since, or have something hung on them."""
    for label in list(traces.order_by().values_list("model", flat=True).distinct()):
        mine = traces.filter(model=label).order_by()
        for row, key, reason in [*_changed(label, mine), *_hung(label, mine, traces), *_stuck(label, mine)]:
            yield row, label, key, reason


def _changed(label, traces):
    sql, params = traces.values("row", "record_id", "print").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT trace.row, trace.record_id, stored.id IS NULL FROM ({sql}) AS trace (row, record_id, print) "  # noqa: S608 - our own SQL
            f"LEFT JOIN {table_of(label)} AS stored ON stored.id = trace.record_id "
            f"WHERE stored.id IS NULL OR {PRINT} <> trace.print",
            params,
        )
        return [(row, key, _("deleted since") if gone else _("changed since")) for row, key, gone in cursor.fetchall()]


def _hung(label, traces, all_traces):
    """Created records that something points at which is not going with them."""
    model, created = apps.get_model(label), traces.exclude(act=Act.CHANGED)
    keys = created.values("record_id")
    for link in hanging.links(model):
        if link.model is Event:
            continue
        going = all_traces.filter(model=link.model._meta.label_lower).exclude(act=Act.CHANGED).values("record_id")
        rows = link.model._base_manager.filter(**{f"{link.attname}__in": keys}).exclude(pk__in=going)
        yield from _rows_of(created, rows.values_list(link.attname, flat=True), link.model._meta.verbose_name)
    for other in hanging.work_types():
        if other in OUR_OWN:
            continue
        rows = other._base_manager.filter(record_type=model._meta.model_name, record_id__in=keys)
        yield from _rows_of(created, rows.values_list("record_id", flat=True), other._meta.verbose_name)


def _rows_of(traces, keys, what):
    keys = set(keys.order_by().distinct())
    if keys:
        for row, key in traces.filter(record_id__in=keys).values_list("row", "record_id"):
            yield row, key, _("something hangs on it: %(what)s") % {"what": what}


def _stuck(label, traces):
    """Created records that their type holds fast for a reason of its own."""
    from crm.imports.kinds import of_model

    if kind := of_model(apps.get_model(label)):
        reasons = kind.stuck(traces.exclude(act=Act.CHANGED).values("record_id"))
        if reasons:
            for row, key in traces.filter(record_id__in=reasons).values_list("row", "record_id"):
                yield row, key, reasons[key]
