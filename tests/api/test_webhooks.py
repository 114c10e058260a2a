"""Webhooks: every event arrives, signed, in order per case, once the other side wants it again."""

import socket
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from crm.access import SYSTEM
from crm.models import Event, Notification, WebhookDelivery, WebhookEndpoint
from crm.webhooks import delivering, kinds, secrets, services, target
from leads import services as leads
from tests.api.receiver import receiver  # noqa: F401
from tests.factories import LeadFactory, issued_invoice

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def endpoint(people, receiver):  # noqa: F811
    return register(people, receiver.url)


def register(people, url, acts_as="boss", **values):
    endpoint = WebhookEndpoint(url=url, acts_as=people[acts_as], **values)
    return services.save_endpoint(endpoint, by=people["admin"])


def work_on(people, **values):
    """A lead that is logged, claimed and given up: three events of one case."""
    lead = leads.log(LeadFactory.build(case=None, **values), by=people["marketing"])
    leads.claim(lead, by=people["sales"])
    leads.disqualify(lead, reason="spam", by=people["sales"])
    return lead


def pass_time():
    """As if the waiting were over."""
    now = timezone.now()
    WebhookDelivery.objects.filter(status="queued").update(due_at=now, leased_until=now)
    delivering.sweep()


def test_what_happens_is_told_in_order_with_a_signature(people, endpoint, receiver):  # noqa: F811
    lead = work_on(people)
    assert receiver.kinds == ["lead.created", "lead.claimed", "lead.disqualified"]
    headers, body, _code = receiver.received[1]
    expected = secrets.signature(endpoint.shown_secret, headers["webhook-id"], headers["webhook-timestamp"], body)
    assert headers["webhook-signature"] == expected
    message = receiver.messages[headers["webhook-id"]]
    event = Event.objects.get(verb="claim")
    assert (message["id"], message["case"], message["to_state"]) == (event.pk, lead.case_id, "assigned")
    assert message["record"]["number"] == lead.number
    assert message["record"]["api_url"].endswith(f"/api/v1/leads/{lead.pk}/")


def test_only_the_events_asked_for_are_told(people, receiver):  # noqa: F811
    register(people, receiver.url, event_types=["lead.claimed"])
    work_on(people)
    assert receiver.kinds == ["lead.claimed"]


def test_nothing_is_told_that_the_acting_person_may_not_see(people, receiver):  # noqa: F811
    register(people, receiver.url, acts_as="stranger")
    lead = leads.log(LeadFactory.build(case=None, owner=people["sales"]), by=people["sales"])
    assert receiver.kinds == []
    assert WebhookDelivery.objects.get(event__record_id=lead.pk).status == "ignored"


def test_amounts_are_not_told_to_whom_they_are_not_shown(people, receiver):  # noqa: F811
    register(people, receiver.url, acts_as="service", event_types=["invoice.changed", "invoice.issued"])
    issued_invoice(owner=people["sales"])
    assert receiver.messages
    assert all(message["data"].keys() <= {"issued_number"} for message in receiver.messages.values())


def test_what_is_rolled_back_is_never_told(people, endpoint, receiver):  # noqa: F811
    with pytest.raises(PermissionDenied):
        leads.log(LeadFactory.build(case=None), by=people["operations"])
    assert not receiver.received
    assert not WebhookDelivery.objects.exists()


def test_a_failure_holds_back_its_own_case_and_no_other(people, endpoint, receiver):  # noqa: F811
    receiver.answers = [500]
    work_on(people)
    assert receiver.kinds == []
    assert len(receiver.received) == 1
    other = work_on(people, phone="13900009999")
    assert receiver.kinds == ["lead.created", "lead.claimed", "lead.disqualified"]
    assert {message["case"] for message in receiver.messages.values()} == {other.case_id}
    pass_time()
    assert receiver.kinds[3:] == ["lead.created", "lead.claimed", "lead.disqualified"]


