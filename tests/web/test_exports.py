"""Exports: what leaves the house, how, and the trace of it."""

import csv
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from crm.models import Event, Export, Notification
from crm.web import exports
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db


def rows_of(answer):
    return list(csv.reader(b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()))


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(exports, "AT_ONCE", 2)


@pytest.fixture
def large(people, browse, few, django_capture_on_commit_callbacks):
    """An export of three leads, which are too many to be had at once."""
    LeadFactory.create_batch(3, owner=people["sales"], status="assigned", need="=1+1")
    LeadFactory(owner=people["stranger"], status="assigned")
    with django_capture_on_commit_callbacks(execute=True):
        browse(people["sales"]).post("/leads/export.csv?status=assigned&columns=company_name,need")
    return Export.objects.get()


def test_a_small_export_is_had_at_once_and_leaves_a_trace(people, browse):
    LeadFactory(owner=people["sales"], status="assigned")
    answer = browse(people["sales"]).get("/leads/export.csv?status=assigned")
    assert len(rows_of(answer)) == 2
    event = Event.objects.get(record_type="export")
    assert (event.actor, event.verb) == (people["sales"], "exported")
    assert event.data == {"list": "leads.lead", "query": "status=assigned", "kind": "csv", "rows": 1}


def test_ticked_rows_alone_are_exported(people, browse):
    one, two, _three = LeadFactory.create_batch(3)
    client = browse(people["sales"])
    asked = {"act": "export-csv", "pk": [one.pk, two.pk], "query": "columns=number"}
    address = client.post("/leads/bulk/", asked).url
    assert {row[0] for row in rows_of(client.get(address))[1:]} == {one.number, two.number}


def test_a_large_export_is_asked_for_and_nothing_happens_by_looking(people, browse, few):
    LeadFactory.create_batch(3)
    page = browse(people["sales"]).get("/leads/export.xlsx")
    assert "written in the background" in page.content.decode()
    assert not Export.objects.exists()


def test_a_large_export_is_a_file_with_exactly_the_filtered_rows_and_chosen_columns(people, browse, large):
    answer = browse(people["sales"]).get(f"/exports/{large.pk}/file")
    head, *rows = rows_of(answer)
    assert (head, len(rows), large.rows) == (["Company", "Need"], 3, 3)
    assert {row[1] for row in rows} == {"'=1+1"}
    assert "attachment" in answer["Content-Disposition"]
    assert Event.objects.get(record_type="export").data["rows"] == 3


def test_the_bell_rings_with_the_way_to_the_file(people, browse, large):
    note = Notification.objects.get(user=people["sales"])
    assert note.url == f"/exports/{large.pk}/"
    assert f"/exports/{large.pk}/file" in browse(people["sales"]).get(note.url).content.decode()
    assert "Download" in browse(people["sales"]).get("/exports/").content.decode()


@pytest.mark.parametrize("who", ["boss", "admin", "colleague"])
def test_nobody_else_gets_the_file(people, browse, large, who):
    assert browse(people[who]).get(f"/exports/{large.pk}/file").status_code == 404
    assert browse(people[who]).get(f"/exports/{large.pk}/").status_code == 404


def test_the_file_is_deleted_after_a_week_and_the_trace_stays(people, browse, large):
    name = large.file.name
    Export.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    assert browse(people["sales"]).get(f"/exports/{large.pk}/file").status_code == 404
    exports.forget(None)
    assert not default_storage.exists(name)
    assert Export.objects.get().rows == 3


def test_a_file_whose_writer_died_before_its_name_was_kept_is_deleted_too(large):
    folder = Path(default_storage.path("exports/2026/11"))
    folder.mkdir(parents=True, exist_ok=True)
    orphan, fresh = folder / "orphan.csv", folder / "fresh.csv"
    for file in (orphan, fresh):
        file.write_text("x")
    long_ago = (timezone.now() - timedelta(days=8)).timestamp()
    os.utime(orphan, (long_ago, long_ago))
    assert exports.forget(None) == {"deleted": 1}
    assert fresh.exists() and not orphan.exists() and default_storage.exists(large.file.name)


def test_an_unknown_kind_of_file_is_not_found(people, browse):
    assert browse(people["sales"]).get("/leads/export.pdf").status_code == 404
