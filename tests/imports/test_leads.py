"""Leads from files: never half a row, never a row twice."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from crm import events, jobs, search
from crm.imports import answers, batches, running
from crm.models import Case, Event, ExternalId, ImportRun, Job, Notification
from leads.models import Lead
from tests.factories import CampaignFactory, ContactFactory, LeadFactory
from tests.imports.files import bring_in, look_ahead, outcomes, reason, receive, work_off

pytestmark = pytest.mark.django_db
HEAD = "公司名称,联系人,手机,邮箱\n"
ONE = HEAD + "华兴制造,张伟,13800001111,\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_chinese_list_is_brought_in_whatever_its_encoding(people, encoding):
    text = HEAD + "华兴制造,张伟,13800001111,\n云帆信息,李敏,,li@example.com\n"
    done = bring_in("leads", text, people["marketing"], encoding)
    assert done.counts == {"created": 2, "updated": 0, "skipped": 0, "refused": 0}
    lead = Lead.objects.get(phone="13800001111")
    assert (lead.company_name, lead.contact_name, lead.status, lead.owner) == ("华兴制造", "张伟", "new", None)


def test_an_imported_lead_has_all_that_a_lead_has(people):
    campaign = CampaignFactory(channel="exhibition")
    bring_in("leads", ONE, people["marketing"], whole={"campaign": campaign.pk})
    lead = Lead.objects.get()
    event = events.of_record(lead).get()
    assert (event.verb, event.source, event.actor) == ("created", Event.Source.IMPORT, people["marketing"])
    assert event.case_id == lead.case_id and lead.number.startswith("L-")
    assert (lead.campaign, lead.channel, lead.created_by) == (campaign, "exhibition", people["marketing"])
    assert search.narrow(Lead.objects.all(), "兴制").get() == lead
    assert "row 2" in event.data["text"]


def test_the_preview_writes_nothing(people):
    run = look_ahead("leads", ONE + ",,,\n云帆,,,not-a-mail\n", people["marketing"])
    assert not Lead.objects.exists() and not Case.objects.exists() and not Event.objects.exists()
    assert run.counts == {"created": 1, "updated": 0, "skipped": 0, "refused": 1}


def test_nothing_is_imported_without_a_preview(people):
    run = receive("leads", ONE, people["marketing"])
    with pytest.raises(ValidationError, match="preview"):
        running.start(run, by=people["marketing"])


def test_a_line_break_inside_quotes_stays_in_its_cell(people):
    text = 'company,phone,notes\nA,13800001111,"first\nsecond"\nB,13800002222,x\n'
    bring_in("leads", text, people["marketing"])
    assert Lead.objects.get(company_name="A").need == "first\nsecond"
    assert Lead.objects.count() == 2


def test_a_bad_row_in_the_middle_stops_no_other_and_leaves_nothing_behind(people):
    text = HEAD + "A,甲,13800001111,\nB,乙,,not-a-mail\n,丙,13800003333,\nD,丁,13800004444,\n"
    done = bring_in("leads", text, people["marketing"])
    assert outcomes(done) == [(2, "created"), (3, "refused"), (4, "refused"), (5, "created")]
    assert "E-mail" in reason(done, 3) and "Company" in reason(done, 4)
    assert Lead.objects.count() == Case.objects.count() == 2


def test_the_same_file_twice_adds_nothing_and_says_so(people):
    bring_in("leads", ONE, people["marketing"])
    with pytest.raises(ValidationError, match="Nothing was added"):
        receive("leads", ONE, people["manager"], name="renamed.csv")
    assert Lead.objects.count() == ImportRun.objects.count() == 1


def test_a_file_that_was_not_imported_yet_is_gone_on_with(people):
    first = receive("leads", ONE, people["marketing"])
    assert receive("leads", ONE, people["marketing"]) == first


def test_likely_duplicates_are_left_out_unless_one_decides_otherwise(people):
    LeadFactory(phone="138 0000 1111", owner=people["colleague"], status="assigned")
    ContactFactory(email="known@example.com")
    text = HEAD + "A,甲,+86 13800001111,\nB,乙,,Known@Example.com\nC,丙,13800003333,\nD,丁,13800003333,\n"
    run = look_ahead("leads", text, people["marketing"])
    assert outcomes(run) == [(2, "skipped"), (3, "skipped"), (4, "created"), (5, "skipped")]
    assert "Colleague" in reason(run, 2) and "contact" in reason(run, 3) and "row 4" in reason(run, 5)
    running.decide(run, decision="update", numbers=[2, 3], by=people["marketing"])  # 3 is no lead: it stays as it was
    assert outcomes(run)[:2] == [(2, "updated"), (3, "skipped")]
    running.decide(run, decision="create", numbers=[3], by=people["marketing"])
    done = work_off(running.start(run, by=people["marketing"]))
    assert outcomes(done) == [(2, "updated"), (3, "created"), (4, "created"), (5, "skipped")]
    assert Lead.objects.get(owner=people["colleague"]).company_name == "A"


def test_a_duplicate_far_below_is_noticed_too(people, monkeypatch):
    monkeypatch.setattr(batches, "CHUNK", 1)
    done = bring_in("leads", HEAD + "A,甲,13800001111,\nB,乙,13800001111,\n", people["marketing"])
    assert outcomes(done) == [(2, "created"), (3, "skipped")]


def test_ids_of_the_other_system_are_kept_and_never_brought_in_twice(people):
    head = "id,company,contact\n"
    bring_in("leads", head + "7,A,甲\n", people["marketing"], system="salesforce")
    done = bring_in("leads", head + "7,A again,甲\n8,B,乙\n", people["marketing"], system="salesforce")
    assert outcomes(done) == [(2, "skipped"), (3, "created")]
    assert ExternalId.objects.filter(system="salesforce", record_type="lead").count() == 2


def test_day_state_and_owner_of_the_old_system_are_kept(people):
    head = "company,phone,created,source,owner,status\n"
    text = head + "A,13800001111,2025年3月4日,展会,Sales,跟进中\nB,13800002222,2999-01-01,,,\n"
    done = bring_in("leads", text, people["marketing"])
    lead = Lead.objects.get()
    assert (lead.created_at.year, lead.number[:6], lead.channel) == (2025, "L-2025", "exhibition")
    assert (lead.owner, lead.status) == (people["sales"], "contacted")
    event = events.of_record(lead).get()
    assert (event.occurred_at, event.to_state) == (lead.created_at, "contacted")
    assert "future" in reason(done, 3)


def test_an_update_changes_only_what_is_in_the_file(people):
    lead = LeadFactory(phone="13800001111", company_name="A", contact_name="甲", region="华东", need="old")
    text = "phone,need,region,status\n13800001111,new,,qualified\n13800009999,x,,\n"
    said = {"mode": "update", "key": "phone"}
    done = bring_in("leads", text, people["marketing"], **said)
    assert outcomes(done) == [(2, "updated"), (3, "skipped")]
    lead.refresh_from_db()
    assert (lead.need, lead.region, lead.contact_name, lead.status, lead.version) == ("new", "华东", "甲", "new", 2)
    event = events.of_record(lead).get()
    assert event.data["changes"] == {"need": ["old", "new"]} and event.source == "import"


def test_a_manager_neither_changes_nor_gives_away_beyond_the_own_team(people):
    LeadFactory(phone="13800001111", owner=people["stranger"], status="assigned", need="old")
    text = "company,phone,need,owner\nA,13800001111,new,\nB,13800002222,,Stranger\nC,13800003333,,Sales\n"
    done = bring_in("leads", text, people["manager"], mode="both", key="phone")
    assert outcomes(done) == [(2, "refused"), (3, "refused"), (4, "created")]
    assert Lead.objects.get(phone="13800001111").need == "old"


def test_an_unknown_choice_is_refused_not_guessed(people):
    done = bring_in("leads", "company,phone,industry\nA,13800001111,Alchemy\n", people["marketing"])
    assert "Alchemy" in done.rows.get().reason


def kill(run, monkeypatch):
    """Let the job die after its third chunk of two rows."""
    taken, take = [], running.take

    def dies(batch, rows):
        take(batch, rows)
        taken.append(rows)
        if len(taken) == 3:
            raise SystemExit

    with monkeypatch.context() as dying, pytest.raises(SystemExit):
        dying.setattr(running, "take", dies)
        running.bring_in(run.job, run.pk)


def test_a_killed_job_goes_on_where_it_was(people, monkeypatch):
    monkeypatch.setattr(batches, "CHUNK", 2)
    rows = "".join(f"C{n},P,1380000{n:04d},\n" for n in range(7))
    run = running.start(look_ahead("leads", HEAD + rows, people["marketing"]), by=people["marketing"])
    kill(run, monkeypatch)
    assert Lead.objects.count() == 6
    assert work_off(run).counts["created"] == 7
    assert sorted(Lead.objects.values_list("company_name", flat=True)) == [f"C{n}" for n in range(7)]


def test_a_chunk_that_breaks_leaves_no_half_of_itself(people, monkeypatch):
    run = running.start(look_ahead("leads", ONE, people["marketing"]), by=people["marketing"])
    monkeypatch.setattr(search, "index", lambda *leads: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        running.bring_in(run.job, run.pk)
    assert not Lead.objects.exists() and not Case.objects.exists() and not run.traces.exists()


def test_a_cancelled_import_stops_keeps_what_it_has_and_can_go_on(people, monkeypatch):
    monkeypatch.setattr(batches, "CHUNK", 1)
    text = HEAD + "A,甲,13800001111,\nB,乙,13800002222,\n"
    run = running.start(look_ahead("leads", text, people["marketing"]), by=people["marketing"])

    def cancels(batch, rows, take=running.take):
        take(batch, rows)
        Job.objects.filter(pk=run.job.pk).update(cancel_requested=True)

    with monkeypatch.context() as cancelling:
        cancelling.setattr(running, "take", cancels)
        jobs.run(run.job.pk)
    run.refresh_from_db()
    assert run.state == "stopped" and Lead.objects.count() == 1
    assert work_off(running.resume(run, by=people["marketing"])).counts["created"] == 2


def test_the_company_column_is_needed(people):
    run = receive("leads", "a,b\n1,2\n", people["marketing"])
    with pytest.raises(ValidationError) as refusal:
        answers.give(run, columns={"phone": 1}, by=people["marketing"])
    assert "company_name" in refusal.value.message_dict


def test_sales_may_not_import_leads(people, browse):
    with pytest.raises(PermissionDenied):
        receive("leads", ONE, people["sales"])


def test_who_imported_is_told_when_it_is_done(people):
    bring_in("leads", ONE, people["marketing"])
    assert "展会名单.csv" in str(Notification.objects.get(user=people["marketing"]))


def test_queries_do_not_grow_with_the_rows(people, django_assert_max_num_queries):
    rows = "".join(f"C{n},P,1380000{n:04d},c{n}@example.com\n" for n in range(300))
    run = running.start(look_ahead("leads", HEAD + rows, people["marketing"]), by=people["marketing"])
    with django_assert_max_num_queries(45):
        running.bring_in(run.job, run.pk)
    assert Lead.objects.count() == 300


def test_odd_texts_survive_word_for_word(people):
    odd = [
        "=1+1",
        "a\\b\\n\\t",
        'say "hi", bye',
        "tab\there",
        "😀 ‮rtl",
        "'; DROP TABLE x; --",
        "<script>",
        "line\nbreak",
    ]
    rows = "".join(f'"{text.replace(chr(34), chr(34) * 2)}",P{n},13800001{n:03d},\n' for n, text in enumerate(odd))
    bring_in("leads", HEAD + rows, people["marketing"])
    assert set(Lead.objects.values_list("company_name", flat=True)) == set(odd)
