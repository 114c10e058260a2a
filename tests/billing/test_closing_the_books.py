"""Closing a month: the checks come first, the figures are kept, the journal stays the same file."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from billing import checks, journal, services
from billing.models import AccountCode, JournalFormat, LedgerEntry, MoneyCheck, Period, WriteOff
from crm.access import SYSTEM
from tests.factories import issued_invoice, payment_of

pytestmark = pytest.mark.django_db
MAY, JUNE = date(2026, 5, 4), date(2026, 6, 8)


def traded():
    """An invoice of May, paid in June with a fee; the period of June."""
    invoice = issued_invoice(on=MAY, due=JUNE)
    services.confirm(payment_of(invoice, 600, received_on=JUNE, bank_fee=Decimal(5)), by=SYSTEM)
    return Period.objects.of(JUNE)


def without_triggers(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET session_replication_role = DEFAULT")


def test_a_closed_month_keeps_how_the_receivables_moved(people):
    period = services.close_period(traded(), by=people["finance"])
    kept = {name: Decimal(amount) for name, amount in period.roll_forward.items()}
    assert kept == {"opening": 1000, "billed": 0, "credited": 0, "collected": -600, "written_off": 0, "exchange": 0,
                    "closing": 400}  # fmt: skip


def test_books_that_do_not_add_up_are_not_closed(people):
    period = traded()
    without_triggers("UPDATE billing_ledgerentry SET base = base + 1 WHERE account = 'bank'")
    with pytest.raises(ValidationError, match="do not add up"):
        services.close_period(period, by=people["finance"])
    period.refresh_from_db()
    assert (period.status, period.roll_forward) == ("open", None)


def test_only_a_manager_reopens_and_the_kept_figures_go(people):
    period = services.close_period(traded(), by=people["finance"])
    with pytest.raises(PermissionDenied):
        services.reopen_period(period, reason="Late invoice", by=people["finance"])
    services.reopen_period(period, reason="Late invoice", by=people["boss"])
    assert (period.status, period.roll_forward) == ("open", None)


def test_money_acts_dated_inside_a_closed_month_are_refused(people):
    period = traded()
    payment = services.confirm(payment_of(None, 50, customer=issued_invoice().customer, received_on=JUNE), by=SYSTEM)
    services.close_period(period, by=people["finance"])
    with pytest.raises(ValidationError, match="closed"):
        services.bounce(payment, reason="Back", happened_on=JUNE, by=people["finance"])
    with pytest.raises(ValidationError, match="closed"):
        payment_of(issued_invoice(), 1, received_on=JUNE)


FAULTS = {
    "an entry gone": ("DELETE FROM billing_ledgerentry WHERE account = 'receivable' AND kind = 'allocation'",
                      {"ledger_owed", "voucher", "period"}),
    "an amount changed": ("UPDATE billing_ledgerentry SET amount = amount + 1 WHERE account = 'advance'"
                          " AND kind = 'payment'", {"ledger_held", "ledger_held_base"}),
    "a fee forged": ("UPDATE billing_payment SET bank_fee = 7", set()),
    "cash forged": ("UPDATE billing_ledgerentry SET amount = 1 WHERE account = 'bank'", {"ledger_bank"}),
    "revenue forged": ("UPDATE billing_ledgerentry SET amount = 1, base = 1 WHERE account = 'revenue'",
                       {"ledger_earned", "voucher"}),
    "tax forged": ("UPDATE billing_ledgerentry SET account = 'output_tax' WHERE account = 'revenue'", {"ledger_tax"}),
    "a gain forged": ("UPDATE billing_allocation SET gain = 3", {"ledger_exchange"}),
    "a payment shrunk": ("UPDATE billing_payment SET amount = 500", {"ledger_bank", "ledger_held", "payment"}),
    "a write-off forged": ("UPDATE billing_writeoff SET status = 'approved'",
                           {"ledger_lost", "ledger_owed"}),
    "an entry moved out of its month": ("UPDATE billing_ledgerentry SET day = day + 40 WHERE kind = 'allocation'",
                                        {"period"}),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_the_check_finds_what_was_done_behind_the_services_backs(people, fault):
    services.close_period(traded(), by=people["finance"])
    services.ask_write_off(issued_invoice(), reason="Gone", by=people["finance"])
    assert checks.findings() == []
    sql, rules = FAULTS[fault]
    without_triggers(sql)
    found = checks.findings()
    assert {finding["rule"] for finding in found} == rules
    assert all(finding["record_id"] for finding in found if finding["rule"] != "ageing")


def test_the_page_of_the_checks_leads_to_what_is_broken(people, browse):
    traded()
    without_triggers("UPDATE billing_ledgerentry SET amount = 1 WHERE account = 'bank'")
    checks.run()
    [finding] = MoneyCheck.objects.get().findings
    page = browse(people["finance"]).get("/billing/checks/").content.decode()
    assert f"/payments/{finding['record_id']}/" in page


# Journals


def read(content, encoding="utf-8-sig"):
    return list(csv.DictReader(io.StringIO(content.decode(encoding))))


def in_format(key):
    JournalFormat.fill()
    return JournalFormat.objects.get(key=key)


@pytest.mark.parametrize(("key", "number", "debit", "credit"), [
    ("kingdee", "凭证号", "借方", "贷方"), ("yonyou", "凭证号", "借方金额", "贷方金额"),
])  # fmt: skip
def test_every_voucher_of_a_journal_balances_and_they_are_numbered_without_gaps(key, number, debit, credit):
    rows = read(journal.file(traded(), in_format(key)))
    sums = {}
    for row in rows:
        left = sums.get(row[number], 0) + Decimal(row[debit] or 0) - Decimal(row[credit] or 0)
        sums[row[number]] = left
    assert sums == {"1": 0, "2": 0}
    assert [row["科目名称"] for row in rows] == ["银行存款", "财务费用-手续费", "预收账款", "预收账款", "应收账款"]


def test_the_company_names_its_own_accounts_and_columns(people, browse):
    period = traded()
    finance = browse(people["finance"])
    assert finance.get("/account-codes/").status_code == 200
    code = AccountCode.objects.get(account="bank")
    finance.post(f"/account-codes/{code.pk}/edit/", {"code": "1002.01", "name": "工行", "seen": code.version})
    form = {"key": "own", "name": "Own", "encoding": "gb18030", "columns": "日期 = day\n科目 = code\n借 = debit"}
    assert finance.post("/journal-formats/new/", form | {"columns": "x = nothing"}).status_code == 422
    assert finance.post("/journal-formats/new/", form).status_code == 302
    answer = finance.get(f"/periods/{period.pk}/journal/own.csv")
    assert read(answer.content, "gb18030")[0] == {"日期": "2026-06-08", "科目": "1002.01", "借": "595.00"}
    assert browse(people["sales"]).get(f"/periods/{period.pk}/journal/own.csv").status_code == 403


def test_a_closed_period_gives_the_same_file_every_time(people):
    period, form = services.close_period(traded(), by=people["finance"]), in_format("kingdee")
    first = journal.file(period, form)
    customer = LedgerEntry.objects.first().customer
    type(customer).objects.filter(pk=customer.pk).update(name="Renamed since")
    assert journal.file(period, form) == first
    services.reopen_period(period, reason="Late", by=people["boss"])
    assert journal.file(period, form) != first
    assert WriteOff.objects.count() == 0
