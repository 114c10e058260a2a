"""`/healthz` asks the real database and the real broker."""

import pytest
from django.db import ConnectionHandler

from crm import health, in_process

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@pytest.mark.django_db
def test_all_is_well_when_database_and_broker_answer(client, settings):
    settings.REDIS_URL = ""
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "ok", "broker": "ok"}


@pytest.mark.django_db
def test_a_broker_out_of_reach_is_named_with_503(client, settings):
    settings.REDIS_URL = NOBODY_LISTENS
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json() == {"status": "failing", "database": "ok", "broker": "unreachable"}


def test_a_database_out_of_reach_is_named_with_503(client, settings, monkeypatch):
    settings.REDIS_URL = ""
    nowhere = {"ENGINE": "django.db.backends.postgresql", "NAME": "x", "HOST": "127.0.0.1", "PORT": "1"}
    monkeypatch.setattr(health, "connection", ConnectionHandler({"default": nowhere})["default"])
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["database"] == "unreachable"


class DeadThread:
    name = "short@embedded"

    def is_alive(self):
        return False


@pytest.mark.django_db
def test_a_dead_worker_thread_fails_the_embedded_broker(client, settings, monkeypatch):
    settings.REDIS_URL = ""
    monkeypatch.setattr(in_process, "started", [DeadThread()])
    assert client.get("/healthz").status_code == 503


@pytest.mark.django_db
def test_health_is_answered_to_any_host_without_login_or_redirect(client, settings):
    settings.REDIS_URL = ""
    settings.ALLOWED_HOSTS = ["crm.example.com"]
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz", headers={"host": "10.0.0.7:8000"}).status_code == 200
