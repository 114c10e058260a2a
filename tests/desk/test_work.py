"""Follow-ups, tasks, comments, files, jobs and notifications, on pages and over the API."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from crm import jobs
from crm.models import Attachment, Comment, FollowUp, Job, Notification, Task
from tests.factories import CustomerFactory, LeadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(people):
    return LeadFactory(owner=people["sales"], status="assigned")


def test_a_call_note_with_its_next_step_takes_one_post(people, browse, lead):
    note = {"kind": "call", "summary": "Wants 20 seats", "next_step": "Send offer", "next_on": "2030-01-02"}
    browse(people["sales"]).post(f"/leads/{lead.pk}/follow-up/", note)
    assert FollowUp.objects.get().case == lead.case
    assert str(Task.objects.get().due_on) == "2030-01-02"


def test_an_empty_note_is_refused_and_what_was_typed_stays(people, browse, lead):
    answer = browse(people["sales"]).post(f"/leads/{lead.pk}/follow-up/", {"kind": "call", "next_step": "Send offer"})
    assert answer.status_code == 422
    assert "Send offer" in answer.content.decode()


def test_a_strangers_record_takes_no_note(people, browse, lead):
    answer = browse(people["stranger"]).post(f"/leads/{lead.pk}/follow-up/", {"kind": "call", "summary": "x"})
    assert answer.status_code == 404


def test_a_comment_tells_the_owner(people, browse, lead):
    browse(people["manager"]).post(f"/leads/{lead.pk}/comment/", {"text": "Call them today"})
    assert Comment.objects.get().text == "Call them today"
    assert Notification.objects.get().user == people["sales"]


def test_files_are_downloads_for_those_who_see_the_record(people, browse, lead):
    upload = SimpleUploadedFile("offer.pdf", b"%PDF-1.4")
    browse(people["sales"]).post(f"/leads/{lead.pk}/attach/", {"file": upload})
    address = f"/leads/{lead.pk}/files/{Attachment.objects.get().pk}/"
    answer = browse(people["sales"]).get(address)
    assert "attachment" in answer["Content-Disposition"]
    assert browse(people["stranger"]).get(address).status_code == 404


def test_programs_are_not_accepted_as_files(people, browse, lead):
    upload = SimpleUploadedFile("run.exe", b"MZ")
    assert browse(people["sales"]).post(f"/leads/{lead.pk}/attach/", {"file": upload}).status_code == 422
    assert not Attachment.objects.exists()


def test_a_task_is_added_and_ticked_off(people, browse):
    client = browse(people["sales"])
    client.post("/tasks/", {"title": "Write offer", "owner": people["sales"].pk})
    task = Task.objects.get()
    assert "Write offer" in client.get("/tasks/").content.decode()
    client.post(f"/tasks/{task.pk}/done/")
    task.refresh_from_db()
    assert task.done_at


def test_a_task_for_a_colleague_rings_their_bell(people, browse):
    browse(people["sales"]).post("/tasks/", {"title": "Check stock", "owner": people["colleague"].pk})
    page = browse(people["colleague"]).get("/notifications/").content.decode()
    assert "Check stock" in page


def test_another_persons_task_is_not_mine_to_tick(people, browse):
    task = Task.objects.create(title="x", owner=people["colleague"])
    assert browse(people["sales"]).post(f"/tasks/{task.pk}/done/").status_code == 404


def test_follow_ups_over_the_api(people, call, lead):
    note = {"record_type": "lead", "record_id": lead.pk, "kind": "visit", "summary": "Met"}
    answer = call(people["sales"]).post("/api/v1/follow-ups/", note)
    assert answer.status_code == 201, answer.json()
    assert call(people["sales"]).get("/api/v1/follow-ups/?count=true").json()["count"] == 1
    assert call(people["stranger"]).get("/api/v1/follow-ups/?count=true").json()["count"] == 0
    assert call(people["stranger"]).post("/api/v1/follow-ups/", note).status_code == 400


def test_tasks_over_the_api(people, call):
    made = call(people["sales"]).post("/api/v1/tasks/", {"title": "Write offer"}).json()
    answer = call(people["sales"]).post(f"/api/v1/tasks/{made['id']}/complete/")
    assert answer.json()["done_at"]


def test_customers_over_the_api(people, call):
    made = call(people["sales"]).post("/api/v1/customers/", {"name": "华兴制造"})
    assert made.status_code == 201, made.json()
    assert made.json()["owner"] == people["sales"].pk
    customer = CustomerFactory(owner=people["stranger"])
    assert call(people["sales"]).patch(f"/api/v1/customers/{customer.pk}/", {"name": "X"}).status_code == 404
    assert call(people["operations"]).patch(f"/api/v1/customers/{customer.pk}/", {"name": "X"}).status_code == 403


def test_a_contact_can_only_join_a_customer_one_sees(people, call):
    customer = CustomerFactory(owner=people["stranger"])
    answer = call(people["sales"]).post("/api/v1/contacts/", {"customer": customer.pk, "name": "张伟"})
    assert answer.status_code == 400
    assert "customer" in answer.json()["errors"]


def test_the_jobs_page_is_for_admins(people, browse):
    Job.objects.create(task="leads.recycle", status="failed", error="Exploded.")
    assert "Exploded." in browse(people["admin"]).get("/jobs/").content.decode()
    assert "Exploded." not in browse(people["sales"]).get("/jobs/").content.decode()


def test_an_admin_starts_scheduled_work_now(people, browse):
    jobs.TASKS["t.clock"] = jobs.Task("t.clock", "Clock", lambda job: {}, every=60)
    try:
        assert browse(people["sales"]).post("/jobs/run/t.clock/").status_code == 403
        browse(people["admin"]).post("/jobs/run/t.clock/")
        assert Job.objects.filter(task="t.clock").count() == 1
    finally:
        del jobs.TASKS["t.clock"]


def test_a_failed_job_is_run_again_by_its_owner(people, browse):
    job = Job.objects.create(task="t.gone", status="failed", requested_by=people["sales"])
    jobs.TASKS["t.gone"] = jobs.Task("t.gone", "Gone", lambda job: {})
    try:
        browse(people["sales"]).post(f"/jobs/{job.pk}/retry/")
    finally:
        del jobs.TASKS["t.gone"]
    job.refresh_from_db()
    assert job.status == "succeeded"
    assert browse(people["colleague"]).get(f"/jobs/{job.pk}/").status_code == 404
