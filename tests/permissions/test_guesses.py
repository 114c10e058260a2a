"""What is another's is not reached by guessing: a number in the address, a key in a field, a name in a parameter."""

import io

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from billing.models import JournalFormat
from crm import jobs
from crm import people as accounts
from crm.bulk import start as start_bulk
from crm.imports.files import receive
from crm.links import key_of
from crm.models import (
    ApiToken,
    Attachment,
    Comment,
    Event,
    FollowUp,
    Merge,
    Notification,
    SavedView,
)
from crm.web import exports
from crm.web.lists import LISTS
from kpis.definitions import REGISTRY
from tests.factories import CustomerFactory, LeadFactory, QuoteFactory
from tests.imports.files import bring_in, upload
from tests.permissions import oracle
from tests.permissions.leaks import hidden_from, leaked

pytestmark = pytest.mark.django_db


def text_of(record, people):
    """What hangs on a record: a word of each kind."""
    at = {"record_type": record._meta.model_name, "record_id": record.pk}
    said = Comment.objects.create(author=people["stranger"], text="Hush", **at)
    return said, Attachment.objects.filter(**at).first()


# Numbers in addresses

PRIVATE = {  # what the stranger has -> the addresses at which the rep tries its number
    "token": ["post /profile/tokens/{}/revoke/"],
    "event": ["get /api/v1/events/{}/"],
    "case": ["get /api/v1/cases/{}/"],
    "statement": ["get /billing/statements/{}/statement.zh.pdf"],
    "followup": ["get /api/v1/follow-ups/{}/", "delete /api/v1/follow-ups/{}/", "post /work/followup/{}/delete/"],
    "comment": ["post /work/comment/{}/delete/"],
    "attachment": ["post /work/attachment/{}/delete/"],
    "task": ["get /api/v1/tasks/{}/", "delete /api/v1/tasks/{}/", "post /work/task/{}/delete/"],
    "job": ["get /kpis/jobs/{}/", "get /jobs/{}/", "post /jobs/{}/cancel/", "get /api/v1/jobs/{}/"],
    "bulk": ["get /bulk/{}/"],
    "export": ["get /exports/{}/", "get /exports/{}/file"],
    "view": ["get /views/{}/", "post /views/{}/replace/", "post /views/{}/delete/", "post /views/{}/like/",
             "get /api/v1/views/{}/"],
    "import": ["get /imports/{}/", "get /imports/{}/columns/", "get /imports/{}/questions/", "post /imports/{}/start/",
               "post /imports/{}/decide/", "post /imports/{}/resume/", "post /imports/{}/cancel/",
               "post /imports/{}/undo/", "get /imports/{}/refused.csv", "get /api/v1/imports/{}/",
               "get /api/v1/imports/{}/rows/", "post /api/v1/imports/{}/run/", "post /api/v1/imports/{}/undo/"],
    "customer": ["get /merge/customer/{}/"],
    "pair": ["get /merge/customer/{0}/{1}/", "post /merge/customer/{0}/{1}/", "post /duplicates/customer/{0}/{1}/not/"],
    "merge": ["post /merges/{}/undo/", "get /api/v1/merges/{}/", "post /api/v1/merges/{}/undo/"],
    "bin": ["post /bin/{}/restore/", "post /api/v1/bin/{}/restore/"],
    "file": ["get /customers/{1}/files/{0}/"],
}  # fmt: skip


def strangers(what, inside, people):
    """The number of something the stranger has."""
    stranger, customer = people["stranger"], inside.of("customer", "stranger")
    deal = inside.of("opportunity", "stranger")
    made = {
        "token": lambda: ApiToken.make(stranger, "mine", True)[0],
        "event": lambda: Event.objects.filter(record_type="contract").latest("pk"),
        "case": lambda: deal.case,
        "statement": lambda: customer,
        "followup": lambda: FollowUp.objects.get(record_type="opportunity", record_id=deal.pk),
        "comment": lambda: text_of(customer, people)[0],
        "attachment": lambda: text_of(deal, people)[1],
        "task": lambda: inside.of("task", "stranger"),
        "job": lambda: inside.of("job", "stranger"),
        "bulk": lambda: start_bulk(list_key="crm.customer", act="assign", values={}, by=stranger, keys=[customer.pk]),
        "export": lambda: exports.note("crm.customer", "", "csv", 1, stranger),
        "view": lambda: SavedView.objects.create(list_key="crm.customer", name="mine", owner=stranger),
        "import": lambda: receive(upload("公司名称\n甲\n"), "customers", by=stranger),
        "customer": lambda: customer,
        "merge": lambda: Merge.objects.create(
            record_type="customer", survivor_id=customer.pk, loser_id=0, title="x", until=customer.created_at
        ),
        "bin": lambda: inside.of("binentry", "stranger"),
    }
    return made[what]()


