"""Importing by the pages and by the API: the same steps."""

import csv
import io

import pytest
from openpyxl import load_workbook

from crm.models import ImportRun
from leads.models import Lead
from tests.imports.files import upload

pytestmark = pytest.mark.django_db
HEAD = "公司名称,联系人,手机,邮箱,行业,创建日期\n"
TEXT = HEAD + "华兴制造,张伟,13800001111,,制造业,03/04/2025\n=cmd,,,,制造页,13/04/2025\n"


def test_the_way_through_the_pages(people, browse, django_capture_on_commit_callbacks):
    client = browse(people["marketing"])
    assert "/imports/?kind=leads" in client.get("/leads/").content.decode()
    matching = client.post("/imports/", {"file": upload(TEXT), "kind": "leads"}, follow=True)
    assert "华兴制造" in matching.content.decode()
    address = f"/imports/{ImportRun.objects.get().pk}/"
    at = ("company_name", "contact_name", "phone", "email", "industry", "created_on")
    chosen = {f"column_{key}": place for place, key in enumerate(at)} | {
        "mode": "create",
        "whole-channel": "exhibition",
    }
    asked = client.post(f"{address}columns/", chosen, follow=True).content.decode()
    assert "1 can only be day first" in asked and "制造页" in asked
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"{address}questions/", {"q0": "manufacturing", "q1": "dmy"}).status_code == 302
    ahead = client.get(address).content.decode()
    assert "Nothing has been written yet" in ahead and not Lead.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"{address}start/").status_code == 302
    page = client.get(address).content.decode()
    assert "Refused" in page and "=cmd" in page
    assert Lead.objects.get().created_at.strftime("%m") in ("04",)
    refused = b"".join(client.get(f"{address}refused.csv").streaming_content).decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(refused))
    assert header[:6] == HEAD.strip().split(",") and row[0] == "'=cmd" and row[6]
    book = load_workbook(io.BytesIO(b"".join(client.get(f"{address}refused.xlsx").streaming_content)))
    assert book.active["A2"].value == "'=cmd"
    assert client.get(f"/leads/?imported={ImportRun.objects.get().pk}").context["total"] == "1"
    assert "deleted" in client.get(f"{address}undo/").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{address}undo/")
    assert not Lead.objects.exists() and "is undone" in client.get(address).content.decode()


def test_the_next_file_with_the_same_headers_proposes_the_last_answers(
    people, browse, django_capture_on_commit_callbacks
):
    client = browse(people["marketing"])
    head = "Firma,Fon\n"
    client.post("/imports/", {"file": upload(head + "A,13800001111\n"), "kind": "leads"})
    first = ImportRun.objects.get()
    client.post(f"/imports/{first.pk}/columns/", {"column_company_name": 0, "column_phone": 1, "mode": "create"})
    client.post("/imports/", {"file": upload(head + "B,13800002222\n"), "kind": "leads"})
    assert ImportRun.objects.first().answers["columns"] == {"company_name": 0, "phone": 1}


def test_a_file_that_cannot_be_read_is_refused_beside_the_field(people, browse):
    answer = browse(people["marketing"]).post("/imports/", {"file": upload(b"MZ", "list.exe"), "kind": "leads"})
    assert answer.status_code == 422
    assert "csv, txt, tsv, xlsx, xls" in answer.content.decode()


def test_nobody_opens_the_page_who_may_import_nothing(people, browse):
    assert browse(people["operations"]).get("/imports/").status_code == 403


def test_an_import_is_its_makers_business_but_marketing_sees_all_of_leads(people, browse):
    browse(people["boss"]).post("/imports/", {"file": upload(TEXT), "kind": "leads"})
    address = f"/imports/{ImportRun.objects.get().pk}/columns/"
    assert browse(people["manager"]).get(address).status_code == 404
    assert browse(people["marketing"]).get(address).status_code == 200


def test_the_way_over_the_api(people, call, django_capture_on_commit_callbacks):
    client = call(people["marketing"])
    file = upload(TEXT)
    made = client.post("/api/v1/imports/", {"file": file, "kind": "leads"}, format="multipart")
    assert made.status_code == 201, made.json()
    address = f"/api/v1/imports/{made.json()['id']}/"
    asked = client.get(f"{address}questions/").json()
    assert {question["field"]: question["likely"] for question in asked} == {
        "industry": "manufacturing",
        "created_on": "dmy",
    }
    said = {"days": {"created_on": "dmy"}, "words": {"industry": {"制造页": "manufacturing"}}}
    assert client.post(f"{address}answers/", said, format="json").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{address}preview/")
    assert client.get(address).json()["state"] == "previewed"
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"{address}run/").status_code == 200
    told = client.get(address).json()
    assert (told["state"], told["counts"]["created"], told["counts"]["refused"]) == ("done", 1, 1)
    rows = client.get(f"{address}rows/?outcome=refused").json()
    assert rows["results"][0]["number"] == 3
    file.seek(0)
    again = client.post("/api/v1/imports/", {"file": file, "kind": "leads"}, format="multipart")
    assert again.status_code == 400 and "file" in again.json()["errors"]
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"{address}undo/").status_code == 200
    assert client.get(address).json()["state"] == "undone" and not Lead.objects.exists()
    assert call(people["operations"]).get("/api/v1/imports/").status_code == 403
