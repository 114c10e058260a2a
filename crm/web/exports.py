"""A filtered list as a file, formulas neutralised: a small one at once, a large one as a job. Each leaves a trace."""

import tempfile
from datetime import timedelta
from itertools import islice
from pathlib import Path

from celery.schedules import crontab
from django.core.files import File
from django.db import transaction
from django.http import FileResponse, StreamingHttpResponse
from django.http.response import Http404
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import strip_tags
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from crm import events, jobs, sheets, tags, work
from crm.models import Export
from crm.web.columns import TAGS

TASK = "crm.export"
AT_ONCE = 1000  # rows; more are written by a job
KEPT_DAYS = 7
STEP = 1000  # rows between two words about the progress


def cells(columns, queryset, user):
    """The rows as plain values; amounts stay empty where the person may not see them."""
    tagged = any(column.name == TAGS for column in columns)
    for chunk in batched(queryset.iterator(chunk_size=STEP), STEP):
        if tagged:
            tags.attach(chunk)
        for record in chunk:
            yield [plain(column.told(record, user)) for column in columns]


def batched(rows, size):
    """The rows in lists of this size."""
    rows = iter(rows)
    while chunk := list(islice(rows, size)):
        yield chunk


def plain(value):
    return strip_tags(value) if isinstance(value, SafeString) else value


def file_name(model):
    return f"{model._meta.model_name}-{timezone.localdate():%Y%m%d}"


def headers_of(model, columns):
    return [column.title(model) for column in columns]


@transaction.atomic
def note(list_key, query, kind, number, by):
    """Write down that somebody takes these rows out of the house."""
    if kind not in Export.Kind.values:
        raise Http404
    export = Export.objects.create(owner=by, list_key=list_key, query=query, kind=kind, rows=number)
    told = {"list": list_key, "query": query, "kind": kind, "rows": number}
    events.write(export, "exported", by=by, data=told)
    return export


@transaction.atomic
def start(list_key, query, kind, number, by):
    """Have a job write the file; the bell rings when it is there."""
    export = note(list_key, query, kind, number, by)
    export.job = jobs.enqueue(TASK, export.pk, by=by)
    export.save(update_fields=["job"])
    return export


@jobs.task(TASK, _("Export a list"), queue="long")
def write_file(job, export_pk):
    """The list as it is now, in the language of who asked for it. Begun again, it is written anew."""
    from crm.web.bulk import Asked
    from crm.web.lists import pages_of

    export = Export.objects.select_related("owner__team").get(pk=export_pk)
    url = reverse("crm:export_detail", args=[export.pk])
    with translation.override(export.owner.language or translation.get_language()):
        pages = pages_of(export.list_key)(Asked(export.owner, export.query))
        pages.may("view")
        columns, rows = pages.exported()
        export.rows = rows.order_by().values("pk").count()
        lines = reported(cells(columns, rows, export.owner), job, export.rows)
        with tempfile.TemporaryFile() as file:
            write(headers_of(pages.model, columns), lines, export.kind, file)
            keep(export, File(file, name=f"{file_name(pages.model)}.{export.kind}"))
    work.notify(export.owner, gettext_noop("Your export of %(rows)s rows is ready"), url=url, rows=export.rows)
    return {"url": url, "rows": export.rows}


def reported(lines, job, total):
    """The lines as they come, telling now and then how far it is; called off, it ends here."""
    jobs.progress(job, 0, total)
    for number, line in enumerate(lines, start=1):
        yield line
        if number % STEP == 0:
            jobs.progress(job, number, max(total, number))


def write(headers, lines, kind, file):
    if kind == Export.Kind.XLSX:
        sheets.write_xlsx(headers, lines, file)
    else:
        for piece in sheets.write_csv(headers, lines):
            file.write(piece.encode())
    file.seek(0)


def keep(export, file):
    if export.file:
        export.file.delete(save=False)
    export.expires_at = timezone.now() + timedelta(days=KEPT_DAYS)
    export.file.save(file.name, file, save=True)


@jobs.task("crm.forget_exports", _("Delete exported files after a week"), every=crontab(hour=4, minute=50))
def forget(job):
    """The trace stays, the file goes; also one whose writer died before its name was kept."""
    last = timezone.now() - timedelta(days=KEPT_DAYS)
    old = Export.objects.filter(expires_at__lt=timezone.now()).exclude(file="")
    for export in old:
        export.file.delete(save=True)
    return {"deleted": len(old) + _delete_before(last)}


def _delete_before(moment):
    folder = Path(Export._meta.get_field("file").storage.path("exports"))
    old = [file for file in folder.rglob("*") if file.is_file() and file.stat().st_mtime < moment.timestamp()]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)


def as_in_the_request(pieces):
    """A stream is made after the request's end; still each piece is in its reader's time zone and language."""
    zone, language = timezone.get_current_timezone(), translation.get_language()

    def stream():
        while True:
            with timezone.override(zone), translation.override(language):
                piece = next(pieces, None)
            if piece is None:
                return
            yield piece

    return stream()


def rows_response(headers, rows, name, kind):
    """Rows as a download `name.kind`, CSV or XLSX."""
    filename = f"{name}.{kind}"
    if kind == "csv":
        pieces = as_in_the_request(sheets.write_csv(headers, rows))
        response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = content_disposition_header(True, filename)
        return response
    if kind != "xlsx":
        raise Http404
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the response
    sheets.write_xlsx(headers, rows, file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=filename)