def test_a_receiver_that_fails_and_then_replays_ends_in_the_same_state(people, endpoint, receiver):  # noqa: F811
    made = [work_on(people, phone=f"1390000{n:04d}") for n in range(3)]
    truth, first = dict(receiver.state), Event.objects.earliest("pk")
    receiver.state.clear()
    receiver.messages.clear()
    receiver.answers = [503, 500, 404]
    services.replay(endpoint, from_event=first.pk, by=people["admin"])
    for _round in range(3):
        pass_time()
    assert receiver.state == truth == {("lead", lead.pk): "disqualified" for lead in made}
    assert len(receiver.messages) == WebhookDelivery.objects.count() == 9


def test_events_from_before_the_webhook_can_be_sent_too(people, receiver):  # noqa: F811
    work_on(people)
    endpoint = register(people, receiver.url)
    services.replay(endpoint, from_event=1, by=people["admin"])
    assert receiver.kinds == ["lead.created", "lead.claimed", "lead.disqualified"]


def test_a_message_sent_again_keeps_its_id(people, endpoint, receiver):  # noqa: F811
    work_on(people)
    services.send_again(WebhookDelivery.objects.earliest("pk"), by=people["admin"])
    ids = [headers["webhook-id"] for headers, _body, _code in receiver.received]
    assert ids[3] == ids[0]


def test_after_three_days_of_trying_it_is_given_up_and_the_owner_told(people, endpoint, receiver):  # noqa: F811
    assert timedelta(days=3) <= sum(delivering.WAITS, timedelta()) <= timedelta(days=4)
    receiver.answers = [500] * 10
    services.send_test(endpoint, by=people["admin"])
    for _attempt in range(9):
        pass_time()
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.attempts, delivery.tries.count()) == ("failed", 10, 10)
    assert Notification.objects.filter(user=people["admin"]).count() == 1


@pytest.mark.parametrize(("code", "days"), [(410, 0), (500, 6)])
def test_an_address_that_is_gone_or_fails_for_days_is_switched_off(people, endpoint, receiver, code, days):  # noqa: F811
    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(days=days))
    receiver.answers = [code]
    services.send_test(endpoint, by=people["admin"])
    endpoint.refresh_from_db()
    assert (endpoint.active, bool(endpoint.disabled_reason)) == (False, True)
    work_on(people)
    assert len(receiver.received) == 1


def test_an_answer_ends_the_time_of_failing(people, endpoint, receiver):  # noqa: F811
    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(days=6))
    services.send_test(endpoint, by=people["admin"])
    endpoint.refresh_from_db()
    assert (endpoint.failing_since, endpoint.active) == (None, True)


def test_after_a_change_of_secret_both_sign_for_a_day(people, endpoint, receiver):  # noqa: F811
    old, new = endpoint.shown_secret, services.rotate(endpoint, by=people["admin"])
    services.send_test(endpoint, by=people["admin"])
    headers, body, _code = receiver.received[-1]
    args = (headers["webhook-id"], headers["webhook-timestamp"], body)
    assert headers["webhook-signature"].split() == [secrets.signature(secret, *args) for secret in (new, old)]
    WebhookEndpoint.objects.update(previous_until=timezone.now())
    services.send_test(endpoint, by=people["admin"])
    assert len(receiver.received[-1][0]["webhook-signature"].split()) == 1


def test_the_signature_is_that_of_the_standard():
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    signed = secrets.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_secrets_are_not_readable_in_the_database(people, endpoint):
    stored = WebhookEndpoint.objects.values_list("secret", flat=True).get()
    assert endpoint.shown_secret not in stored
    assert secrets.open_sealed(stored) == endpoint.shown_secret


def test_a_message_a_dead_worker_held_is_sent_by_the_next(people, endpoint, receiver, monkeypatch):  # noqa: F811
    monkeypatch.setattr(delivering, "attempt", lambda delivery: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        services.send_test(endpoint, by=people["admin"])
    monkeypatch.undo()
    delivering.sweep()
    assert not receiver.received  # it is still leased
    pass_time()
    assert receiver.kinds == ["webhook.tested"]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "https://127.0.0.1/", "https://[::1]/", "https://10.1.2.3/", "https://localhost/",
        "https://169.254.169.254/latest/", "https://[::ffff:10.0.0.1]/", "https://user@example.com/", "ftp://a/", "x",
        "https://[64:ff9b::a00:1]/", "https://0.0.0.0/", "https://[broken/", "https://example.com:99999/",
    ],
)  # fmt: skip
def test_addresses_of_private_networks_are_refused(people, url):
    with pytest.raises(ValidationError):
        register(people, url)


