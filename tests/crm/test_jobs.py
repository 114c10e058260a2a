"""Background work: never lost, never done by two at once."""

from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone

from crm import jobs
from crm.models import Job

pytestmark = pytest.mark.django_db(transaction=True)
done = []


@pytest.fixture(autouse=True)
def kinds_of_work():
    """Three kinds of work that exist for these tests alone."""
    done.clear()

    def fail(job):
        raise RuntimeError("broken")

    def steps(job):
        jobs.progress(job, 1, total=2)
        done.append("stepped")

    for key, function in (("t.note", lambda job, word: done.append(word)), ("t.fail", fail), ("t.steps", steps)):
        jobs.TASKS[key] = jobs.Task(key, key, function)
    yield
    for key in ("t.note", "t.fail", "t.steps"):
        del jobs.TASKS[key]


def test_work_starts_after_the_change_is_committed():
    with transaction.atomic():
        job = jobs.enqueue("t.note", "hello")
        assert done == []
    job.refresh_from_db()
    assert (done, job.status) == (["hello"], Job.Status.SUCCEEDED)


def test_work_asked_for_in_a_change_that_fails_never_starts():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        jobs.enqueue("t.note", "hello")
        raise ZeroDivisionError
    jobs.sweep()
    assert done == []


def test_a_job_whose_message_was_lost_is_swept_up_once():
    Job.objects.create(task="t.note", args=["found"], run_after=timezone.now() - timedelta(minutes=1))
    jobs.sweep()
    jobs.sweep()
    assert done == ["found"]


def test_a_job_at_which_every_worker_dies_is_given_up():
    job = Job.objects.create(
        task="t.note", args=["deadly"], status=Job.Status.RUNNING, attempts=jobs.MAX_ATTEMPTS,
        run_after=timezone.now() - timedelta(minutes=1),
    )  # fmt: skip
    jobs.sweep()
    job.refresh_from_db()
    assert (done, job.status) == ([], Job.Status.FAILED)
    assert "died" in job.error


def test_a_job_whose_worker_died_runs_again():
    Job.objects.create(
        task="t.note", args=["again"], status=Job.Status.RUNNING, run_after=timezone.now() - timedelta(minutes=1)
    )
    jobs.sweep()
    assert done == ["again"]


def test_two_workers_never_do_the_same_job():
    job = Job.objects.create(task="t.note", args=["once"])
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [jobs.LOCK_SPACE, job.pk])
        jobs.run(job.pk)
        assert done == []
        cursor.execute("SELECT pg_advisory_unlock_all()")
    other.close()
    jobs.run(job.pk)
    jobs.run(job.pk)
    assert done == ["once"]


def test_a_failing_job_is_tried_again_later_and_gives_up_in_the_end():
    job = Job.objects.create(task="t.fail")
    for _attempt in range(jobs.MAX_ATTEMPTS):
        Job.objects.filter(pk=job.pk).update(run_after=timezone.now())
        jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.attempts) == (Job.Status.FAILED, jobs.MAX_ATTEMPTS)
    assert "broken" in job.error


def test_a_job_called_off_stops_at_its_next_step(people):
    job = Job.objects.create(task="t.steps", cancel_requested=False, requested_by=people["sales"])
    jobs.cancel(job, by=people["sales"])
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, done) == (Job.Status.CANCELLED, [])


def test_scheduled_work_does_not_pile_up():
    Job.objects.create(task="t.note", status=Job.Status.RUNNING)
    jobs.by_the_clock("t.note")
    assert Job.objects.filter(task="t.note").count() == 1


def test_finished_jobs_are_forgotten_after_ninety_days():
    long_ago = timezone.now() - timedelta(days=91)
    Job.objects.create(task="t.note", status=Job.Status.SUCCEEDED, finished_at=long_ago)
    kept = Job.objects.create(task="t.note", status=Job.Status.FAILED, finished_at=timezone.now())
    unfinished = Job.objects.create(task="t.note", created_at=long_ago)
    jobs.TASKS["crm.clean_up"].function(None)
    assert set(Job.objects.all()) == {kept, unfinished}


def test_everything_declared_with_a_rhythm_is_on_the_clock():
    from crm.celery import app

    scheduled = {entry["args"][0] for entry in app.conf.beat_schedule.values() if entry.get("args")}
    assert scheduled >= {key for key, task in jobs.TASKS.items() if task.every}
