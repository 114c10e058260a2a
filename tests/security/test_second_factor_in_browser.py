"""Two-factor login by hand: an app set up from its picture, and a passkey of the browser's own."""

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from crm.models import Event
from tests.browser import PHONE, chromium, windows
from tests.factories import PASSWORD
from tests.security.people import code, require_second_factor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
__all__ = ["chromium", "windows"]


@pytest.fixture
def finance(people):
    require_second_factor("finance")
    people["finance"].language = "zh-hans"
    people["finance"].save()
    return people["finance"]


def enter_password(window, user):
    window.go("/account/login/")
    window.fill(login=user.email, password=PASSWORD)
    window.press("Sign in")


def sign_out(window):
    window.page.context.clear_cookies()


def test_who_must_have_a_second_factor_sets_up_an_app_and_signs_in_with_it(finance, windows):
    window = windows.open("zh-hans", PHONE)
    enter_password(window, finance)
    expect(window.page).to_have_url(f"{windows.address}/profile/security/")
    window.press("Set up")
    expect(window.page.locator("img.qr")).to_be_visible()
    key = window.page.locator("code.key").inner_text()
    window.fill(code=code(key))
    window.press("Turn on")
    expect(window.page.locator(".codes li")).to_have_count(10)

    sign_out(window)
    enter_password(window, finance)
    expect(window.page).to_have_url(f"{windows.address}/account/second-factor/enter/")
    window.fill(code="000000")
    window.press("Sign in")
    window.expect_text("This code is not right. Codes change every 30 seconds; each works once.")
    cache.clear()  # thirty seconds pass since the app was set up
    window.fill(code=code(key))
    window.press("Sign in")
    expect(window.page).to_have_url(f"{windows.address}/")


def test_a_passkey_signs_in_without_password(finance, windows):
    window = windows.open("zh-hans")
    devices = window.page.context.new_cdp_session(window.page)
    devices.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    enter_password(window, finance)
    window.press("Add")
    window.fill(name="我的电脑", passwordless=True)
    window.press("Add the key")
    expect(window.page.locator(".codes li")).to_have_count(10)

    sign_out(window)
    window.go("/account/login/")
    window.press("Sign in with a passkey")
    expect(window.page).to_have_url(f"{windows.address}/")

    sign_out(window)
    enter_password(window, finance)
    window.press("Use a security key")
    expect(window.page).to_have_url(f"{windows.address}/")
    assert Event.objects.filter(record_type="user", verb="signed_in").count() == 3