@pytest.mark.parametrize("ip", ["127.0.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd00::1", "224.0.0.1"])
def test_a_name_that_leads_into_a_private_network_is_not_connected_to(monkeypatch, ip):
    entries = [(socket.AF_INET, 1, 6, "", (address, 443)) for address in ("93.184.216.34", ip)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: entries)
    monkeypatch.setattr(socket.socket, "connect", lambda *args: pytest.fail("connected"))
    with pytest.raises(target.Unreachable, match="private"):
        target.post("https://hooks.example.com/", b"{}", {})


def test_redirects_are_not_followed(people, endpoint, receiver):  # noqa: F811
    receiver.answers = [302]
    services.send_test(endpoint, by=people["admin"])
    assert [code for _headers, _body, code in receiver.received] == [302]
    assert WebhookDelivery.objects.get().status == "queued"


def test_only_an_administrator_registers_webhooks(people, receiver):  # noqa: F811
    with pytest.raises(PermissionDenied):
        services.save_endpoint(WebhookEndpoint(url=receiver.url, acts_as=people["boss"]), by=people["boss"])


def test_every_kind_of_event_has_a_name_of_its_own():
    found = [kind for listed in kinds.all_kinds().values() for kind, _label in listed]
    assert len(found) == len(set(found)) > 100
    assert {"invoice.issued", "lead.qualified", "delivery.shipped", "opportunity.won", "quote.submitted"} <= set(found)


def test_the_api_shows_the_secret_once_and_tells_of_each_attempt(people, call, receiver):  # noqa: F811
    client = call(people["admin"])
    made = client.post("/api/v1/webhooks/", {"url": receiver.url, "acts_as": people["boss"].pk})
    assert made.status_code == 201, made.content
    address = f"/api/v1/webhooks/{made.json()['id']}/"
    assert made.json()["secret"].startswith("whsec_")
    assert "secret" not in client.get(address).json()
    assert client.post(f"{address}rotate/").json()["secret"] != made.json()["secret"]
    sent = client.post(f"{address}test/").json()
    told = client.get(f"/api/v1/webhook-deliveries/{sent['id']}/").json()
    assert (told["status"], told["tries"][0]["code"], told["tries"][0]["answer"]) == ("succeeded", 200, "ok")
    assert client.post(f"/api/v1/webhook-deliveries/{sent['id']}/replay/").status_code == 200
    assert client.post(f"{address}replay/", {"from_event": 1}).status_code == 200
    assert len(receiver.received) == 2
    assert call(people["boss"]).get(address).status_code == 403


def test_the_pages_register_test_rotate_and_replay(people, browse, receiver):  # noqa: F811
    client = browse(people["admin"])
    shown = client.post("/webhooks/new/", {"url": receiver.url, "acts_as": people["boss"].pk, "active": "on"})
    assert b"whsec_" in shown.content
    endpoint = WebhookEndpoint.objects.get()
    assert b"whsec_" not in client.get(endpoint.get_absolute_url()).content
    assert client.post(f"/webhooks/{endpoint.pk}/test/").status_code == 302
    delivery = WebhookDelivery.objects.get()
    assert b"webhook.tested" in client.get(delivery.get_absolute_url()).content
    client.post(f"/webhook-deliveries/{delivery.pk}/again/")
    assert len(receiver.received) == 2
    assert b"whsec_" in client.post(f"/webhooks/{endpoint.pk}/rotate/").content
    assert client.get(f"/webhooks/{endpoint.pk}/replay/").status_code == 200
    assert client.post(f"/webhooks/{endpoint.pk}/replay/", {"from_event": "1"}).status_code == 302
    assert client.get("/webhook-deliveries/?status=succeeded").status_code == 200


def test_an_import_tells_of_each_lead(people, endpoint, receiver):  # noqa: F811
    from crm import events

    lead = LeadFactory()
    events.write_all([events.build(lead, "created", by=SYSTEM, now="new")])
    assert receiver.kinds == ["lead.created"]
