"""Leads from files: never half a row, never a row twice."""

import csv
import io

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from crm import events, jobs, search
from crm.models import Case, Event, ExternalId, Job, Notification
from leads import imports
from leads.models import Lead, LeadImport
from tests.factories import CampaignFactory, ContactFactory, LeadFactory

pytestmark = pytest.mark.django_db
HEAD = "公司名称,联系人,手机,邮箱\n"


def upload(text, name="展会名单.csv", encoding="utf-8"):
    return SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode(encoding))


def bring_in(text, by, encoding="utf-8", name="展会名单.csv", **choices):
    received = imports.receive(upload(text, name, encoding), by=by)
    choices = {"columns": received.columns, **choices}
    return work_off(imports.start(received, by=by, **choices))


def work_off(started):
    jobs.run(started.job.pk)
    started.refresh_from_db()
    assert started.job.status == Job.Status.SUCCEEDED, started.job.error
    return started


def outcomes(lead_import):
    return [(row.number, row.outcome) for row in lead_import.rows.all()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_chinese_list_is_brought_in_whatever_its_encoding(people, encoding):
    done = bring_in(HEAD + "华兴制造,张伟,13800001111,\n云帆信息,李敏,,li@example.com\n", people["marketing"], encoding)
    assert done.counts == {"created": 2, "refused": 0, "skipped": 0}
    lead = Lead.objects.get(phone="13800001111")
    assert (lead.company_name, lead.contact_name, lead.status, lead.owner) == ("华兴制造", "张伟", "new", None)


def test_an_imported_lead_has_all_that_a_lead_has(people):
    campaign = CampaignFactory(channel="exhibition")
    bring_in(HEAD + "华兴制造,张伟,13800001111,\n", people["marketing"], campaign=campaign)
    lead = Lead.objects.get()
    event = events.of_record(lead).get()
    assert (event.verb, event.source, event.actor) == ("created", Event.Source.IMPORT, people["marketing"])
    assert event.case_id == lead.case_id and lead.number.startswith("L-")
    assert (lead.campaign, lead.channel, lead.created_by) == (campaign, "exhibition", people["marketing"])
    assert search.narrow(Lead.objects.all(), "兴制").get() == lead
    assert "row 2" in event.data["text"]


def test_a_line_break_inside_quotes_stays_in_its_cell(people):
    bring_in('company,phone,notes\nA,13800001111,"first\nsecond"\nB,13800002222,x\n', people["marketing"])
    assert Lead.objects.get(company_name="A").need == "first\nsecond"
    assert Lead.objects.count() == 2


def test_a_bad_row_in_the_middle_stops_no_other_and_leaves_nothing_behind(people):
    text = HEAD + "A,甲,13800001111,\nB,乙,,not-a-mail\n,丙,13800003333,\nD,丁,13800004444,\n"
    done = bring_in(text, people["marketing"])
    assert outcomes(done) == [(2, "created"), (3, "refused"), (4, "refused"), (5, "created")]
    assert "E-mail" in done.rows.get(number=3).reason
    assert Lead.objects.count() == Case.objects.count() == 2


def test_the_same_file_twice_adds_nothing_and_says_so(people):
    text = HEAD + "华兴制造,张伟,13800001111,\n"
    bring_in(text, people["marketing"])
    with pytest.raises(ValidationError, match="Nothing was added"):
        imports.receive(upload(text, "renamed.csv"), by=people["manager"])
    assert Lead.objects.count() == LeadImport.objects.count() == 1


def test_a_file_whose_columns_are_not_matched_yet_is_gone_on_with(people):
    text = HEAD + "华兴制造,张伟,13800001111,\n"
    first = imports.receive(upload(text), by=people["marketing"])
    assert imports.receive(upload(text), by=people["marketing"]) == first


def test_duplicates_in_the_file_and_of_known_people_are_refused_with_the_reason(people):
    LeadFactory(phone="138 0000 1111", owner=people["colleague"], status="assigned")
    ContactFactory(email="known@example.com")
    text = HEAD + "A,甲,+86 13800001111,\nB,乙,,Known@Example.com\nC,丙,13800003333,\nD,丁,13800003333,\n"
    done = bring_in(text, people["marketing"])
    assert outcomes(done) == [(2, "refused"), (3, "refused"), (4, "created"), (5, "refused")]
    reasons = [row.reason for row in done.rows.all()]
    assert "Colleague" in reasons[0] and "contact" in reasons[1] and "row 4" in reasons[3]


def test_a_duplicate_far_below_names_the_row_too(people, monkeypatch):
    monkeypatch.setattr(imports, "CHUNK", 1)
    done = bring_in(HEAD + "A,甲,13800001111,\nB,乙,13800001111,\n", people["marketing"])
    assert "row 2" in done.rows.get(number=3).reason


def test_ids_of_the_other_system_are_kept_and_never_brought_in_twice(people):
    head = "id,company,contact\n"
    bring_in(head + "7,A,甲\n", people["marketing"], system="salesforce")
    done = bring_in(head + "7,A again,甲\n8,B,乙\n", people["marketing"], system="salesforce")
    assert outcomes(done) == [(2, "skipped"), (3, "created")]
    assert ExternalId.objects.filter(system="salesforce", record_type="lead").count() == 2


def test_the_day_a_lead_was_born_elsewhere_is_kept(people):
    text = "company,phone,created,source,industry\nA,13800001111,2025年3月4日,展会,软件\nB,13800002222,2999-01-01,,\n"
    done = bring_in(text.replace("展会", "exhibition").replace("软件", "Retail"), people["marketing"])
    lead = Lead.objects.get()
    assert (lead.created_at.year, lead.number[:6], lead.channel) == (2025, "L-2025", "exhibition")
    assert events.of_record(lead).get().occurred_at == lead.created_at
    assert "future" in done.rows.get(number=3).reason


def test_an_unknown_choice_is_refused_not_guessed(people):
    done = bring_in("company,phone,industry\nA,13800001111,Alchemy\n", people["marketing"])
    assert "Alchemy" in done.rows.get().reason


def test_a_killed_job_goes_on_where_it_was(people, monkeypatch):
    monkeypatch.setattr(imports, "CHUNK", 2)
    rows = "".join(f"C{n},P,1380000{n:04d},\n" for n in range(7))
    received = imports.receive(upload(HEAD + rows), by=people["marketing"])
    started = imports.start(received, columns=received.columns, by=people["marketing"])
    taken = []

    def dies_in_the_third_chunk(lead_import, chunk, take=imports.take):
        taken.append(chunk)
        take(lead_import, chunk)
        if len(taken) == 3:
            raise SystemExit

    with monkeypatch.context() as dying, pytest.raises(SystemExit):
        dying.setattr(imports, "take", dies_in_the_third_chunk)
        imports.run(started, started.job)
    assert Lead.objects.count() == 6
    done = work_off(started)
    assert done.counts["created"] == 7
    assert sorted(Lead.objects.values_list("company_name", flat=True)) == [f"C{n}" for n in range(7)]


def test_a_chunk_that_breaks_leaves_no_half_of_itself(people, monkeypatch):
    received = imports.receive(upload(HEAD + "A,甲,13800001111,\n"), by=people["marketing"])
    started = imports.start(received, columns=received.columns, by=people["marketing"])
    monkeypatch.setattr(imports.search, "index", lambda *leads: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        imports.run(started, started.job)
    assert not Lead.objects.exists() and not Case.objects.exists() and not started.rows.exists()


def test_a_cancelled_import_stops_keeps_what_it_has_and_can_go_on(people, monkeypatch):
    monkeypatch.setattr(imports, "CHUNK", 1)
    received = imports.receive(upload(HEAD + "A,甲,13800001111,\nB,乙,13800002222,\n"), by=people["marketing"])
    started = imports.start(received, columns=received.columns, by=people["marketing"])

    def cancels(lead_import, chunk, take=imports.take):
        take(lead_import, chunk)
        Job.objects.filter(pk=started.job.pk).update(cancel_requested=True)

    with monkeypatch.context() as cancelling:
        cancelling.setattr(imports, "take", cancels)
        jobs.run(started.job.pk)
    started.refresh_from_db()
    assert started.job.status == Job.Status.CANCELLED and started.resumable
    assert work_off(imports.resume(started, by=people["marketing"])).counts["created"] == 2


def test_an_import_of_which_nothing_came_may_be_matched_anew(people):
    done = bring_in("a,b\nA,13800001111\n", people["marketing"], columns={"company_name": 0, "email": 1})
    assert done.counts["refused"] == 1 and done.startable
    again = imports.start(done, columns={"company_name": 0, "phone": 1}, by=people["marketing"])
    assert work_off(again).counts == {"created": 1, "refused": 0, "skipped": 0}


def test_the_company_column_is_needed(people):
    received = imports.receive(upload("a,b\n1,2\n"), by=people["marketing"])
    with pytest.raises(ValidationError) as refusal:
        imports.start(received, columns={"phone": 1}, by=people["marketing"])
    assert "company_name" in refusal.value.message_dict


def test_sales_may_not_import(people, browse):
    with pytest.raises(PermissionDenied):
        imports.receive(upload(HEAD + "A,甲,1,\n"), by=people["sales"])
    assert browse(people["sales"]).get("/leads/imports/").status_code == 403


def test_who_imported_is_told_when_it_is_done(people):
    bring_in(HEAD + "A,甲,13800001111,\n", people["marketing"])
    assert "展会名单.csv" in str(Notification.objects.get(user=people["marketing"]))


def test_queries_do_not_grow_with_the_rows(people, django_assert_max_num_queries):
    rows = "".join(f"C{n},P,1380000{n:04d},c{n}@example.com\n" for n in range(300))
    received = imports.receive(upload(HEAD + rows), by=people["marketing"])
    started = imports.start(received, columns=received.columns, by=people["marketing"])
    with django_assert_max_num_queries(35):
        imports.run(started, started.job)
    assert Lead.objects.count() == 300


# Pages and API


def test_the_way_through_the_pages(people, browse, django_capture_on_commit_callbacks):
    client = browse(people["marketing"])
    assert "/leads/imports/" in client.get("/leads/").content.decode()
    text = HEAD + "华兴制造,张伟,13800001111,\n=cmd,,,\n"
    matching = client.post("/leads/imports/", {"file": upload(text)}, follow=True)
    assert "华兴制造" in matching.content.decode()
    address = matching.redirect_chain[-1][0]
    with django_capture_on_commit_callbacks(execute=True):
        chosen = {"column_company_name": 0, "column_contact_name": 1, "column_phone": 2, "channel": "exhibition"}
        assert client.post(address, chosen).status_code == 302
    page = client.get(address).content.decode()
    assert "Refused" in page and "=cmd" in page
    assert "progress-box" in client.get(address, headers={"HX-Request": "true"}).content.decode()
    refused = b"".join(client.get(f"{address}refused.csv").streaming_content).decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(refused))
    assert header[:4] == HEAD.strip().split(",") and row[0] == "'=cmd" and row[4]
    book = load_workbook(io.BytesIO(b"".join(client.get(f"{address}refused.xlsx").streaming_content)))
    assert book.active["A2"].value == "'=cmd"


def test_a_file_that_cannot_be_read_is_refused_beside_the_field(people, browse):
    answer = browse(people["marketing"]).post("/leads/imports/", {"file": upload(b"MZ", "list.exe")})
    assert answer.status_code == 422
    assert "csv, txt, tsv, xlsx, xls" in answer.content.decode()


def test_a_managers_import_is_their_own_business_but_marketing_sees_all(people, browse):
    done = bring_in(HEAD + "A,甲,13800001111,\n", people["marketing"])
    assert browse(people["manager"]).get(done.get_absolute_url()).status_code == 404


def test_the_way_over_the_api(people, call, django_capture_on_commit_callbacks):
    client = call(people["marketing"])
    file = upload(HEAD + "华兴制造,张伟,13800001111,\nB,,,\n")
    with django_capture_on_commit_callbacks(execute=True):
        made = client.post("/api/v1/lead-imports/", {"file": file, "channel": "social"}, format="multipart")
    assert made.status_code == 201, made.json()
    told = client.get(f"/api/v1/lead-imports/{made.json()['id']}/").json()
    assert (told["status"], told["counts"]["created"], told["counts"]["refused"]) == ("succeeded", 1, 1)
    rows = client.get(f"/api/v1/lead-imports/{told['id']}/rows/?outcome=refused").json()
    assert rows["results"][0]["number"] == 3
    file.seek(0)
    again = client.post("/api/v1/lead-imports/", {"file": file}, format="multipart")
    assert again.status_code == 400 and "file" in again.json()["errors"]
    assert call(people["sales"]).get("/api/v1/lead-imports/").status_code == 403
