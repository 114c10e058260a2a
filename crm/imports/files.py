"""Taking a file in: checked, read once, and its rows kept as text. Nothing is created yet."""

import hashlib
import json
from io import StringIO
from itertools import islice

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from crm import clock, sheets, uploads
from crm.access import authorize
from crm.imports import answers
from crm.imports.fields import plain_text
from crm.imports.kinds import KINDS
from crm.models import ImportRun

BATCH = 2000  # rows kept at a time
MOST_ROWS = 200_000
WIDEST = 200  # columns; more are a sign of a broken file


def receive(file, kind, *, by):
    """Take in a CSV or Excel file of this type. The same file is imported once; an unfinished one is gone on with."""
    if kind not in KINDS:
        raise ValidationError({"kind": _("There is no such choice.")})
    authorize(by, KINDS[kind].permission)
    try:
        uploads.accept(file, uploads.SHEETS)
    except ValidationError as refusal:
        raise ValidationError({"file": refusal}) from refusal
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    _refuse_repeated(kind, digest)
    unfinished = ImportRun.objects.filter(kind=kind, digest=digest, uploaded_by=by, undone_at=None).first()
    return unfinished or _take_in(file, KINDS[kind], digest, by)


def _refuse_repeated(kind, digest):
    steps = (ImportRun.Step.IMPORT, ImportRun.Step.UNDO)
    if earlier := ImportRun.objects.filter(kind=kind, digest=digest, undone_at=None, step__in=steps).first():
        params = {"who": earlier.uploaded_by, "day": clock.business_day(earlier.created_at)}
        message = _("%(who)s brought in this same file on %(day)s. Nothing was added.")
        raise ValidationError({"file": ValidationError(message, code="repeated", params=params)})


@transaction.atomic
def _take_in(file, kind, digest, by):
    file.seek(0)
    try:
        sheet = sheets.read(file, file.name)
        headers = [plain_text(header) for header in sheet.headers]
        if len(headers) > WIDEST:
            raise ValidationError(_("The file has more than %(most)s columns.") % {"most": WIDEST})
        name = file.name.replace("\0", "")[-255:]
        run = ImportRun.objects.create(kind=kind.key, name=name, digest=digest, headers=headers, uploaded_by=by)
        run.total = _keep_rows(run, sheet.rows)
    except ValidationError as refusal:
        raise ValidationError({"file": refusal}) from refusal
    run.answers = answers.propose(kind, headers, by)
    run.save(update_fields=["total", "answers"])
    return run


def _keep_rows(run, rows):
    total = 0
    while some := list(islice(rows, BATCH)):
        total += len(some)
        if total > MOST_ROWS:
            raise ValidationError(_("The file has more than %(most)s rows. Split it.") % {"most": MOST_ROWS})
        _copy(run, some)
    if not total:
        raise ValidationError(_("The file has no rows below its headers."))
    return total


COPY = """
    COPY crm_importrow (run_id, number, first, cells, done, outcome, reason, decision, holder_type, record_type)
    FROM STDIN
"""


def _copy(run, rows):
    """Keep some rows: COPY is many times quicker than INSERT, and somebody waits for it."""
    lines = []
    for number, cells in rows:
        text = json.dumps([plain_text(cell) for cell in cells[:WIDEST]], ensure_ascii=False).replace("\\", "\\\\")
        lines.append(f"{run.pk}\t{number}\t{number}\t{text}\tf\t\t\t\t\t\n")
    with connection.cursor() as cursor:
        cursor.copy_expert(COPY, StringIO("".join(lines)))
