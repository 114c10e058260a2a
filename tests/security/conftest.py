"""Tests of signing in."""

import pytest
from allauth.mfa.totp.internal import auth


@pytest.fixture(autouse=True)
def codes_do_not_change_meanwhile(monkeypatch):
    """An authenticator app shows the same code for a whole test, however slow the machine is."""
    counter = next(auth.yield_hotp_counters_from_time())
    monkeypatch.setattr(auth, "yield_hotp_counters_from_time", lambda: iter([counter]))
