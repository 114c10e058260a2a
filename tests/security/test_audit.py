"""The log an administrator reads: who came in, what they took out, what was changed about rights."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm import clock
from crm import people as office
from crm.access import Role
from crm.desk import audit
from crm.models import Event, ExchangeRate, User
from tests.security.people import sign_in, with_app

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Safari/604.1"


@pytest.fixture
def read(people, browse):
    """What the administrator reads under these filters: (who, what, about) of each line."""

    def lines(**asked):
        page = browse(people["admin"]).get("/audit/", asked)
        return [(entry["who"], entry["what"], entry["about"]) for entry in page.context["entries"]]

    return lines


def test_signing_in_and_out_with_address_and_device(people, read):
    client = sign_in(people["sales"], user_agent=PHONE)
    client.post("/account/logout/")
    assert read(kind="sign_in") == [("Sales", "Signed out", "Sales"), ("Sales", "Signed in", "Sales")]
    assert Event.objects.get(verb="signed_in").data == {"ip": "127.0.0.1", "agent": PHONE, "ways": ["password"]}


def test_failing_to_sign_in(people, read):
    sign_in(people["sales"], password="wrong")
    assert read(kind="sign_in") == [("System", "Failed to sign in", "Sales")]


def test_a_wrong_second_factor(people, read):
    sign_in(with_app(people["sales"])).post("/account/second-factor/enter/", {"code": "000000"})
    assert read(kind="factors") == [("System", "Wrong second factor", "Sales")]


def test_a_change_of_roles(people, read):
    user = User.objects.get(pk=people["sales"].pk)
    user.roles = [Role.SALES, Role.FINANCE]
    office.save_user(user, by=people["admin"])
    assert read(kind="people") == [("Admin", "Changed", "Sales")]


def test_an_exchange_rate_and_its_correction(people, read, browse):
    client = browse(people["admin"])
    for rate in ("71.2", "7.12", "7.12"):
        client.post("/settings/rates/", {"currency": "USD", "rate": rate, "valid_from": "2026-03-01"})
    assert str(ExchangeRate.objects.get().rate) == "7.12000000"
    assert read(kind="settings") == [
        ("Admin", "Changed", "Exchange rate"), ("Admin", "Created", "Exchange rate")
    ]  # fmt: skip
    page = client.get("/audit/", {"kind": "settings"}).content.decode()
    assert "USD, 2026-03-01: 71.2" in page and "71.2 → 7.12" in page


def test_a_rate_that_is_none_is_refused_and_leaves_no_line(people, read, browse):
    bad = {"currency": "USD", "rate": "-1", "valid_from": "2026-03-01"}
    assert browse(people["admin"]).post("/settings/rates/", bad).status_code == 422
    assert read(kind="settings") == []


@pytest.mark.parametrize("role", [role for role in Role.values if role != Role.ADMIN])
def test_nobody_else_sets_a_rate(role, people):
    with pytest.raises(PermissionDenied):
        office.save_rate(ExchangeRate(currency="USD", rate=7, valid_from=clock.today()), by=people[role])
    assert not ExchangeRate.objects.exists()


def test_tokens_made_and_revoked(people, read):
    token, _key = office.make_token(name="BI", may_write=False, by=people["sales"])
    office.revoke_token(token, by=people["sales"])
    assert [(who, what) for who, what, _about in read(kind="tokens")] == [("Sales", "Revoked"), ("Sales", "Created")]


def test_lists_taken_out(people, read, browse):
    browse(people["sales"]).get("/leads/export.csv")
    assert [(who, what) for who, what, _about in read(kind="exports")] == [("Sales", "List exported")]


def test_reading_it_out_is_logged_too(people, read, browse):
    sign_in(people["sales"])
    file = b"".join(browse(people["admin"]).get("/audit/", {"as": "csv", "kind": "sign_in"}).streaming_content)
    assert "Signed in" in file.decode() and "127.0.0.1" in file.decode()
    assert ("Admin", "List exported", "Admin") in read(kind="exports")


def test_the_file_is_written_some_lines_at_a_time(people, browse, monkeypatch):
    described = []

    def few(rows):
        described.append(len(rows))
        return whole(rows)

    whole = audit.described
    monkeypatch.setattr(audit, "STEP", 2)
    monkeypatch.setattr(audit, "described", few)
    for role in ("sales", "finance", "service"):
        sign_in(people[role])
    answer = browse(people["admin"]).get("/audit/", {"as": "csv", "kind": "sign_in"})
    assert described == []
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert described == [2, 1] and len(lines) == 4


def test_the_file_tells_times_in_the_readers_time_zone(people, browse):
    User.objects.filter(pk=people["admin"].pk).update(time_zone="America/New_York")
    moment = timezone.now()
    Event.objects.create(record_type="user", record_id=people["sales"].pk, verb="signed_in", recorded_at=moment,
                         actor=people["sales"], source="web")  # fmt: skip
    answer = browse(User.objects.get(pk=people["admin"].pk)).get("/audit/", {"as": "csv", "kind": "sign_in"})
    there = moment.astimezone(ZoneInfo("America/New_York"))
    assert f"{there:%Y-%m-%d %H:%M}" in b"".join(answer.streaming_content).decode()


def test_by_person(people, read):
    sign_in(people["sales"])
    sign_in(people["finance"])
    assert read(person=people["finance"].pk) == [("Finance", "Signed in", "Finance")]


def test_by_day(people, read):
    long_ago = timezone.now() - timedelta(days=90)
    Event.objects.create(record_type="user", record_id=people["sales"].pk, verb="signed_in", recorded_at=long_ago,
                         actor=people["sales"], source="web")  # fmt: skip
    assert read() == []
    assert read(since=long_ago.date() - timedelta(days=1), until=long_ago.date() + timedelta(days=1)) == [
        ("Sales", "Signed in", "Sales")
    ]


@pytest.mark.parametrize("role", [role for role in Role.values if role != Role.ADMIN])
def test_nobody_else_reads_it(role, people, browse):
    assert browse(people[role]).get("/audit/").status_code == 403
    assert browse(people[role]).get("/audit/?as=csv").status_code == 403


def test_the_number_of_queries_does_not_grow_with_the_lines(people, browse):
    reader = browse(people["admin"])

    def queries():
        with CaptureQueriesContext(connection) as found:
            reader.get("/audit/", {"kind": "sign_in"})
        return len(found)

    sign_in(people["sales"])
    queries()  # warms what is kept between requests
    before = queries()
    for role in ("finance", "service", "operations", "marketing"):
        sign_in(people[role])
    assert queries() == before