def numbers(what, inside, people):
    mine, theirs = inside.of("customer", "sales"), inside.of("customer", "stranger")
    if what == "pair":
        return mine.pk, theirs.pk
    if what == "file":
        return text_of(inside.of("opportunity", "stranger"), people)[1].pk, mine.pk
    return (strangers(what, inside, people).pk,)


@pytest.mark.parametrize("what", PRIVATE)
def test_what_is_anothers_is_not_found_by_its_number(inside, people, browse, call, what):
    given = numbers(what, inside, people)
    page, api = browse(people["sales"]), call(people["sales"])
    for asked in PRIVATE[what]:
        method, address = asked.format(*given).split()
        answer = getattr(api if address.startswith("/api/") else page, method)(address)
        assert answer.status_code == 404, f"{asked}: {answer.status_code}"


def test_a_token_of_ones_own_is_revoked_and_anothers_lives_on(people, browse):
    tokens = {name: ApiToken.make(people[name], "t", False)[0] for name in ("sales", "stranger")}
    for token in tokens.values():
        browse(people["sales"]).post(f"/profile/tokens/{token.pk}/revoke/")
        token.refresh_from_db()
    assert (tokens["sales"].revoked_at is None, tokens["stranger"].revoked_at is None) == (False, True)


def test_a_token_reaches_no_further_than_its_person_and_dies_with_the_account(inside, people):
    _token, key = accounts.make_token(name="t", may_write=True, by=people["sales"])
    client = Client(headers={"authorization": f"Bearer {key}"})
    theirs = inside.of("contract", "stranger")
    assert client.get(f"/api/v1/contracts/{theirs.pk}/").status_code == 404
    assert client.get(f"/api/v1/contracts/{inside.of('contract', 'sales').pk}/").status_code == 200
    people["sales"].is_active = False
    people["sales"].save()
    assert client.get("/api/v1/contracts/").status_code == 401


def test_a_token_that_may_only_read_writes_nothing(inside, people):
    _token, key = accounts.make_token(name="t", may_write=False, by=people["sales"])
    client = Client(headers={"authorization": f"Bearer {key}"})
    assert client.post("/api/v1/customers/", {"name": "X"}, content_type="application/json").status_code == 403
    assert client.get("/api/v1/customers/").status_code == 200


@pytest.mark.parametrize("who", ["marketing", "sales", "sales_support", "manager", "boss", "admin", "operations"])
def test_the_journal_is_finances_alone(inside, people, browse, who):
    JournalFormat.fill()
    address = f"/periods/{inside.of('period')[0].pk}/journal/mark.csv"
    assert browse(people[who]).get(address).status_code == 403
    assert browse(people["finance"]).get(address).status_code == 200


def test_the_bell_rings_for_its_owner_alone(people, browse):
    Notification.objects.create(user=people["stranger"], text="Only for the stranger")
    page = browse(people["sales"]).get("/notifications/?page=1&user=" + str(people["stranger"].pk))
    assert "Only for the stranger" not in page.content.decode()
    assert Notification.objects.get(text="Only for the stranger").read_at is None


# Keys in fields


def fields(inside):
    """(address of a form or endpoint, field, key of a record the rep does not see, all else it asks for)."""
    theirs = {kind: inside.of(kind, "stranger").pk for kind in ("customer", "lead", "opportunity", "contract", "order")}
    theirs |= {"invoice": inside.of("invoice", "stranger").pk, "contact": inside.of("contact", "stranger").pk}
    return [
        ("contacts", "customer", theirs["customer"], {"name": "X"}),
        ("billing-titles", "customer", theirs["customer"], {"title": "X", "tax_number": "91310000000000000X"}),
        ("opportunities", "customer", theirs["customer"], {"name": "X", "amount": "1"}),
        ("opportunities", "contact", theirs["contact"], {"name": "X", "amount": "1"}),
        ("quotes", "opportunity", theirs["opportunity"], {}),
        ("contracts", "customer", theirs["customer"], {"title": "X"}),
        ("contracts", "opportunity", theirs["opportunity"], {"title": "X"}),
        ("orders", "contract", theirs["contract"], {}),
        ("invoices", "contract", theirs["contract"], {}),
        ("payments", "invoice", theirs["invoice"], {"amount": "1", "received_on": "2026-01-05"}),
        ("tickets", "contact", theirs["contact"], {"title": "X"}),
        ("tickets", "order", theirs["order"], {"title": "X"}),
        ("follow-ups", "record_id", theirs["lead"], {"record_type": "lead", "kind": "call", "summary": "X"}),
    ]


