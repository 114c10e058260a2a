"""Guessing is slowed down, and nobody can shut out an owner by guessing."""

import pytest
from django.core.cache import cache
from django.test import Client

from crm.accounts.adapters import DEVICE_COOKIE
from crm.doors import PUBLIC, addresses, of
from crm.models import Event
from tests.factories import PASSWORD
from tests.security.people import is_in, sign_in

pytestmark = pytest.mark.django_db


def guess(user, times=5, address="203.0.113.9"):
    """Somebody tries passwords from elsewhere."""
    stranger = Client(REMOTE_ADDR=address)
    for number in range(times):
        stranger.post("/account/login/", {"login": user.email, "password": f"guess {number}"})
    return stranger


def test_guessing_an_account_is_stopped_even_from_many_addresses(people):
    for number in range(5):
        guess(people["sales"], times=1, address=f"203.0.113.{number}")
    late = Client(REMOTE_ADDR="203.0.113.99")
    late.post("/account/login/", {"login": people["sales"].email, "password": PASSWORD})
    assert not is_in(late)


def test_guessing_many_accounts_from_one_address_is_stopped(people):
    for role in ("sales", "finance", "service"):
        guess(people[role], times=4)
    late = Client(REMOTE_ADDR="203.0.113.9")
    late.post("/account/login/", {"login": people["boss"].email, "password": PASSWORD})
    assert not is_in(late)


def test_the_owner_still_gets_in_from_a_browser_they_used_before(people):
    browser = sign_in(people["sales"])
    browser.post("/account/logout/")
    guess(people["sales"])
    browser.post("/account/login/", {"login": people["sales"].email, "password": PASSWORD})
    assert is_in(browser)


def test_the_mark_of_a_browser_helps_with_its_own_account_only(people):
    browser = sign_in(people["stranger"])
    browser.post("/account/logout/")
    guess(people["sales"])
    browser.post("/account/login/", {"login": people["sales"].email, "password": PASSWORD})
    assert not is_in(browser)


def test_a_forged_mark_helps_nobody(people):
    guess(people["sales"])
    client = Client()
    client.cookies[DEVICE_COOKIE] = "forged"
    client.post("/account/login/", {"login": people["sales"].email, "password": PASSWORD})
    assert not is_in(client)


def test_failed_and_refused_attempts_are_logged_without_flooding_the_log(people):
    guess(people["sales"], times=9)
    verbs = list(Event.objects.filter(record_id=people["sales"].pk).order_by("pk").values_list("verb", flat=True))
    assert verbs == ["sign_in_failed"] * 5 + ["sign_in_locked"]
    assert Event.objects.filter(verb="sign_in_failed").first().data["ip"] == "203.0.113.9"


def test_what_strangers_type_is_not_kept(client):
    client.post("/account/login/", {"login": "my-secret-password@example.com", "password": "x"})
    event = Event.objects.get(verb="sign_in_failed")
    assert "my-secret" not in str(event.data) and event.record_id == 0


def test_password_mails_are_limited(client, people, mailoutbox):
    for _time in range(6):
        client.post("/account/password/reset/", {"email": people["sales"].email})
    assert len(mailoutbox) <= 3


def test_trying_secret_links_of_any_kind_ends_with_a_wait(client):
    links = [route for route, _name, view in addresses() if of(view) == PUBLIC and route.endswith("<str:key>/")]
    assert len(links) >= 3
    for route in links:
        cache.clear()
        answers = [client.get("/" + route.replace("<str:key>", f"{number:064d}")) for number in range(21)]
        assert [answer.status_code for answer in answers] == [404] * 20 + [429], route


def test_trying_api_tokens_ends_with_a_wait(client):
    for number in range(20):
        assert bearer(client, f"ltc_{number}").status_code == 401
    answer = bearer(client, "ltc_21")
    assert answer.status_code == 429
    assert int(float(answer["Retry-After"])) == 600


def bearer(client, key):
    return client.get("/api/v1/me/", headers={"authorization": f"Bearer {key}"})
