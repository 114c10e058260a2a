"""Real Celery workers on a real PostgreSQL and Redis, killed at their work: nothing is lost, nothing done twice."""

import csv
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from billing.bank import statements
from billing.models import BankAccount, BankLine, BankStatement, Invoice
from contracts.models import Instalment
from crm import bulk, jobs
from crm.celery import app
from crm.imports import files, running
from crm.models import Event, Export, ImportRun, Job, Notification, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from crm.web import bulk as many
from crm.web import exports
from crm.webhooks import delivering, services
from leads import services as leads
from leads.models import Lead
from tests.api.receiver import receiver  # noqa: F401
from tests.factories import LeadFactory, signed_contract
from tests.faults.processes import Broker, Worker, publishing_to
from tests.faults.stops import stop_at, until

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def one_worker(folder):
    if not configured.REDIS_URL:
        pytest.fail("These tests need REDIS_URL.")
    worker = Worker(MEDIA_ROOT=str(folder))
    yield worker
    worker.kill()


@pytest.fixture
def worker(one_worker, folder, settings):
    """One worker at a time, which messages of the tests reach; it lives on into the next test."""
    settings.MEDIA_ROOT = folder
    with publishing_to(configured.REDIS_URL):
        one_worker.start()
        yield one_worker
        app.control.purge()
        until(lambda: not unfinished().exists())


def unfinished():
    waiting = Job.objects.filter(run_after__lte=timezone.now())
    return waiting.filter(status__in=[Job.Status.QUEUED, Job.Status.RUNNING])


def taken_up_again(job):
    """Some time later the sweep comes by; the job as it is when it has ended."""
    Job.objects.filter(pk=job.pk).update(run_after=timezone.now() - timedelta(minutes=1))
    jobs.sweep()
    return ended(job)


def ended(job):
    until(lambda: Job.objects.get(pk=job.pk).finished)
    return Job.objects.get(pk=job.pk)


@pytest.fixture
def disqualified(people):
    """A bulk act on twenty leads: the job, and the leads in the order in which they are dealt with."""
    found = LeadFactory.create_batch(20, owner=people["sales"], status="assigned")
    run = bulk.start(list_key="leads.lead", act="disqualify", values={"reason": ["Gone"]}, by=people["sales"],
                     keys=[lead.pk for lead in found])  # fmt: skip
    return run, found


def at_the_twelfth(found):
    return f"NEW.record_type = 'lead' AND NEW.verb = 'disqualify' AND NEW.record_id = {found[11].pk}"


def all_disqualified_once(run, found):
    assert set(run.outcomes.values_list("result", flat=True)) == {"done"}
    events = Event.objects.filter(verb="disqualify").order_by("record_id").values_list("record_id", flat=True)
    assert list(events) == [lead.pk for lead in found]
    assert Notification.objects.filter(text__contains="Bulk act finished").count() == 1


def test_a_bulk_act(people, worker, disqualified):
    run, found = disqualified
    with stop_at("crm_event", at_the_twelfth(found)) as stop:
        job = jobs.enqueue(many.TASK, run.pk, by=people["sales"])
        stop.wait()
        worker.kill()
    assert Lead.objects.filter(status="disqualified").count() == 11
    worker.start()
    assert taken_up_again(job).status == Job.Status.SUCCEEDED
    all_disqualified_once(run, found)


def test_a_bulk_act_whose_worker_loses_its_connection_to_the_database(people, worker, disqualified):
    run, found = disqualified
    with stop_at("crm_event", at_the_twelfth(found)) as stop:
        job = jobs.enqueue(many.TASK, run.pk, by=people["sales"])
        stop.cut()
    until(lambda: Job.objects.filter(pk=job.pk, status=Job.Status.QUEUED).exclude(error="").exists())
    assert taken_up_again(job).status == Job.Status.SUCCEEDED
    all_disqualified_once(run, found)


def test_an_export(people, worker, folder):
    LeadFactory.create_batch(30, owner=people["sales"], status="assigned")
    with stop_at("crm_export", "NEW.file <> ''") as stop:  # the file is written, its name not yet kept
        export = exports.start("leads.lead", "status=assigned&columns=company_name", "csv", 30, people["sales"])
        stop.wait()
        worker.kill()
        stop.cut()
    assert not Export.objects.get().file
    worker.start()
    assert taken_up_again(export.job).status == Job.Status.SUCCEEDED
    with Export.objects.get().file.open("rb") as file:
        rows = list(csv.reader(file.read().decode("utf-8-sig").splitlines()))
    assert sorted(row[0] for row in rows[1:]) == sorted(Lead.objects.values_list("company_name", flat=True))
    assert Notification.objects.filter(text__contains="export").count() == 1


def test_an_import(people, worker):
    count = 2 * 1000 + 200
    rows = "\n".join(f"公司{number},联系人{number},139{number:08d}" for number in range(count))
    file = SimpleUploadedFile("leads.csv", f"公司,联系人,电话\n{rows}\n".encode())
    received = files.receive(file, "leads", by=people["marketing"])
    running.preview(received, by=people["marketing"])
    until(lambda: ImportRun.objects.get().state == "previewed")
    with stop_at("leads_lead", "NEW.phone LIKE '%1500'") as stop:
        started = running.start(received, by=people["marketing"])
        stop.wait()
        worker.kill()
    assert Lead.objects.count() == 1000
    worker.start()
    assert taken_up_again(started.job).status == Job.Status.SUCCEEDED
    assert Lead.objects.count() == Lead.objects.values("phone").distinct().count() == count
    assert Event.objects.filter(record_type="lead", verb="created").count() == count
    assert not Lead.objects.filter(case=None).exists()