def test_no_field_takes_a_record_out_of_sight(inside, people, browse, call):
    page, api, wrong = browse(people["sales"]), call(people["sales"]), []
    for records, field, key, rest in fields(inside):
        answer = api.post(f"/api/v1/{records}/", {**rest, field: key}, format="json")
        if answer.status_code != 400 or field not in answer.json().get("errors", answer.json()):
            wrong.append(f"API {records}.{field}: {answer.status_code} {answer.content[:200]}")
        if records == "follow-ups":
            continue
        answer = page.post(f"/{records}/new/", {**rest, field: key})
        form = answer.context["form"] if answer.status_code == 422 else None
        if form is None or (field in form.fields and field not in form.errors):
            wrong.append(f"page {records}.{field}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_a_prefilled_form_names_nobody_out_of_sight(inside, people, browse):
    page, hidden = browse(people["sales"]), hidden_from(people["sales"], inside)
    for records, field, key, _rest in fields(inside):
        if records != "follow-ups":
            assert leaked(page.get(f"/{records}/new/", {field: key}), hidden) == [], (records, field)


NOT_TAKEN = {"status": "converted", "number": "L-1", "case": 1, "created_by": 1, "id": 7, "version": 99}


def test_what_no_one_may_set_is_not_set(inside, people, call):
    lead = inside.of("lead", "sales")
    before = {name: getattr(lead, name) for name in ("status", "number", "case_id", "created_by_id", "pk")}
    assert call(people["sales"]).patch(f"/api/v1/leads/{lead.pk}/", {**NOT_TAKEN, "need": "X"}).status_code == 200
    lead.refresh_from_db()
    assert {name: getattr(lead, name) for name in before} == before


@pytest.mark.parametrize("records", ["customers", "leads", "opportunities"])
def test_a_rep_gives_nothing_to_another_by_an_edit(inside, people, call, records):
    mine = inside.of({"customers": "customer", "leads": "lead", "opportunities": "opportunity"}[records], "sales")
    call(people["sales"]).patch(f"/api/v1/{records}/{mine.pk}/", {"owner": people["stranger"].pk})
    assert type(mine).objects.get(pk=mine.pk).owner_id == people["sales"].pk


def test_nothing_is_merged_with_a_record_out_of_sight(inside, people, call):
    mine, theirs = inside.of("customer", "sales"), inside.of("customer", "stranger")
    api = call(people["sales"])
    assert api.post(f"/api/v1/customers/{theirs.pk}/merge/", {"loser": mine.pk}).status_code == 404
    assert api.post(f"/api/v1/customers/{mine.pk}/merge/", {"loser": theirs.pk}).status_code == 400


def test_rows_of_a_file_go_to_nobody_out_of_reach(people):
    given = {}
    for who in ("sales", "manager"):
        rows = f"公司名称,负责人\n甲{who},Stranger\n乙{who},Sales\n丙{who},Colleague\n"
        run = bring_in("customers", rows, people[who], columns={"name": 0, "owner": 1})
        given[who] = [row.outcome for row in run.rows.order_by("number")]
    assert given["sales"] == ["refused", "created", "refused"]
    assert given["manager"][0] == "refused" and given["manager"][2] == "created"


def test_an_act_on_many_passes_over_those_out_of_sight(inside, people, browse, call):
    mine, theirs = inside.of("lead", "sales"), inside.of("lead", "stranger")
    asked = {"act": "disqualify", "go": "1", "reason": "Gone", "pk": [mine.pk, theirs.pk], "query": ""}
    answer = browse(people["sales"]).post("/leads/bulk/", asked)
    page = browse(people["sales"]).get(answer.url).content.decode()
    theirs.refresh_from_db()
    assert theirs.status == "contacted" and "mark-stranger-lead" not in page
    rows = [{"id": theirs.pk, "need": "X"}]
    told = call(people["sales"]).post("/api/v1/leads/bulk/", {"rows": rows}, format="json").content.decode()
    theirs.refresh_from_db()
    assert theirs.need != "X" and "mark-stranger" not in told


# Names in parameters


@pytest.mark.parametrize("who", ["sales", "colleague", "sales_support", "manager", "marketing", "teamless support"])
def test_numbers_of_others_are_not_narrowed_to(people, browse, call, who):
    other = f"person={people['stranger'].pk}", f"team={people['stranger'].team_id}"
    for narrowed in other:
        for address in ("/kpis/", "/kpis/revenue/rows/", "/kpis/revenue/rows/export.csv"):
            assert browse(people[who]).get(f"{address}?{narrowed}").status_code == 404, (address, narrowed)
        for address in ("revenue/", "revenue/rows/"):
            assert call(people[who]).get(f"/api/v1/kpis/{address}?{narrowed}").status_code == 404, (address, narrowed)


@pytest.mark.parametrize("who", ["sales", "marketing", "operations"])
def test_the_rows_behind_no_number_tell_what_one_does_not_see(inside, people, browse, call, who):
    hidden, wrong = hidden_from(people[who], inside), []
    for key, kpi in REGISTRY.items():
        for part in kpi.parts:
            answer = browse(people[who]).get(f"/kpis/{key}/rows/export.csv", {"part": part})
            wrong += [(key, part, leak) for leak in leaked(answer, hidden)]
    answer = call(people[who]).get("/api/v1/kpis/revenue/rows/")
    assert not wrong and leaked(answer, hidden) == []


@pytest.mark.parametrize("who", ["sales", "sales_support", "operations", "service", "marketing"])
def test_no_sheet_holds_what_one_does_not_see(inside, people, browse, who):
    hidden, wrong = hidden_from(people[who], inside), []
    for key, pages in LISTS.items():
        if not oracle.reach(people[who], oracle.view(pages.model())):
            continue
        answer = browse(people[who]).get(reverse(pages.url_name("export"), args=["xlsx"]))
        sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content)), read_only=True).active
        cells = " ".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row)
        wrong += [(key, secret) for secret in hidden if secret in cells]
    assert not wrong


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_list_written_by_a_job_holds_what_its_owner_sees(inside, people, kind):
    export = exports.start("crm.customer", "", kind, 9, people["sales"])
    jobs.run(export.job.pk)
    export.refresh_from_db()
    assert export.rows == 1


