"""Files of the bank are taken in whole, each line once; what does not add up waits for a person."""

import re
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from billing.bank import checking, statements
from billing.models import BankAccount, BankLine, BankStatement
from crm import events
from crm.models import Job, Notification
from crm.transitions import IllegalMove
from tests.billing.bank import files

pytestmark = pytest.mark.django_db


def upload(text, name="a.sta", encoding="utf-8"):
    return SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode(encoding))


@pytest.fixture
def finance(people):
    return people["finance"]


@pytest.fixture
def account(db):
    return BankAccount.objects.create(name="Main", bank="Bank", number="500700101234567", currency="EUR")


@pytest.fixture
def bring(account, finance, django_capture_on_commit_callbacks):
    """Send a file and have it read."""

    def bring(text, name="a.sta", to=account, **details):
        with django_capture_on_commit_callbacks(execute=True):
            statement = statements.receive(to, file=upload(text, name), by=finance, **details)
        statement.refresh_from_db()
        return statement

    return bring


def act(service, statement, by, run, **details):
    with run(execute=True):
        service(statement, by=by, **details)
    statement.refresh_from_db()
    return statement


def test_a_statement_that_adds_up_is_taken_in(bring, account, finance):
    statement = bring(files.MT940_DE)
    assert (statement.status, statement.total, statement.added) == ("imported", 3, 3)
    assert list(account.lines.order_by("pk").values_list("amount", flat=True)) == files.AMOUNTS
    account.refresh_from_db()
    assert (account.opening_balance, account.balance) == (files.OPENING, files.CLOSING)
    line = account.lines.get(reference="DE0001")
    assert (line.payer, line.payer_account, line.status) == ("Yunfan GmbH", "DE02120300000000202051", "imported")
    assert events.of_record(line).get().verb == "created"
    assert Notification.objects.filter(user=finance, url=statement.get_absolute_url()).exists()


def test_the_same_file_again_is_answered_with_what_it_became(bring, account):
    first = bring(files.MT940_DE)
    assert bring(files.MT940_DE) == first
    assert account.lines.count() == 3


def test_an_overlapping_statement_adds_only_what_is_new(bring, account):
    bring(files.MT940_DE)
    longer = files.MT940_DE.replace(
        ":62F:C260306EUR50187,50",
        ":61:2603070307CR100,00NTRFNONREF//DE0004\n:86:more\n:62F:C260307EUR50287,50",
    )
    statement = bring(longer, "b.sta")
    assert (statement.status, statement.total, statement.added, statement.repeated) == ("imported", 4, 1, 3)
    assert account.lines.count() == 4


EQUAL = "交易日期,收入,对方户名,摘要\n2026-03-04,50.00,王磊,退款\n2026-03-04,50.00,王磊,退款\n"
COLUMNS = {"booked_on": "交易日期", "income": "收入", "payer": "对方户名", "summary": "摘要"}


def test_equal_lines_of_a_day_are_told_apart_by_their_order(bring, account):
    bring(EQUAL, "a.csv", columns=COLUMNS)
    again = bring(EQUAL + "2026-03-04,50.00,王磊,退款\n", "b.csv")
    assert (again.added, account.lines.count()) == (1, 3)


@pytest.mark.parametrize("lie", [("50187,50", "50187,51"), (":62F:C260306EUR50187,50\n-\n", "")])
def test_a_statement_that_lies_or_breaks_off_waits_for_the_clerk(bring, account, finance, lie, capture):
    statement = bring(files.MT940_DE.replace(*lie))
    assert (statement.status, account.lines.count()) == ("flagged", 0)
    assert checking.serious(statement.problems)
    assert Notification.objects.filter(user=finance, url=statement.get_absolute_url()).exists()
    act(statements.take_in, statement, finance, capture)
    assert (statement.status, statement.taken_by, account.lines.count()) == ("imported", finance, 3)
    assert checking.serious(statement.problems)


@pytest.fixture
def capture(django_capture_on_commit_callbacks):
    return django_capture_on_commit_callbacks


def test_a_discarded_file_may_be_sent_again(bring, finance):
    lying = files.MT940_DE.replace("50187,50", "50187,51")
    statement = bring(lying)
    statements.discard(statement, by=finance)
    again = bring(lying)
    assert (again != statement, again.status) == (True, "flagged")


def test_what_was_taken_in_is_not_discarded(bring, finance):
    with pytest.raises((IllegalMove, ValidationError)):
        statements.discard(bring(files.MT940_DE), by=finance)


def in_april(opening, closing):
    """The same movements a month later."""
    text = re.sub(r"2603(\d\d)03(\d\d)", r"2604\g<1>04\g<2>", files.MT940_DE).replace("DE000", "DF000")
    return text.replace("2603", "2604").replace("EUR50187,50", f"EUR{closing}").replace("EUR1000,00", f"EUR{opening}")


def test_a_gap_to_the_statement_before_is_told(bring):
    bring(files.MT940_DE)
    statement = bring(in_april("60000,00", "109187,50"), "b.sta")
    assert statement.problems == [["gap", {"opening": "60000.00", "expected": "50187.50"}]]
    assert statement.status == "flagged"


