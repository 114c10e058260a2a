"""Real browsers for tests: everybody has a window of their own, signs in and clicks what they see."""

import os
import shutil

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import expect, sync_playwright

from tests.factories import PASSWORD

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
LOCALES = {"zh-hans": "zh-CN", "en": "en-US"}
PATIENCE_MS = 10_000
HARMLESS = (
    "status of 409", "status of 422",  # answers to a person's mistake
    "htmx:sendAbort", "htmx:afterRequest",  # a question overtaken by the next while somebody types
)  # fmt: skip
PICTURES = settings.BASE_DIR / "var" / "test-screenshots"


@pytest.fixture(scope="module")
def chromium():
    """The machine's Chromium. Without one the tests are skipped, but fail where CI counts on them."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(f"NOT RUN: none of {', '.join(PROGRAMS)} is installed.")
    expect.set_options(timeout=PATIENCE_MS)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps an event loop running in this thread
        yield playwright.chromium.launch(executable_path=program, args=FLAGS)


@pytest.fixture
def windows(chromium, live_server, settings):
    """Opens windows on the running product; what they complain about fails the test."""
    settings.SITE_URL = live_server.url
    opened = Windows(chromium, live_server.url)
    yield opened
    opened.close()
    assert not opened.complaints, "\n".join(opened.complaints)


class Windows:
    """The windows of one test. Errors in the console, refused content and failed answers are collected."""

    def __init__(self, browser, address):
        self.browser, self.address = browser, address
        self.windows, self.complaints = [], []

    def open(self, language="en", device=DESKTOP, **options):
        """A fresh window: no cookies, the language as the browser asks for it."""
        context = self.browser.new_context(base_url=self.address, locale=LOCALES[language], **device, **options)
        context.set_default_timeout(PATIENCE_MS)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.complaints.append(f"page error: {error.error}"))
        context.on("response", self._answered)
        window = Window(context, language)
        self.windows.append(window)
        return window

    def _heard(self, message):
        if message.type == "error" and not any(words in message.text for words in HARMLESS):
            self.complaints.append(f"console: {message.text} ({message.location.get('url')})")

    def _answered(self, response):
        if response.status >= 500:
            self.complaints.append(f"{response.status}: {response.url}")

    def sign_in(self, user, device=DESKTOP, **options):
        """A window of a colleague, in their language."""
        window = self.open(user.language, device, **options)
        window.go("/account/login/")
        window.fill(login=user.email, password=PASSWORD)
        window.press("Sign in")
        expect(window.page).to_have_url(f"{self.address}/")
        return window

    def take_pictures(self, name):
        """What each window showed in the end."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        for number, window in enumerate(self.windows, start=1):
            window.page.screenshot(path=PICTURES / f"{name}-{number}.png", full_page=True)

    def close(self):
        for window in self.windows:
            window.page.context.close()


class Window:
    """One person's window. Texts are given in English and looked for in the person's language."""

    def __init__(self, context, language):
        self.page, self.language = context.new_page(), language

    def say(self, text):
        with translation.override(self.language):
            return str(text) if not isinstance(text, str) else gettext(text)

    # Going about

    def go(self, address):
        self.page.goto(address)
        return self

    def press(self, label, inside=None):
        """Press the button or link of this name."""
        place, name = inside or self.page.locator("body"), self.say(label)
        button = place.get_by_role("button", name=name, exact=True)
        button.or_(place.get_by_role("link", name=name, exact=True)).first.click()

    def follow(self, text):
        """Press the link that says this somewhere."""
        self.page.locator("#content").get_by_role("link").filter(has_text=self.say(text)).first.click()

    def create(self, what):
        """ "+", then the kind of record."""
        menu = self.page.locator("details.menu:visible", has=self.page.locator(".menu-list a[href$='/new/']")).last
        menu.locator("summary").click()
        menu.get_by_role("link", name=self.say(what)).click()

    def open_waiting(self, text):
        """Open what waits at home."""
        self.go("/")
        self.page.locator(".queue-row").filter(has_text=text).first.get_by_role("link").first.click()

    def do_waiting(self, text, label, **fields):
        """Do the next act of what waits at home, right there."""
        self.go("/")
        rows = self.page.locator(".queue-row").filter(has_text=text)
        row = rows.filter(has=self.page.locator(".queue-act").get_by_text(self.say(label), exact=True)).first
        with self.page.expect_navigation():
            self.press(label, inside=row)
            if fields:
                self.answer(label, **fields)

    def open_row(self, text):
        """Open the list's row about this."""
        row = self.page.locator("#content table.rows tbody tr").filter(has_text=text).first
        row.locator("a.row-link").click()

    # Filling in

    def fill(self, inside=None, **fields):
        for name, value in fields.items():
            set_value((inside or self.page.locator("body")).locator(f"[name='{name}']"), value)

    def save(self, label="Save"):
        self.press(label, inside=self.page.locator("#content .form-foot"))

    # Acting on a record

    def act(self, label, then, **fields):
        """Press a move of the record, fill in what its dialog asks, and see the state it leads to."""
        name = self.say(label)
        place = self.page.locator(".page-head .actions")
        if not place.get_by_text(name, exact=True).first.is_visible():
            place.locator("details.more summary").click()
        self.press(label, inside=place)
        if fields:
            self.answer(label, **fields)
        self.expect_state(then)

    def answer(self, label, **fields):
        """Fill in the dialog and send it off; refused, it would stay open."""
        dialog = self.page.locator("#dialog")
        self.fill(dialog, **fields)
        self.press(label, inside=dialog.locator(".dialog-foot"))
        expect(dialog).to_be_hidden()

    def expect_state(self, state):
        expect(self.page.locator("h1 .state")).to_have_text(self.say(state))

    def expect_text(self, text, where="#content"):
        expect(self.page.locator(where)).to_contain_text(self.say(text))

    def paper(self, label):
        """The bytes of a PDF the page offers."""
        link = self.page.locator("#content a").filter(has_text=self.say(label))
        answer = self.page.request.get(link.get_attribute("href"))
        assert answer.ok and answer.headers["content-type"] == "application/pdf"
        return answer.body()


def set_value(control, value):
    kind = control.first.evaluate("element => element.type")
    if kind == "radio":
        control.and_(control.page.locator(f"[value='{value}']")).check()
    elif kind == "checkbox":
        control.set_checked(value)
    elif kind == "file":
        control.set_input_files(value)
    elif kind == "select-one":
        control.select_option(**value if isinstance(value, dict) else {"value": str(value)})
    else:
        type_in(control, str(value))


def type_in(control, text):
    """Type until it stands there: a dialog that has just opened may still move the focus to its first field."""
    for _attempt in range(3):
        control.fill(text)
        if control.input_value() == text:
            return
    expect(control).to_have_value(text)