@pytest.mark.parametrize(("address", "term"), [("invoices", "gross"), ("invoices", "balance"), ("campaigns", "budget")])
def test_nothing_is_ranked_by_an_amount_one_does_not_see(inside, people, call, address, term):
    who = people["operations" if address == "invoices" else "sales"]
    orders = [
        [row["id"] for row in call(who).get(f"/api/v1/{address}/", {"o": asked}).json()["results"]]
        for asked in (term, f"-{term}")
    ]
    assert orders[0] == orders[1]


def test_a_filter_counts_nothing_out_of_sight(inside, people, call):
    theirs = inside.of("customer", "stranger").pk
    for records in ("contacts", "opportunities", "contracts", "orders", "invoices", "payments"):
        answer = call(people["sales"]).get(f"/api/v1/{records}/", {"customer": theirs})
        found = answer.json().get("results") if answer.status_code == 200 else []
        assert not found, records


def test_a_likely_duplicate_is_told_with_its_owner_and_without_its_contacts(people, browse, call):
    CustomerFactory(name="华兴制造", phone="13812345678", owner=people["stranger"])
    LeadFactory(company_name="云帆信息", phone="13987654321", email="boss@yunfan.cn", owner=people["stranger"])
    for typed in ({"phone": "13812345678"}, {"phone": "13987654321"}, {"email": "boss@yunfan.cn"}):
        page = browse(people["sales"]).get("/leads/similar/", typed).content.decode()
        api = str(call(people["sales"]).get("/api/v1/leads/similar/", typed).json())
        for told in (page, api):
            assert "Stranger" in told
            assert not any(kept in told for kept in ("13812345678", "13987654321", "boss@yunfan.cn"))


# Links and returns

SECRET = ["/q/{}/", "/q/{}/quote.pdf", "/i/{}/", "/i/{}/invoice.pdf", "/s/{}/", "/forms/lead/{}/"]


@pytest.mark.parametrize("address", SECRET)
def test_a_secret_link_is_not_guessed(inside, client, address):
    quote, invoice = QuoteFactory(), inside.of("invoice", "sales")
    for key in ("1", str(invoice.pk), invoice.number, "0" * 64, key_of(quote), "%00"):
        assert client.get(address.format(key)).status_code == 404, key


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example/", "https:evil.example", "/\\evil.example"])
def test_nobody_is_led_away(people, client, browse, inside, where):
    people["sales"].set_password("lead-to-cash")
    people["sales"].save()
    entered = {"login": people["sales"].email, "password": "lead-to-cash", "next": where}
    answers = [client.post("/account/login/", entered), client.post("/language/", {"language": "en", "next": where})]
    task = inside.of("task", "sales")
    answers.append(browse(people["sales"]).post(f"/tasks/{task.pk}/done/", {"next": where}, headers={"referer": where}))
    assert [answer.get("Location", "") for answer in answers if "evil" in answer.get("Location", "")] == []