def test_a_bank_statement(people, worker):
    count = 1200
    lines = "\n".join(f'20260304,,"{number + 1}.00",,云帆,6217,转账,货款,IC{number}' for number in range(count))
    text = f"交易日期,借方发生额,贷方发生额,余额,对方户名,对方账号,摘要,用途,交易流水号\n{lines}\n"
    account = BankAccount.objects.create(name="Main", bank="ICBC", number="6222021234567890123", currency="CNY")
    statement = statements.receive(account, file=SimpleUploadedFile("a.csv", text.encode()), by=people["finance"])
    with stop_at("billing_bankline", "NEW.position = 1100") as stop:
        started = statements.start(statement, columns=statement.columns, by=people["finance"])
        stop.wait()
        worker.kill()
    assert BankLine.objects.count() == 1000
    worker.start()
    assert taken_up_again(started.job).status == Job.Status.SUCCEEDED
    assert (BankStatement.objects.get().status, BankStatement.objects.get().added) == ("imported", count)
    assert BankLine.objects.values("reference").distinct().count() == BankLine.objects.count() == count
    assert Event.objects.filter(record_type="bankline", verb="created").count() == count
    assert Notification.objects.filter(text__contains="bank statement").count() == 1


def test_webhooks(people, worker, receiver):  # noqa: F811
    receiver.ready.clear()
    endpoint = WebhookEndpoint(url=receiver.url, acts_as=people["boss"])
    services.save_endpoint(endpoint, by=people["admin"])
    lead = leads.log(LeadFactory.build(case=None), by=people["marketing"])
    until(lambda: receiver.received)  # it has read the message, and the worker waits for its answer
    worker.kill()
    receiver.ready.set()
    leads.claim(lead, by=people["sales"])
    assert not WebhookAttempt.objects.exists()
    worker.start()
    WebhookDelivery.objects.filter(attempts=1).update(leased_until=timezone.now())  # as after a minute
    delivering.sweep()
    until(lambda: not WebhookDelivery.objects.exclude(status="succeeded").exists())
    ids = [headers["webhook-id"] for headers, _body, _code in receiver.received]
    assert ids[0] == ids[1] and len(set(ids[1:])) == len(ids[1:]) == WebhookDelivery.objects.count()
    assert receiver.kinds == ["lead.created", "lead.created", "lead.claimed"]


@pytest.fixture
def due(people):
    """Four contracts, each with an instalment that falls due today."""
    return [signed_contract(owner=people["sales"]) for _number in range(4)]


def by_the_clock(key):
    jobs.by_the_clock(key)
    return Job.objects.get(task=key)


def test_requesting_the_invoices_that_fall_due(worker, due):
    with stop_at("billing_invoice", f"NEW.contract_id = {due[2].pk}") as stop:
        job = by_the_clock("billing.request_due")
        stop.wait()
        worker.kill()
    assert Invoice.objects.count() == 2
    worker.start()
    assert taken_up_again(job).status == Job.Status.SUCCEEDED
    assert sorted(Invoice.objects.values_list("contract", flat=True)) == [contract.pk for contract in due]
    assert Event.objects.filter(record_type="invoice", verb="created").count() == 4


def test_reminding_of_due_instalments(people, worker, due):
    with stop_at("crm_notification", f"NEW.url = '{due[2].get_absolute_url()}'") as stop:
        job = by_the_clock("contracts.remind_instalments")
        stop.wait()
        worker.kill()
    assert Instalment.objects.exclude(reminded_at=None).count() == 2
    worker.start()
    assert taken_up_again(job).status == Job.Status.SUCCEEDED
    told = Notification.objects.filter(text__contains="falls due").order_by("url").values_list("url", "user")
    everybody = {people["sales"].pk, people["finance"].pk}
    assert sorted(told) == sorted((contract.get_absolute_url(), key) for contract in due for key in everybody)


def test_a_message_that_the_broker_lost_is_sent_again_by_the_sweep(people, worker):
    job = Job.objects.create(task="feedback.send_surveys")
    assert taken_up_again(job).attempts == 1


@pytest.fixture
def broker():
    broker = Broker()
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def its_worker(broker, folder):
    worker = Worker(MEDIA_ROOT=str(folder), REDIS_URL=broker.url)
    with publishing_to(broker.url):
        worker.start()
        yield worker
    worker.kill()


def test_the_broker_dies_with_the_messages_it_had_and_comes_back(broker, its_worker):
    first = jobs.enqueue("feedback.send_surveys")
    ended(first)
    broker.kill()
    while_away = [jobs.enqueue("feedback.send_surveys"), jobs.enqueue("feedback.expire_surveys")]
    jobs.sweep()
    broker.start()
    for job in while_away:
        again = taken_up_again(job)
        assert (again.status, again.attempts) == (Job.Status.SUCCEEDED, 1)
    assert Job.objects.get(pk=first.pk).attempts == 1
