"""Signing in with the company's own OpenID Connect provider: a small real one, which the tests run."""

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.test import Client
from jwt.algorithms import RSAAlgorithm

from crm.models import Event, User
from tests.factories import PASSWORD
from tests.security.people import is_in, require_second_factor, with_app

pytestmark = pytest.mark.django_db
BACK = "/account/company/company/back/"


class Provider:
    """Discovery, keys, tokens with PKCE, and what it knows of the person who signs in."""

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.signing_key = self.key
        self.person = {"sub": "42", "email": "sales@example.com", "email_verified": True, "name": "Sales"}
        self.client_id, self.challenge = "crm", ""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _handler(provider):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                answers = {
                    "/.well-known/openid-configuration": provider.configuration,
                    "/keys": provider.keys,
                    "/userinfo": lambda: provider.person,
                }
                self.answer(answers[urlsplit(self.path).path]())

            def do_POST(self):
                asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.answer(provider.token(asked))

            def answer(self, told):
                self.send_response(200 if "error" not in told else 400)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(told).encode())

            def log_message(self, *args):
                pass

        return Handler

    def configuration(self):
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "userinfo_endpoint": f"{self.address}/userinfo",
            "jwks_uri": f"{self.address}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def keys(self):
        known = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**known, "kid": "1", "alg": "RS256", "use": "sig"}]}

    def token(self, asked):
        proof = hashlib.sha256(asked["code_verifier"][0].encode()).digest()
        if base64.urlsafe_b64encode(proof).decode().rstrip("=") != self.challenge:
            return {"error": "invalid_grant"}
        told = {**self.person, "iss": self.address, "aud": self.client_id, "exp": time.time() + 60, "iat": time.time()}
        signed = jwt.encode(told, self.signing_key, algorithm="RS256", headers={"kid": "1"})
        return {"access_token": "a", "token_type": "Bearer", "id_token": signed}


@pytest.fixture(scope="module")
def running():
    provider = Provider()
    yield provider
    provider.server.shutdown()


@pytest.fixture
def provider(running, settings):
    running.signing_key, running.client_id = running.key, "crm"
    running.person = {"sub": "42", "email": "sales@example.com", "email_verified": True, "name": "Sales"}
    settings.SINGLE_SIGN_ON = "Hengtuo"
    app = {"provider_id": "company", "name": "Hengtuo", "client_id": "crm", "secret": "s"}
    app["settings"] = {"server_url": running.address}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    cache.clear()
    return running


def come_in(provider, client=None):
    """A browser that went to the provider and came back."""
    client = client or Client(headers={"accept-language": "en"})
    asked = parse_qs(urlsplit(client.post("/account/company/company/").url).query)
    assert asked["redirect_uri"][0].endswith(BACK)
    provider.challenge = asked["code_challenge"][0]
    client.answer = client.get(BACK, {"code": "c", "state": asked["state"][0]})
    return client


def test_a_known_person_comes_in_by_their_verified_address(provider, people):
    client = come_in(provider)
    assert client.get("/api/v1/me/").json()["email"] == "sales@example.com"
    assert Event.objects.get(verb="signed_in").actor == people["sales"]


def test_the_second_time_they_are_known_by_the_providers_own_number(provider, people):
    come_in(provider)
    provider.person["email"] = "married@example.com"
    assert come_in(provider).get("/api/v1/me/").json()["email"] == "sales@example.com"


@pytest.mark.parametrize(
    "told", [{"email_verified": False}, {"email_verified": None}, {"email": ""}, {"email": "nobody@example.com"}]
)
def test_nobody_else_comes_in_and_nobody_is_created(told, provider, people):
    before = User.objects.count()
    provider.person |= told
    client = come_in(provider)
    assert not is_in(client)
    assert "no account for you" in client.get("/account/login/").content.decode()
    assert User.objects.count() == before


def test_who_is_deactivated_does_not_come_in(provider, people):
    User.objects.filter(pk=people["sales"].pk).update(is_active=False)
    assert not is_in(come_in(provider))


def test_a_token_signed_by_somebody_else_is_refused(provider, people):
    provider.signing_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert not is_in(come_in(provider))


def test_a_token_made_for_another_program_is_refused(provider, people):
    provider.client_id = "another program"
    assert not is_in(come_in(provider))


def test_an_answer_nobody_asked_for_is_refused(provider, people):
    client = Client()
    client.get(BACK, {"code": "c", "state": "forged"})
    assert not is_in(client)


def test_an_answer_in_another_browser_is_refused(provider, people):
    asked = parse_qs(urlsplit(Client().post("/account/company/company/").url).query)
    provider.challenge = asked["code_challenge"][0]
    stranger = Client()
    stranger.get(BACK, {"code": "c", "state": asked["state"][0]})
    assert not is_in(stranger)


def test_new_people_are_created_where_that_is_wished(provider, people, settings):
    settings.OIDC_CREATE_USERS, settings.OIDC_ROLE = True, "service"
    provider.person |= {"sub": "43", "email": "New@Example.com", "name": "新同事"}
    assert is_in(come_in(provider))
    user = User.objects.get(email="new@example.com")
    assert (user.name, user.roles, user.has_usable_password()) == ("新同事", ["service"], False)


def test_who_has_a_second_factor_here_is_asked_for_it_still(provider, people):
    with_app(people["sales"])
    client = come_in(provider)
    assert client.answer.url.startswith("/account/second-factor/enter/")
    assert not is_in(client)


def test_who_must_have_one_proved_it_at_the_company(provider, people):
    require_second_factor("sales")
    assert is_in(come_in(provider))


def test_the_button_is_there_only_when_it_leads_somewhere(client, settings, db):
    assert "/account/company/" not in client.get("/account/login/").content.decode()
    assert client.post("/account/company/company/").status_code == 404
    settings.SINGLE_SIGN_ON = "Hengtuo"
    assert "Sign in with Hengtuo" in client.get("/account/login/", headers={"accept-language": "en"}).content.decode()


def test_it_can_be_the_only_way_in(provider, people, settings, client):
    settings.OIDC_ONLY = True
    page = client.get("/account/login/").content.decode()
    assert "/account/company/company/" in page and 'name="password"' not in page
    known = {"login": "sales@example.com", "password": PASSWORD}
    assert client.post("/account/login/", known).status_code == 403
    assert client.get("/account/password/reset/").status_code == 403
    assert client.post("/account/keys/login/").status_code == 403
    assert not is_in(client)
    assert is_in(come_in(provider))
