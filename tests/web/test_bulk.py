"""One act on many records: each judged by itself, none twice, all told."""

import pytest

from crm import bulk, jobs
from crm.models import BulkRun, Event, Job, Notification
from crm.web.bulk import work_off
from crm.web.lists import pages_of
from leads.models import Lead
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db
URL = "/leads/bulk/"


def mine(people, number=1, **values):
    return LeadFactory.create_batch(number, owner=people["sales"], **{"status": "assigned"} | values)


def disqualify(client, keys, **more):
    asked = {"act": "disqualify", "go": "1", "reason": "Gone", "pk": [record.pk for record in keys], "query": ""}
    return client.post(URL, asked | more)


def results(run):
    return dict(run.outcomes.values_list("record_id", "result"))


def test_an_act_first_asks_for_what_it_needs_and_keeps_the_ticks(people, browse):
    leads = mine(people, 2)
    page = browse(people["sales"]).post(URL, {"act": "disqualify", "pk": [lead.pk for lead in leads], "query": ""})
    html = page.content.decode()
    assert page.status_code == 200
    assert "Disqualify: 2 records" in html
    assert all(f'name="pk" value="{lead.pk}"' in html for lead in leads)
    assert not BulkRun.objects.exists()


def test_what_is_missing_is_said_beside_its_field(people, browse):
    assert disqualify(browse(people["sales"]), mine(people), reason="").status_code == 422
    assert not BulkRun.objects.exists()


def test_each_record_is_judged_by_its_own_state_and_owner(people, browse):
    good, over = mine(people)[0], mine(people, status="converted")[0]
    others = LeadFactory(owner=people["stranger"], status="assigned")
    answer = disqualify(browse(people["sales"]), [good, over, others])
    run = BulkRun.objects.get()
    assert answer.url == f"/bulk/{run.pk}/"
    assert results(run) == {good.pk: "done", over.pk: "refused", others.pk: "refused"}
    assert Lead.objects.get(pk=good.pk).disqualified_reason == "Gone"
    page = browse(people["sales"]).get(answer.url).content.decode()
    assert over.get_absolute_url() in page
    assert "this step is not possible now" in page
    assert "you may not see it" in page
    assert others.company_name not in page


def test_the_act_is_the_verb_itself_with_its_event(people, browse):
    lead = mine(people)[0]
    disqualify(browse(people["sales"]), [lead])
    event = Event.objects.get(record_type="lead", record_id=lead.pk, verb="disqualify")
    assert (event.actor, event.reason) == (people["sales"], "Gone")


def test_an_act_ones_role_may_not_do_is_not_offered_nor_done(people, browse):
    client = browse(people["sales"])
    lead = mine(people)[0]
    assert 'name="act" value="assign"' not in client.get("/leads/").content.decode()
    assert (
        client.post(URL, {"act": "assign", "go": "1", "pk": lead.pk, "owner": people["colleague"].pk}).status_code
        == 404
    )
    assert client.post(URL, {"act": "convert", "go": "1", "pk": lead.pk}).status_code == 404


def test_marketing_hands_out_many_leads_at_once(people, browse):
    leads = LeadFactory.create_batch(3)
    asked = {"act": "assign", "go": "1", "pk": [lead.pk for lead in leads], "owner": people["colleague"].pk}
    browse(people["marketing"]).post(URL, asked)
    assert set(Lead.objects.values_list("owner", "status")) == {(people["colleague"].pk, "assigned")}


def test_all_that_match_are_those_of_the_filter_when_it_starts(people, browse, django_capture_on_commit_callbacks):
    kept, gone = mine(people, channel="website"), mine(people, 60, channel="referral")
    with django_capture_on_commit_callbacks(execute=True):
        answer = disqualify(browse(people["sales"]), [], all="1", query="channel=referral")
    run = BulkRun.objects.get()
    assert run.job.status == Job.Status.SUCCEEDED
    assert set(results(run)) == {lead.pk for lead in gone}
    assert Lead.objects.get(pk=kept[0].pk).status == "assigned"
    note = Notification.objects.get(user=people["sales"])
    assert (note.url, note.values) == (answer.url, {"done": 60, "refused": 0})


def test_a_run_that_was_interrupted_goes_on_and_does_no_record_twice(people):
    leads = mine(people, 3)
    run = bulk.start(list_key="leads.lead", act="disqualify", values={"reason": ["Gone"]}, by=people["sales"],
                     keys=[lead.pk for lead in leads])  # fmt: skip

    def die(done, total):
        raise KeyboardInterrupt

    run.outcomes.filter(record_id=leads[0].pk).update(result="done")
    with pytest.raises(KeyboardInterrupt):
        work_off(run, pages_of("leads.lead"), told=die)
    work_off(run, pages_of("leads.lead"))
    assert set(results(run).values()) == {"done"}
    assert Event.objects.filter(verb="disqualify").count() == 2
    work_off(run, pages_of("leads.lead"))
    assert Event.objects.filter(verb="disqualify").count() == 2


def test_a_run_called_off_leaves_the_rest_alone(people):
    run = bulk.start(list_key="leads.lead", act="disqualify", values={"reason": ["Gone"]}, by=people["sales"], query="")
    mine(people, 60)
    job = Job.objects.create(task="crm.bulk", args=[run.pk], requested_by=people["sales"], cancel_requested=True)
    with pytest.raises(jobs.Cancelled):
        work_off(run, pages_of("leads.lead"), told=lambda done, total: jobs.progress(job, done, total))
    assert set(results(run).values()) == {"waiting"}


def test_a_record_on_which_the_act_breaks_stops_none_of_the_others(people, monkeypatch):
    first, second = mine(people, 2)
    run = bulk.start(list_key="leads.lead", act="x", values={}, by=people["sales"], keys=[first.pk, second.pk])

    def service(record, by):
        if record == first:
            raise RuntimeError("broken")

    bulk.do(run, bulk.BulkAct("x", "X", service), Lead.objects.all(), {})
    assert results(run) == {first.pk: "refused", second.pk: "done"}


def test_nothing_ticked_says_so(people, browse):
    answer = browse(people["sales"]).post(URL, {"act": "disqualify", "query": "status=new"}, follow=True)
    assert "Tick some rows first." in answer.content.decode()


def test_the_outcome_is_shown_to_who_asked_for_it_alone(people, browse):
    disqualify(browse(people["sales"]), mine(people))
    assert browse(people["boss"]).get(f"/bulk/{BulkRun.objects.get().pk}/").status_code == 404
