"""Bringing in files in tests: from their text to what became of them."""

from django.core.files.uploadedfile import SimpleUploadedFile

from crm import jobs
from crm.imports import answers, files, running, undoing
from crm.models import Job


def upload(text, name="展会名单.csv", encoding="utf-8"):
    return SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode(encoding))


def receive(kind, text, by, encoding="utf-8", name="展会名单.csv"):
    return files.receive(upload(text, name, encoding), kind, by=by)


def work_off(run):
    jobs.run(run.job.pk)
    run.refresh_from_db()
    assert run.job.status == Job.Status.SUCCEEDED, run.job.error
    return run


def look_ahead(kind, text, by, encoding="utf-8", name="展会名单.csv", **said):
    """The run with its preview made."""
    run = answers.give(receive(kind, text, by, encoding, name), by=by, **said)
    return work_off(running.preview(run, by=by))


def bring_in(kind, text, by, encoding="utf-8", name="展会名单.csv", **said):
    return work_off(running.start(look_ahead(kind, text, by, encoding, name, **said), by=by))


def take_back(run, by, **options):
    return work_off(undoing.undo(run, by=by, **options))


def outcomes(run):
    return [(row.number, row.outcome) for row in run.rows.all()]


def reason(run, number):
    return run.rows.get(number=number).reason
