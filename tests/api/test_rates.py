"""How many calls one may make, and how one is told."""

import pytest
from rest_framework.test import APIClient

from crm import people as office

pytestmark = pytest.mark.django_db
ME = "/api/v1/me/"


@pytest.fixture
def limits(settings, monkeypatch):
    settings.API_RATE_LIMITS = {"token": (2, 60), "anonymous": (1, 60)}
    monkeypatch.setattr("crm.api.rates.time.time", lambda: 1_000_020)


def client_with_token(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {office.make_token(name='t', may_write=True, by=user)[1]}")
    return client


def test_each_answer_says_what_is_left_and_the_last_says_when_to_come_back(people, limits):
    client = client_with_token(people["sales"])
    first = client.get(ME)
    assert (first["RateLimit-Policy"], first["RateLimit"]) == ('"token";q=2;w=60', '"token";r=1;t=60')
    client.get(ME)
    refused = client.get(ME)
    assert (refused.status_code, refused["Retry-After"], refused["RateLimit"]) == (429, "60", '"token";r=0;t=60')
    assert refused["Content-Type"] == "application/problem+json"


def test_tokens_are_counted_each_by_itself(people, limits):
    for _token in range(2):
        assert [client_with_token(people["sales"]).get(ME).status_code for _ in range(2)] == [200, 200]


def test_strangers_and_wrong_tokens_are_counted_by_address(limits):
    assert APIClient().get(ME).status_code == 401
    guess = APIClient()
    guess.credentials(HTTP_AUTHORIZATION="Bearer ltc_guessed")
    assert guess.get(ME).status_code == 429
    assert APIClient(REMOTE_ADDR="10.1.1.1").get(ME).status_code == 401


def test_a_call_refused_for_its_number_is_not_kept_under_its_key(people, limits):
    client, body = client_with_token(people["sales"]), {"company_name": "甲", "phone": "13800001111"}
    codes = [client.post("/api/v1/leads/", body, HTTP_IDEMPOTENCY_KEY="k").status_code for _ in range(3)]
    assert codes == [201, 201, 429]


def test_no_quota_means_no_limit(people, settings):
    settings.API_RATE_LIMITS = {"token": (0, 60), "anonymous": (0, 60)}
    answer = client_with_token(people["sales"]).get(ME)
    assert answer.status_code == 200
    assert "RateLimit" not in answer
