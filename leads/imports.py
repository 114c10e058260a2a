"""Leads from a file: taken in, matched to columns, and created in the background, each row once and whole."""

import hashlib
from itertools import islice

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crm import clock, events, jobs, search, sheets, uploads, work
from crm.access import authorize
from crm.duplicates import Taken
from crm.models import Case, Event, ExternalId, Job
from crm.models.stage import assign_numbers
from leads import import_fields
from leads.models import ImportRow, Lead, LeadImport

TASK = "leads.import"
CHUNK = 500  # rows saved at a time: one transaction each, so that a stop costs little
SAMPLE = 5  # rows shown while the columns are matched
Outcome = ImportRow.Outcome

# Taking a file in


def receive(file, *, by):
    """Take in a CSV or Excel file. Nothing is created yet; a file that was imported before is refused."""
    authorize(by, "leads.import_lead")
    try:
        uploads.accept(file, uploads.SHEETS)
    except ValidationError as refusal:
        raise ValidationError({"file": refusal}) from refusal
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    if earlier := LeadImport.objects.filter(digest=digest).first():
        return _again(earlier, by)
    headers, sample, total = _look_into(file)
    file.seek(0)
    received, new = LeadImport.objects.get_or_create(
        digest=digest,
        defaults={
            "file": file,
            "name": file.name[-255:],
            "headers": headers,
            "sample": sample,
            "total": total,
            "columns": import_fields.match(headers),
            "uploaded_by": by,
        },
    )
    return received if new else _again(received, by)


def _again(earlier, by):
    """The same file once more: go on where its columns wait to be matched, else say when it was imported."""
    if earlier.job_id is None and earlier.uploaded_by_id == by.pk:
        return earlier
    params = {"who": earlier.uploaded_by, "day": clock.business_day(earlier.created_at)}
    message = _("%(who)s brought in this same file on %(day)s. Nothing was added.")
    raise ValidationError({"file": ValidationError(message, code="repeated", params=params)})


def _look_into(file):
    """(headers, first rows, number of rows) of a file that holds at least one row."""
    file.seek(0)
    try:
        sheet = sheets.read(file, file.name)
        sample, total = [], 0
        for _number, cells in sheet.rows:
            total += 1
            if total <= SAMPLE:
                sample.append([import_fields.text(cell) for cell in cells])
    except ValidationError as refusal:
        raise ValidationError({"file": refusal}) from refusal
    if not total:
        raise ValidationError({"file": _("The file has no rows below its headers.")})
    return [str(header) for header in sheet.headers], sample, total


@transaction.atomic
def start(lead_import, *, columns, campaign=None, channel="", system="", by):
    """Begin with these columns. As long as no lead came of it, one may match anew and begin again."""
    authorize(by, "leads.import_lead")
    lead_import = LeadImport.objects.select_for_update().get(pk=lead_import.pk)
    if not lead_import.startable:
        raise ValidationError(_("This file is imported already."))
    if "company_name" not in columns:
        raise ValidationError({"company_name": _("Say which column holds the company.")})
    lead_import.rows.all().delete()
    lead_import.columns, lead_import.campaign = columns, campaign
    lead_import.channel, lead_import.system = channel, system
    return _enqueue(lead_import, by)


@transaction.atomic
def resume(lead_import, *, by):
    """Go on with an import that was called off or failed; rows already dealt with stay as they are."""
    authorize(by, "leads.import_lead")
    lead_import = LeadImport.objects.select_for_update().get(pk=lead_import.pk)
    if not lead_import.resumable:
        raise ValidationError(_("This import is not interrupted."))
    return _enqueue(lead_import, by)


def _enqueue(lead_import, by):
    lead_import.job = jobs.enqueue(TASK, lead_import.pk, by=by)
    Job.objects.filter(pk=lead_import.job.pk).update(total=lead_import.total)
    lead_import.save()
    return lead_import


# Doing it


def run(lead_import, job):
    """Create the leads, going on after the last row that was dealt with. Safe to run twice."""
    after = lead_import.rows.aggregate(last=Max("number"))["last"] or 0
    done = lead_import.rows.count()
    jobs.progress(job, done, lead_import.total)
    with events.source(Event.Source.IMPORT), translation.override(_language(lead_import)):
        for rows in _chunks(lead_import, after):
            take(lead_import, rows)
            done += len(rows)
            jobs.progress(job, done, lead_import.total)
    work.notify(
        lead_import.uploaded_by,
        gettext_noop("The import of %(file)s is finished"),
        url=lead_import.get_absolute_url(),
        file=lead_import.name,
    )
    return {**lead_import.counts, "url": lead_import.get_absolute_url()}


