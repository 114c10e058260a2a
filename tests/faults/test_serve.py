"""The one process of `make run` is killed at its work: the next start takes it up at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm import bulk
from crm.models import Event, Job
from crm.web.bulk import TASK
from tests.factories import LeadFactory
from tests.faults.processes import free_port, kill, start
from tests.faults.stops import stop_at, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def serve(tmp_path):
    """Start `manage.py serve` without any broker; whatever is left is killed at the end."""
    started = []

    def begin():
        process = start(
            "manage.py", "serve", HOST="127.0.0.1", PORT=str(free_port()), REDIS_URL="", CACHE_URL="",
            SECRET_KEY="for-this-test-only", VAR_DIR=str(tmp_path),
        )  # fmt: skip
        started.append(process)
        return process

    yield begin
    for process in started:
        kill(process)


def test_a_job_goes_on_after_a_kill_where_it_stood(people, serve):
    leads = LeadFactory.create_batch(6, owner=people["sales"], status="assigned")
    run = bulk.start(list_key="leads.lead", act="disqualify", values={"reason": ["Gone"]}, by=people["sales"],
                     keys=[lead.pk for lead in leads])  # fmt: skip
    asked = timezone.now() - timedelta(minutes=1)
    job = Job.objects.create(task=TASK, args=[run.pk], requested_by=people["sales"], run_after=asked)
    with stop_at("crm_event", f"NEW.verb = 'disqualify' AND NEW.record_id = {leads[3].pk}") as stop:
        process = serve()
        stop.wait()
        kill(process)
    assert run.outcomes.filter(result="done").count() == 3
    assert Job.objects.get().status == Job.Status.RUNNING
    serve()
    until(lambda: Job.objects.get(pk=job.pk).finished)
    assert Job.objects.get(pk=job.pk).status == Job.Status.SUCCEEDED
    assert Event.objects.filter(verb="disqualify").values("record_id").distinct().count() == 6
    assert Event.objects.filter(verb="disqualify").count() == 6
