"""Windows for this folder's tests, and a picture of each when a test fails."""

import pytest

from tests.browser import chromium, windows  # noqa: F401


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call" and report.failed and "windows" in item.funcargs:
        item.funcargs["windows"].take_pictures(item.name)
    return report
