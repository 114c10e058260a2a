"""The example client of the documentation, against the running product."""

import importlib.util

import pytest
import requests
from django.conf import settings

from crm import people as office
from crm.models import WebhookEndpoint
from crm.webhooks import services
from leads.models import Lead
from tests.api.receiver import receiver  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
FILE = settings.BASE_DIR / "docs" / "example_client.py"
NEW = {"company_name": "华兴制造", "phone": "13800001111"}


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("example_client", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def client(example, people, live_server):
    _token, key = office.make_token(name="example", may_write=True, by=people["sales"])
    return example.Client(live_server.url, key, wait=0)


def test_a_call_whose_answer_got_lost_is_sent_again_and_done_once(client, monkeypatch):
    send, calls = client.session.request, []

    def lossy(*args, **options):
        calls.append(options["headers"]["Idempotency-Key"])
        answer = send(*args, **options)
        if len(calls) == 1:
            raise requests.ConnectionError("the answer got lost")
        return answer

    monkeypatch.setattr(client.session, "request", lossy)
    made = client.create("leads", **NEW)
    assert (made["id"], len(set(calls)), len(calls)) == (Lead.objects.get().pk, 1, 2)


def test_all_pages_are_read(client):
    made = {client.create("leads", company_name=f"客户{n}", phone=f"1380000{n:04d}")["id"] for n in range(5)}
    found = [lead["id"] for lead in client.all("leads", page_size=2)]
    assert (len(found), set(found)) == (5, made)


def test_a_change_by_somebody_else_in_between_is_seen_before_deciding(client):
    lead, seen = client.create("leads", **NEW), []

    def decide(record):
        if not seen:
            client.call("PATCH", f"/leads/{lead['id']}/", json={"need": "10 seats"})
        seen.append(record["need"])
        return {"need": f"{record['need']} + support"}

    assert client.change("leads", lead["id"], decide)["need"] == "10 seats + support"
    assert seen == ["", "10 seats"]


def test_an_act_is_done_and_a_refusal_is_raised(client):
    lead = client.create("leads", **NEW)
    assert client.act("leads", lead["id"], "contact", kind="call", summary="20 seats")["status"] == "contacted"
    with pytest.raises(requests.HTTPError) as refused:
        client.act("leads", lead["id"], "claim")
    assert refused.value.response.status_code in (403, 409)


def test_a_webhook_is_verified_and_a_forged_one_is_not(example, people, receiver):  # noqa: F811
    endpoint = WebhookEndpoint(url=receiver.url, acts_as=people["boss"])
    services.save_endpoint(endpoint, by=people["admin"])
    services.send_test(endpoint, by=people["admin"])
    headers, body, _code = receiver.received[0]
    assert example.is_genuine(headers, body, endpoint.shown_secret)
    assert not example.is_genuine(headers, body + b" ", endpoint.shown_secret)
    assert not example.is_genuine({**headers, "webhook-timestamp": "1"}, body, endpoint.shown_secret)
