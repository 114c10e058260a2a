"""Background work that is never lost and never done twice at the same time.

`enqueue` writes a Job row in the caller's transaction; the message to the workers goes out after commit. Should the
process die in between, or a worker die at work, the sweep finds the unfinished row and sends it again. A database lock
held while working makes two workers on one job impossible, and frees itself when a worker dies.
"""

import logging
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from celery import shared_task
from django.db import connection, transaction
from django.http import Http404
from django.utils import timezone
from kombu.exceptions import OperationalError

from crm import events
from crm.access import authorize
from crm.models import Event, Job

logger = logging.getLogger(__name__)
TASKS = {}
MAX_ATTEMPTS = 5
LOCK_SPACE = 7001  # keeps our advisory locks apart from anybody else's


@dataclass(frozen=True)
class Task:
    """A kind of background work. Its function takes the Job and its arguments, and must be safe to run twice."""

    key: str
    title: str
    function: Callable
    every: object = None  # a celery schedule or a number of seconds, for work by the clock
    queue: str = "short"


class Cancelled(Exception):
    """The person who asked for the job has called it off."""


def task(key, title, *, every=None, queue="short"):
    """Declare a function as background work."""

    def register(function):
        TASKS[key] = Task(key, title, function, every, queue)
        return function

    return register


def enqueue(key, *args, by=None, run_after=None):
    """Ask for work. The row commits or rolls back with the change that asks for it."""
    job = Job.objects.create(
        task=key, args=list(args), requested_by=by if by and by.pk else None, run_after=run_after or timezone.now()
    )
    if run_after is None:
        transaction.on_commit(lambda: send(job))
    return job


def send(job):
    """Hand a job to the workers; a broker that is away is no error, the sweep sends again."""
    try:
        run.apply_async([job.pk], queue=TASKS[job.task].queue)
    except OperationalError:
        logger.warning("Broker out of reach; job %s waits for the sweep.", job.pk)


@contextmanager
def alone(job_id):
    """Hold the job's lock, if nobody else does; a dead worker's lock frees itself with its connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_SPACE, job_id])
        got = cursor.fetchone()[0]
    try:
        yield got
    finally:
        if got:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_SPACE, job_id])


@shared_task(name="crm.jobs.run")
def run(job_id):
    """Do one job, unless it is finished or somebody is at it."""
    with alone(job_id) as got:
        job = Job.objects.filter(pk=job_id).first() if got else None
        if job is None or job.finished or job.run_after > timezone.now():
            return
        if job.cancel_requested:
            return finish(job, Job.Status.CANCELLED)
        if job.attempts >= MAX_ATTEMPTS:
            job.error = job.error or "Each worker that took this job died at it."
            return finish(job, Job.Status.FAILED)
        job.status, job.attempts = Job.Status.RUNNING, job.attempts + 1
        job.started_at = timezone.now()
        job.save(update_fields=["status", "attempts", "started_at"])
        _work(job)


def _work(job):
    try:
        with events.source(Event.Source.JOB):
            result = TASKS[job.task].function(job, *job.args)
    except Cancelled:
        finish(job, Job.Status.CANCELLED)
    except Exception as error:
        logger.exception("Job %s (%s) failed.", job.pk, job.task)
        _fail(job, error)
    else:
        finish(job, Job.Status.SUCCEEDED, result=result if isinstance(result, dict) else {})


def _fail(job, error):
    job.error = f"{type(error).__name__}: {error}"[:2000]
    if job.attempts >= MAX_ATTEMPTS:
        return finish(job, Job.Status.FAILED)
    job.status = Job.Status.QUEUED
    job.run_after = timezone.now() + timedelta(seconds=10 * 4**job.attempts)
    job.save(update_fields=["status", "error", "run_after"])


def finish(job, status, result=None):
    job.status, job.finished_at = status, timezone.now()
    if result is not None:
        job.result, job.error = {**job.result, **result}, ""
    job.save(update_fields=["status", "finished_at", "result", "error"])


def progress(job, done, total=None):
    """Say how far the work is; raises Cancelled when it has been called off."""
    job.progress, job.total = done, job.total if total is None else total
    Job.objects.filter(pk=job.pk).update(progress=job.progress, total=job.total)
    if Job.objects.filter(pk=job.pk, cancel_requested=True).exists():
        raise Cancelled


def cancel(job, *, by):
    """Call a job off: at once while it waits, at its next step while it runs."""
    authorize(by, "crm.cancel_job", job)
    Job.objects.filter(pk=job.pk).update(cancel_requested=True)
    Job.objects.filter(pk=job.pk, status=Job.Status.QUEUED).update(
        status=Job.Status.CANCELLED, finished_at=timezone.now()
    )


def retry(job, *, by):
    """Run a failed job again from its beginning."""
    authorize(by, "crm.cancel_job", job)
    again = Job.objects.filter(pk=job.pk, status__in=[Job.Status.FAILED, Job.Status.CANCELLED])
    if again.update(
        status=Job.Status.QUEUED, attempts=0, cancel_requested=False, finished_at=None, run_after=timezone.now()
    ):
        send(job)


def run_now(key, *, by):
    """Start a piece of scheduled work now; while one is unfinished, that one is the answer."""
    if key not in TASKS or not TASKS[key].every:
        raise Http404
    authorize(by, "crm.run_job")
    with transaction.atomic():
        unfinished = Job.objects.filter(task=key, status__in=["queued", "running"], args=[]).first()
        return unfinished or enqueue(key, by=by)


def next_run(task):
    """When the clock starts this work next; None for work that is only asked for."""
    if not task.every:
        return None
    if isinstance(task.every, int | float):
        last = Job.objects.filter(task=task.key).order_by("-pk").values_list("created_at", flat=True).first()
        return max(timezone.now(), (last or timezone.now()) + timedelta(seconds=task.every))
    return timezone.now() + task.every.remaining_estimate(timezone.now())


@shared_task(name="crm.jobs.sweep")
def sweep():
    """Send again what is due and unfinished: lost messages, dead workers, retries. Safe at any time."""
    due = timezone.now() - timedelta(seconds=10)
    unfinished = Job.objects.filter(status__in=[Job.Status.QUEUED, Job.Status.RUNNING], run_after__lte=due)
    for job in unfinished.order_by("run_after")[:500]:
        send(job)


@shared_task(name="crm.jobs.by_the_clock")
def by_the_clock(key):
    """Start a piece of scheduled work, unless the last one of its kind is still unfinished."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK_SPACE + 1, key])
        if Job.objects.filter(task=key, status__in=["queued", "running"], args=[]).exists():
            return
        enqueue(key)
