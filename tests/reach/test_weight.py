"""A first visit is light: few files, little to carry, nothing from anybody else's host."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from tests.factories import CustomerFactory, LeadFactory

FILES = 6  # styles and scripts of the frame, beside its one small picture
KILOBYTES = 130  # compressed, all of them together
LOADED = re.compile(r"""<(?:script|link|img)\b[^>]*?\b(?:src|href)="([^"]+)\"""")


@pytest.fixture
def pages(people, client, browse):
    """What a person's first pages are made of: before signing in, at home, a list, a record, a form."""
    lead = LeadFactory(owner=people["sales"])
    customer = CustomerFactory(owner=people["sales"])
    found = {"/account/login/": client.get("/account/login/").content.decode()}
    browse(people["sales"])
    for address in (
        "/",
        "/leads/",
        "/leads/new/",
        lead.get_absolute_url(),
        customer.get_absolute_url(),
        "/search/?q=a",
    ):
        found[address] = client.get(address).content.decode()
    return found


def test_nothing_is_loaded_from_another_host(pages):
    assert not {file for page in pages.values() for file in LOADED.findall(page) if not file.startswith("/static/")}


def test_a_first_page_asks_for_few_files(pages):
    for address, page in pages.items():
        files = {file for file in LOADED.findall(page) if not file.endswith(".svg")}
        assert 0 < len(files) <= FILES, (address, files)


def test_a_first_page_is_light(pages):
    for address, page in pages.items():
        files = [finders.find(file.removeprefix("/static/")) for file in set(LOADED.findall(page))]
        assert files
        carried = sum(
            len(gzip.compress(text)) for text in [page.encode(), *(Path(file).read_bytes() for file in files)]
        )
        assert carried <= KILOBYTES * 1000, (address, carried)
