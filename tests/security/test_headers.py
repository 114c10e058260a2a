"""What every answer tells the browser; no template needs anything the content policy forbids."""

import re
import subprocess
import sys
from os import environ

import pytest
from django.conf import settings
from django.core import mail

from tests.factories import CampaignFactory, LeadFactory, issued_invoice
from tests.security.people import is_in, sign_in

pytestmark = pytest.mark.django_db
TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
LOOSE = re.compile(r"unsafe-inline|unsafe-eval|\*|http:")


def policy(answer):
    return answer["Content-Security-Policy"]


@pytest.fixture
def addresses(people):
    """One address of every kind of page there is, signed in as a boss who is also an administrator."""
    lead = LeadFactory(owner=people["boss"], status="assigned")
    invoice = issued_invoice(owner=people["boss"])
    return [
        "/", "/search/?q=x", "/leads/", f"/leads/{lead.pk}/", "/leads/new/", "/leads/export.csv",
        "/opportunities/board/",
        f"/invoices/{invoice.pk}/", "/kpis/", "/settings/", "/profile/", "/profile/security/", "/profile/tokens/",
        "/account/password/change/", "/account/app/add/", "/account/keys/add/", "/account/logout/",
        "/api/v1/me/", "/api/v1/docs/", "/api/v1/schema/", "/no-such-page/", f"/leads/{lead.pk + 999}/", "/logo/",
    ]  # fmt: skip


def test_every_kind_of_page_says_what_it_must(people, addresses):
    people["boss"].roles = ["manager", "admin", "sales", "finance"]
    people["boss"].save()
    client = sign_in(people["boss"])
    for address in addresses:
        check(address, client.get(address))


def test_so_do_the_pages_before_signing_in(client, people):
    campaign = CampaignFactory(status="active", owner=people["marketing"])
    for address in ("/account/login/", "/account/password/reset/", "/account/inactive/", "/no-such-page/"):
        check(address, client.get(address))
    form = client.get(f"/forms/lead/{campaign.form_key}/")
    assert "frame-ancestors *" in policy(form)
    assert "script-src" not in policy(form) or not LOOSE.search(policy(form).replace("frame-ancestors *", ""))


def check(address, answer):
    assert "default-src 'self'" in policy(answer) or "default-src 'none'" in policy(answer), address
    assert not LOOSE.search(policy(answer)), f"{address}: {policy(answer)}"
    assert answer["X-Content-Type-Options"] == "nosniff", address
    assert answer["Referrer-Policy"] == "same-origin", address
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin", address
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin", address
    assert "camera=()" in answer["Permissions-Policy"], address
    assert answer["X-Frame-Options"] == "DENY", address
    assert "no-store" in answer["Cache-Control"] or address == "/logo/" or "max-age" in answer["Cache-Control"], address
    assert not inline_code(answer.content.decode() if not answer.streaming else ""), address


INLINE = {
    "a script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>", re.I),
    "a style": re.compile(r"<style\b|\sstyle\s*=\s*[\"']", re.I),
    "a handler": re.compile(r"<[^>]*\son[a-z]+\s*=\s*[\"']|hx-on[:=]|javascript:", re.I),
}


def inline_code(html):
    return [what for what, pattern in INLINE.items() if pattern.search(html)]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR / "templates")))
def test_no_template_holds_scripts_styles_or_handlers(template):
    assert not inline_code(template.read_text())


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "https:evil.example"],
)
def test_signing_in_leads_nowhere_else(elsewhere, client, people):
    from tests.factories import PASSWORD

    data = {"login": "sales@example.com", "password": PASSWORD, "next": elsewhere}
    assert client.post("/account/login/", data).url == "/"
    assert "evil" not in client.post("/language/", {"language": "en", "next": elsewhere}).url


def test_an_act_returns_to_no_foreign_page(people, browse):
    lead = LeadFactory(owner=people["sales"], status="assigned")
    answer = browse(people["sales"]).post(
        f"/leads/{lead.pk}/return_to_pool/", {"reason": "x"}, headers={"referer": "https://evil.example/"}
    )
    assert "evil" not in answer.get("Location", "")


def test_a_foreign_host_name_does_not_reach_the_mail(client, people, settings):
    settings.ALLOWED_HOSTS = ["*"]
    settings.SITE_URL = "https://crm.example.com"
    client.post("/account/password/reset/", {"email": "sales@example.com"}, headers={"host": "evil.example"})
    assert "https://crm.example.com/account/password/reset/key/" in mail.outbox[-1].body
    assert "evil" not in mail.outbox[-1].body


def test_a_request_too_large_is_not_read(client):
    assert client.post("/account/login/", {}, CONTENT_LENGTH=str(10**9)).status_code == 413


def test_a_post_without_its_token_is_refused(people):
    client = sign_in(people["sales"])
    assert is_in(client)
    client.handler.enforce_csrf_checks = True
    assert client.post("/profile/", {"name": "Mallory"}).status_code == 403
    assert client.post("/api/v1/tasks/", {"title": "x"}, content_type="application/json").status_code == 403


def test_over_tls_cookies_are_bound_to_the_host_and_the_browser_stays_on_tls():
    asked = (
        "from crm import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, "
        "s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS >= 31536000, s.SECURE_SSL_REDIRECT, s.ALLOWED_HOSTS)"
    )
    surroundings = {**environ, "SITE_URL": "https://crm.example.com", "DATABASE_URL": "postgres://x@127.0.0.1/x"}
    surroundings |= {"SECRET_KEY": "x", "ALLOWED_HOSTS": "crm.example.com"}
    told = subprocess.run([sys.executable, "-c", asked], env=surroundings, capture_output=True, text=True, check=True)
    assert told.stdout.split(maxsplit=6) == [
        "__Host-sessionid", "__Host-csrftoken", "True", "True", "True", "True", "['crm.example.com']\n"
    ]  # fmt: skip
