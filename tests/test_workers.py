"""Real Celery workers on a real PostgreSQL and Redis; one of them is killed in the middle of its work."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from crm import jobs
from crm.celery import app
from crm.imports import files, running
from crm.models import Event, ImportRun, Job
from leads.models import Lead

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
ROWS = 6000


@pytest.fixture(autouse=True)
def through_the_broker(settings):
    """Messages really go to Redis, and nothing is left there."""
    if not configured.REDIS_URL:
        pytest.fail("These tests need REDIS_URL.")
    app.conf.task_always_eager = False
    app.control.purge()
    yield
    app.control.purge()
    app.conf.task_always_eager = True


@pytest.fixture
def worker(settings):
    """Start workers against the test database: `worker()`; whatever is left is killed at the end."""
    found = connection.settings_dict
    place = f"{found['HOST']}:{found['PORT'] or 5432}/{found['NAME']}"
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgres://{found['USER']}:{found['PASSWORD']}@{place}",
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
    }
    started = []

    def start():
        command = [sys.executable, "-m", "celery", "-A", "crm", "worker", "-Q", "short,long", "--pool", "solo"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "Nothing happened in time."
        time.sleep(0.02)


def test_a_worker_killed_in_the_middle_of_an_import_leaves_no_half_row_and_no_row_twice(people, worker):
    rows = "\n".join(f"公司{number},联系人{number},139{number:08d}" for number in range(ROWS))
    file = SimpleUploadedFile("leads.csv", f"公司,联系人,电话\n{rows}\n".encode())
    received = files.receive(file, "leads", by=people["marketing"])
    running.preview(received, by=people["marketing"])

    first = worker()
    until(lambda: ImportRun.objects.get().state == "previewed")
    started = running.start(received, by=people["marketing"])
    until(Lead.objects.exists)
    first.send_signal(signal.SIGKILL)
    first.wait()
    at_death = Lead.objects.count()
    assert 0 < at_death < ROWS

    worker()
    Job.objects.filter(pk=started.job_id).update(run_after=timezone.now() - timedelta(minutes=1))
    jobs.sweep()
    until(lambda: Job.objects.get(pk=started.job_id).finished)
    assert Job.objects.get(pk=started.job_id).status == Job.Status.SUCCEEDED
    assert Lead.objects.count() == Lead.objects.values("phone").distinct().count() == ROWS
    assert Event.objects.filter(record_type="lead", verb="created").count() == ROWS
    assert not Lead.objects.filter(case=None).exists()


def test_a_message_that_the_broker_lost_is_sent_again_by_the_sweep(people, worker):
    job = jobs.enqueue("feedback.send_surveys")
    app.control.purge()
    worker()
    Job.objects.filter(pk=job.pk).update(run_after=timezone.now() - timedelta(minutes=1))
    jobs.sweep()
    until(lambda: Job.objects.get(pk=job.pk).status == Job.Status.SUCCEEDED)
    assert Job.objects.get(pk=job.pk).attempts == 1