def test_a_statement_that_goes_on_where_the_last_one_ended_is_in_order(bring, account):
    bring(files.MT940_DE)
    assert bring(in_april("50187,50", "99375,00"), "b.sta").status == "imported"
    account.refresh_from_db()
    assert account.balance == Decimal("99375.00")


def test_a_statement_from_before_the_first_one_moves_the_opening_balance_back(bring, account):
    bring(files.MT940_DE)
    before = (
        ":20:X\n:25:50070010/1234567\n:28C:1\n:60F:C260201EUR900,00\n"
        ":61:260202C100,00NTRFX//DB1\n:62F:C260202EUR1000,00\n"
    )
    assert bring(before, "b.sta").status == "imported"
    account.refresh_from_db()
    assert (account.opening_balance, account.balance) == (900, files.CLOSING)


def test_the_same_days_in_another_format_are_not_added_without_asking(bring, account):
    bring(files.MT940_DE)
    statement = bring(files.camt(account="DE50070010001234567"), "a.xml")
    assert ["twins", {"count": 3}] in statement.problems
    assert (statement.status, account.lines.count()) == ("flagged", 3)


def test_a_file_of_another_account_is_told(bring, account, finance, capture):
    statement = bring(files.camt(), "a.xml")
    assert statement.problems == [["account", {"account": "DE02120300000000202051"}]]
    act(statements.take_in, statement, finance, capture)
    assert account.lines.count() == 3


def test_of_a_file_with_several_accounts_only_this_ones_lines_are_taken(bring, account):
    other = files.MT940_DE.replace("50070010/1234567", "50070010/7654321").replace("DE000", "DX000")
    statement = bring(other.rstrip("-\n") + "\n-\n" + files.MT940_DE)
    assert (statement.status, statement.total) == ("imported", 3)
    assert set(account.lines.values_list("reference", flat=True)) == {"DE0001", "DE0002", "DE0003"}


def test_a_file_in_another_currency_is_refused(bring):
    statement = bring(files.MT940_DE.replace("EUR", "USD"))
    assert (statement.status, statement.refusal) == ("failed", "The file is in USD, the account in EUR.")


def test_what_cannot_be_read_says_why(bring):
    statement = bring(files.MT940_DE.replace("2603040304CR", "garbage"))
    assert statement.status == "failed"
    assert "Line 5" in statement.refusal


def test_a_picture_is_not_taken_for_a_statement(account, finance):
    with pytest.raises(ValidationError) as refusal:
        statements.receive(account, file=upload(b"\x89PNG\r\n\x1a\n\0\0", "a.png"), by=finance)
    assert "file" in refusal.value.message_dict


def test_the_columns_of_a_table_are_asked_for_once(bring, account, finance, capture):
    first = bring(files.ICBC.encode("gb18030").replace(b"6222021234567890123", b"500700101234567"), "icbc.csv")
    assert (first.status, first.columns["income"], account.lines.count()) == ("received", "贷方发生额", 0)
    act(statements.start, first, finance, capture, columns=first.columns)
    assert (first.status, account.lines.count()) == ("imported", 3)
    account.refresh_from_db()
    assert account.columns["payer"] == "对方户名"
    rows = files.ICBC.splitlines()
    april = [rows[0], rows[3], '20260401,,"100.00","50,287.50",华兴制造,6217,转账,货款,IC0004']
    assert bring("\n".join(april).encode("gb18030"), "april.csv").status == "imported"


@pytest.mark.parametrize("role", ["sales", "manager", "admin", "operations", "sales_support"])
def test_only_finance_brings_in_statements(people, account, role):
    with pytest.raises(PermissionDenied):
        statements.receive(account, file=upload(files.MT940_DE), by=people[role])


def test_a_worker_killed_between_chunks_goes_on_where_it_stopped(account, finance, capture, monkeypatch):
    monkeypatch.setattr(statements, "CHUNK", 1)
    taken = statements.take

    def killed_at_the_second(statement, keys, entries):
        if statement.done == 1:
            raise KeyboardInterrupt
        return taken(statement, keys, entries)

    monkeypatch.setattr(statements, "take", killed_at_the_second)
    statement = statements.receive(account, file=upload(files.MT940_DE), by=finance)
    with pytest.raises(KeyboardInterrupt):
        statements.run(BankStatement.objects.get(pk=statement.pk), statement.job)
    assert account.lines.count() == 1
    monkeypatch.setattr(statements, "take", taken)
    statements.run(BankStatement.objects.get(pk=statement.pk), Job.objects.get(pk=statement.job_id))
    statement.refresh_from_db()
    assert (statement.status, statement.done, statement.added) == ("imported", 3, 3)
    assert list(account.lines.order_by("pk").values_list("position", flat=True)) == [1, 2, 3]


def test_a_reading_that_was_called_off_can_go_on(bring, account, finance, capture):
    statement = statements.receive(account, file=upload(files.MT940_DE), by=finance)
    with pytest.raises(ValidationError, match="being read"):
        statements.resume(statement, by=finance)
    Job.objects.filter(pk=statement.job_id).update(status=Job.Status.CANCELLED)
    act(statements.resume, statement, finance, capture)
    assert (statement.status, BankLine.objects.count()) == ("imported", 3)