def _language(lead_import):
    return lead_import.uploaded_by.language or settings.LANGUAGE_CODE


def _chunks(lead_import, after):
    """The rows of the file below the given one, some at a time, never all in memory."""
    with lead_import.file.open("rb") as file:
        rest = (row for row in sheets.read(file, lead_import.name).rows if row[0] > after)
        while chunk := list(islice(rest, CHUNK)):
            yield chunk


@transaction.atomic
def take(lead_import, rows):
    """Deal with some rows: all of them or, if something breaks, none."""
    read = [_read(lead_import, number, cells) for number, cells in rows]
    _skip_known(lead_import, read)
    _refuse_duplicates(lead_import, read)
    _create(lead_import, [row for row in read if row.outcome == Outcome.CREATED])
    ImportRow.objects.bulk_create(read)


def _read(lead_import, number, cells):
    """A row with the lead it describes, or with the reason why it describes none."""
    values = import_fields.values_of(cells, lead_import.columns)
    row = ImportRow(lead_import=lead_import, number=number, outcome=Outcome.CREATED)
    row.all_cells = [import_fields.text(cell) for cell in cells]
    row.external_id = import_fields.text(values.get("external_id"))[:200] if lead_import.system else ""
    row.described = None
    try:
        row.described = import_fields.lead_from(values, lead_import)
    except ValidationError as refusal:
        _turn_away(row, Outcome.REFUSED, import_fields.reason(refusal))
    return row


def _turn_away(row, outcome, reason):
    row.outcome, row.reason, row.cells = outcome, reason, row.all_cells


def _accepted(rows):
    return [row for row in rows if row.outcome == Outcome.CREATED]


def _skip_known(lead_import, rows):
    """What already came from that system under this id is left as it is."""
    asked = [row.external_id for row in _accepted(rows) if row.external_id]
    ids = ExternalId.objects.filter(system=lead_import.system, record_type="lead", external_id__in=asked)
    known = set(ids.values_list("external_id", flat=True))
    for row in _accepted(rows):
        if row.external_id in known:
            _turn_away(row, Outcome.SKIPPED, _("Already here under its id %(id)s.") % {"id": row.external_id})
        elif row.external_id:
            known.add(row.external_id)


def _refuse_duplicates(lead_import, rows):
    """A phone or e-mail that somebody already has, or that stood further up in the file."""
    taken = Taken.among([(row.described.phone, row.described.email) for row in _accepted(rows)])
    for row in _accepted(rows):
        lead = row.described
        holder = taken.holder(lead.phone, lead.email)
        if holder is None:
            taken.add(row, lead.phone, lead.email)
        else:
            _turn_away(row, Outcome.REFUSED, _already(holder, lead_import))


def _already(holder, lead_import):
    """Where a phone or e-mail is known from."""
    if isinstance(holder, Lead):
        holder = ImportRow.objects.filter(lead=holder, lead_import=lead_import).first() or holder
    if isinstance(holder, ImportRow):
        return _("Same phone or e-mail as row %(row)s.") % {"row": holder.number}
    owner = next((owner for owner in holder.owners() if owner), None)
    what = f"{holder._meta.verbose_name} {getattr(holder, 'number', '') or holder.pk}"
    if owner is None:
        return _("Phone or e-mail is known already: %(what)s.") % {"what": what}
    return _("Phone or e-mail is known already: %(what)s of %(owner)s.") % {"what": what, "owner": owner}


def _create(lead_import, rows):
    """Save the leads of these rows with case, number, search entry, event and external id, a few queries in all."""
    leads = [row.described for row in rows]
    cases = Case.objects.bulk_create([Case(created_at=lead.created_at) for lead in leads])
    assign_numbers(Lead, leads)
    for row, lead, case in zip(rows, leads, cases, strict=True):
        lead.case, row.lead_id = case, lead.pk
    Lead.objects.bulk_create(leads)
    search.index(*leads)
    Event.objects.bulk_create([_born(row, lead_import) for row in rows])
    ExternalId.objects.bulk_create(
        ExternalId(system=lead_import.system, external_id=row.external_id, record_type="lead", record_id=row.lead_id)
        for row in rows
        if row.external_id
    )


def _born(row, lead_import):
    text = _("%(file)s, row %(row)s") % {"file": lead_import.name, "row": row.number}
    return events.build(
        row.described,
        "created",
        by=lead_import.uploaded_by,
        now=row.described.status,
        occurred_at=row.described.created_at,
        data={"text": text},
    )
