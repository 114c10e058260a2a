"""A call sent again with its Idempotency-Key is done once and answered alike."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from crm.api import answers
from crm.models import Event, ImportRun, KeptAnswer
from leads import services
from leads.models import Lead
from tests.factories import LeadFactory

LEADS = "/api/v1/leads/"
BODY = {"company_name": "华兴制造", "phone": "13800001111"}


def post(client, body=BODY, key="k-1", path=LEADS, **more):
    return client.post(path, body, HTTP_IDEMPOTENCY_KEY=key, **more)


@pytest.mark.django_db
def test_the_same_call_again_gets_the_same_answer_and_makes_nothing_new(people, call):
    first = post(call(people["sales"]))
    again = post(call(people["sales"]))
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert {name: first[name] for name in ("ETag", "Location", "Content-Type")} == {
        name: again[name] for name in ("ETag", "Location", "Content-Type")
    }
    assert (Lead.objects.count(), again["Idempotent-Replayed"]) == (1, "true")


@pytest.mark.django_db
def test_another_body_or_path_under_the_same_key_is_refused(people, call):
    client = call(people["sales"])
    made = post(client).json()
    assert post(client, {**BODY, "phone": "13900001111"}).status_code == 422
    elsewhere = post(client, {}, path=f"{LEADS}{made['id']}/contact/")
    assert (elsewhere.status_code, elsewhere.json()["type"]) == (422, "key_reused")
    assert Lead.objects.count() == 1


@pytest.mark.django_db
def test_a_key_belongs_to_one_person(people, call):
    post(call(people["sales"]))
    assert post(call(people["colleague"])).status_code == 201
    assert Lead.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 256, "钥匙"])
def test_an_odd_key_is_refused(people, call, key):
    assert post(call(people["sales"]), key=key).status_code == 400
    assert not Lead.objects.exists()


@pytest.mark.django_db
def test_a_verb_repeated_is_done_once(people, call):
    lead = LeadFactory()
    path = f"{LEADS}{lead.pk}/claim/"
    answers = [post(call(people["sales"]), {}, path=path) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert Event.objects.filter(record_type="lead", verb="claim").count() == 1


@pytest.mark.django_db
def test_a_refusal_is_kept_and_changed_nothing(people, call):
    client = call(people["sales"])
    refused = post(client, {"company_name": ""})
    assert refused.status_code == 400
    assert post(client, {"company_name": ""}).content == refused.content
    assert KeptAnswer.objects.get().status == 400


@pytest.mark.django_db
def test_a_crash_keeps_neither_the_change_nor_the_key(people, call, monkeypatch):
    done = services.log

    def log_and_crash(lead, **how):
        done(lead, **how)
        raise RuntimeError("the machine is on fire")

    monkeypatch.setattr("leads.api.LeadViewSet.store", staticmethod(log_and_crash))
    with pytest.raises(RuntimeError):
        post(call(people["sales"]))
    assert (Lead.objects.count(), KeptAnswer.objects.count()) == (0, 0)
    monkeypatch.undo()
    assert post(call(people["sales"])).status_code == 201


@pytest.mark.django_db
def test_an_answer_is_kept_for_a_day(people, call):
    post(call(people["sales"]))
    KeptAnswer.objects.update(made_at=timezone.now() - timedelta(hours=25))
    assert post(call(people["sales"])).status_code == 201
    assert Lead.objects.count() == 2
    KeptAnswer.objects.update(made_at=timezone.now() - timedelta(hours=25))
    assert answers.forget() == 1


@pytest.mark.django_db
def test_the_same_file_sent_again_is_one_import(people, call):
    client = call(people["marketing"])
    for boundary in ("one", "two"):
        file = SimpleUploadedFile("leads.csv", "公司,电话\n华兴制造,13800001111\n".encode(), content_type="text/csv")
        sent = post(client, {"file": file, "kind": "leads"}, path="/api/v1/imports/", format="multipart")
        assert sent.status_code == 201, (boundary, sent.content)
    assert ImportRun.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_make_one_record_and_get_fifty_equal_answers(people):
    def send(_number):
        client = APIClient()
        client.force_authenticate(people["sales"])
        try:
            answer = post(client)
            return answer.status_code, answer.content
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        told = list(pool.map(send, range(50)))
    assert set(told) == {told[0]}
    assert told[0][0] == 201
    assert Lead.objects.count() == 1
