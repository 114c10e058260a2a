"""Bank pages and endpoints: wiring, roles, languages, nothing typed is lost."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from billing.models import BankAccount, BankLine, Payment
from tests.billing.bank import files
from tests.billing.bank.making import bank_account, bank_line
from tests.factories import CustomerFactory, issued_invoice

pytestmark = pytest.mark.django_db
PAGES = {
    "/bank/bench/": {"finance"},
    "/bank/lines/": {"finance"},
    "/bank/lines/export.csv": {"finance"},
    "/bank/statements/": {"finance"},
    "/bank/statements/upload/": {"finance"},
    "/bank/accounts/": {"finance", "admin"},
    "/bank/accounts/new/": {"finance", "admin"},
}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(("address", "roles"), PAGES.items())
def test_every_page_opens_for_the_roles_that_may(people, browse, address, roles, language):
    bank_line(1000, "云帆")
    for role in ("marketing", "sales", "sales_support", "operations", "finance", "service", "manager", "admin"):
        people[role].language = language
        people[role].save()
        assert browse(people[role]).get(address).status_code == (200 if role in roles else 403), role


def test_the_bench_books_what_it_proposes_and_goes_on_with_the_next_line(people, browse):
    invoice = issued_invoice(gross=1000)
    line = bank_line(1000, invoice.customer.name)
    other = bank_line(5, "?")
    client = browse(people["finance"])
    page = client.get("/bank/bench/").content.decode()
    assert f'name="invoice" value="{invoice.pk}"' in page
    data = {"line": line.pk, "invoice": invoice.pk, f"amount_{invoice.pk}": "1000.00", "next": other.pk}
    answer = client.post("/bank/bench/match/", data)
    assert answer["Location"].endswith(f"line={other.pk}")
    line.refresh_from_db()
    assert (line.status, line.match.score is not None, Payment.objects.count()) == ("matched", True, 1)
    assert client.post("/bank/bench/match/", data).status_code == 302
    assert Payment.objects.count() == 1
    assert client.post(f"/bank/bench/{line.pk}/undo/").status_code == 302
    line.refresh_from_db()
    assert line.status == "imported"


def test_what_is_refused_on_a_split_line_keeps_what_was_typed(people, browse):
    invoice = issued_invoice(gross=1000)
    line = bank_line(700, invoice.customer.name)
    data = {"line": line.pk, "split": "1", "invoice": invoice.pk, f"amount_{invoice.pk}": "701.23"}
    answer = browse(people["finance"]).post("/bank/bench/match/", data)
    assert answer.status_code == 422
    assert "701.23" in answer.content.decode()
    assert "1.23 more would be booked" in answer.content.decode()


def test_what_is_left_over_is_computed_by_the_server(people, browse):
    invoice = issued_invoice(gross=1000)
    line = bank_line(700)
    data = {"line": line.pk, "invoice": invoice.pk, f"amount_{invoice.pk}": "650"}
    answer = browse(people["finance"]).post("/bank/bench/left-over/", data).content.decode()
    assert "50.00" in answer
    assert invoice.customer.name in answer


def test_any_open_invoice_is_found_by_hand(people, browse):
    invoice = issued_invoice(gross=1000)
    line = bank_line(700)
    data = {"line": line.pk, "find": invoice.issued_number}
    answer = browse(people["finance"]).post("/bank/bench/split/", data).content.decode()
    assert f"amount_{invoice.pk}" in answer


def test_a_line_is_ignored_and_taken_up_again_on_the_bench(people, browse):
    line = bank_line("-12.50", memo="fee")
    client = browse(people["finance"])
    client.post(f"/bank/bench/{line.pk}/ignore/", {"ignored_as": "fee"})
    line.refresh_from_db()
    assert line.status == "ignored"
    assert client.post(f"/bank/bench/{line.pk}/ignore/", {"ignored_as": "nonsense"}).status_code == 422
    client.post(f"/bank/bench/{line.pk}/restore/")
    line.refresh_from_db()
    assert line.status == "imported"


def test_a_statement_comes_in_by_the_page_and_shows_what_is_wrong(people, browse, django_capture_on_commit_callbacks):
    account = bank_account(currency="EUR", number="500700101234567", opening_balance=None)
    client = browse(people["finance"])
    lying = files.MT940_DE.replace("50187,50", "50187,51")
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(
            "/bank/statements/upload/", {"account": account.pk, "file": SimpleUploadedFile("a.sta", lying.encode())}
        )
    page = client.get(answer["Location"]).content.decode()
    assert "closes with 50187.51" in page
    assert "Take in all the same" in page


def test_the_columns_of_a_table_are_matched_on_its_page(people, browse, django_capture_on_commit_callbacks):
    account = bank_account(opening_balance=None)
    client = browse(people["finance"])
    file = SimpleUploadedFile("icbc.csv", files.ICBC.encode("gb18030"))
    answer = client.post("/bank/statements/upload/", {"account": account.pk, "file": file})
    page = client.get(answer["Location"]).content.decode()
    assert '<option value="贷方发生额" selected>' in page
    columns = account.statements.get().columns
    with django_capture_on_commit_callbacks(execute=True):
        client.post(answer["Location"], columns)
    assert account.lines.count() == 3


def test_a_statement_is_uploaded_matched_and_undone_over_the_api(people, call, django_capture_on_commit_callbacks):
    api = call(people["finance"])
    account = api.post(
        "/api/v1/bank-accounts/", {"name": "Main", "bank": "B", "number": "500700101234567", "currency": "CNY"}, "json"
    ).json()
    text = files.MT940_DE.replace("EUR", "CNY").encode()
    with django_capture_on_commit_callbacks(execute=True):
        sent = api.post(
            "/api/v1/bank-statements/",
            {"account": account["id"], "file": SimpleUploadedFile("a.sta", text)},
            format="multipart",
        )
    assert sent.status_code == 201, sent.json()
    assert api.get(f"/api/v1/bank-statements/{sent.json()['id']}/").json()["added"] == 3
    line = BankLine.objects.get(reference="DE0001")
    invoice = issued_invoice(gross=48000, customer=CustomerFactory(name="Yunfan"))
    (best, *_others) = api.get(f"/api/v1/bank-lines/{line.pk}/proposals/").json()
    assert best["invoices"] == [{"invoice": invoice.pk, "amount": "48000.00"}]
    assert api.post("/api/v1/bank-lines/propose/", {"lines": [line.pk]}, "json").json()[0]["proposals"][0] == best
    done = api.post(f"/api/v1/bank-lines/{line.pk}/match/", best, "json")
    assert (done.status_code, done.json()["status"]) == (200, "matched")
    undone = api.post(f"/api/v1/bank-lines/{line.pk}/undo/", {}, "json")
    assert undone.json()["status"] == "imported"
    ignored = api.post(f"/api/v1/bank-lines/{line.pk}/ignore/", {"ignored_as": "transfer"}, "json")
    assert ignored.json()["status"] == "ignored"
    assert api.post(f"/api/v1/bank-lines/{line.pk}/match/", best, "json").status_code == 409


@pytest.mark.parametrize("role", ["sales", "manager", "admin", "operations"])
def test_others_see_no_lines_over_the_api(people, call, role):
    line = bank_line(10)
    assert call(people[role]).get("/api/v1/bank-lines/").status_code == 403
    assert call(people[role]).get(f"/api/v1/bank-lines/{line.pk}/").status_code in (403, 404)
    assert call(people[role]).post(f"/api/v1/bank-lines/{line.pk}/match/", {}, "json").status_code in (403, 404)


def test_an_admin_keeps_the_accounts_but_moves_no_money(people, call):
    api = call(people["admin"])
    data = {"name": "Main", "bank": "B", "number": "1", "currency": "CNY"}
    assert api.post("/api/v1/bank-accounts/", data, "json").status_code == 201
    assert BankAccount.objects.get().name == "Main"
    assert api.get("/api/v1/bank-statements/").status_code == 403
