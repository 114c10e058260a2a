"""What finance waits for: the ageing of a large company, proposals for many bank lines, a long statement, a receipt."""

import csv
import json
import random
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from itertools import cycle, islice
from statistics import median

import psutil

from bench import books, report
from bench.client import Client
from bench.data import session_of
from bench.doors import CSRF, insert
from bench.servers import ROOT, VAR, environment

ROUNDS = 9
CLICKS = 40
LINES = 1000
LONG, SHORT = 100_000, 10_000
AGEING = """
SELECT e.customer_id, sum(e.base),
       coalesce(sum(e.base) FILTER (WHERE i.due_on >= %(day)s::date), 0),
       coalesce(sum(e.base) FILTER (WHERE %(day)s::date - i.due_on BETWEEN 1 AND 30), 0),
       coalesce(sum(e.base) FILTER (WHERE %(day)s::date - i.due_on BETWEEN 31 AND 60), 0),
       coalesce(sum(e.base) FILTER (WHERE %(day)s::date - i.due_on BETWEEN 61 AND 90), 0),
       coalesce(sum(e.base) FILTER (WHERE %(day)s::date - i.due_on > 90), 0)
  FROM billing_ledgerentry e JOIN billing_invoice i ON i.id = e.invoice_id JOIN crm_customer c ON c.id = i.customer_id
 WHERE e.account = 'receivable' AND e.day <= %(day)s
 GROUP BY e.customer_id, c.name HAVING sum(e.base) <> 0
"""


def measure(product, bare, bare_session, url):
    """All of it in turn; prints the table."""
    ageing()
    proposals()
    statements(url)
    receipts(product[0], bare[0], bare_session)


def milliseconds(act):
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


# Ageing


def ageing():
    """The report's own query against one written by hand, in turns, as of a past day."""
    from crm import clock

    day = clock.today() - timedelta(days=200)
    if reported(day) != by_hand(day):
        report.line("ageing: the same rows as by hand", "no", "yes", False)
    times = [(milliseconds(lambda: reported(day)), milliseconds(lambda: by_hand(day))) for _turn in range(ROUNDS)]
    ours, theirs = zip(*times, strict=True)
    report.line("ageing by hand", f"{median(theirs):8.1f} /{report.p95(theirs):7.1f} ms" + " " * 10)
    report.ratio(f"ageing as of {day}, {len(by_hand(day)):,} customers", ours, theirs, 1.5)


def reported(day):
    from billing import reports
    from billing.models import Invoice

    rows = reports.ageing(Invoice.objects.all(), day)
    return {row["key"]: (row["total"], *(row.get(key, 0) for key in reports.BUCKETS)) for row in rows}


def by_hand(day):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(AGEING, {"day": day})
        return {key: tuple(sums) for key, *sums in cursor.fetchall()}


# Bank lines


@contextmanager
def an_account():
    """A bank account that is gone afterwards with all that came on it."""
    from django.db import connection

    from billing.models import BankAccount, BankLine, BankStatement
    from crm.models import Event

    account = BankAccount.objects.create(name="量测", bank="ICBC", number=f"62{random.randrange(10**14)}")  # noqa: S311
    try:
        yield account
    finally:
        lines, statements_ = BankLine.objects.filter(account=account), BankStatement.objects.filter(account=account)
        for statement in statements_:
            statement.file.delete(save=False)
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            Event.objects.filter(record_type="bankline", record_id__in=lines.values("pk"))._raw_delete("default")
            cursor.execute("SET session_replication_role = DEFAULT")
        lines._raw_delete("default")
        statements_.delete()
        account.delete()


def proposals():
    """Lines as they come: most name the payer, some a number, some neither, some less a fee."""
    from billing.bank import matching
    from billing.models import BankLine, BankStatement, Invoice
    from crm import clock
    from crm.models import User

    owed = Invoice.objects.issued().filter(pk__gt=Invoice.objects.order_by("-pk")[open_count() - 1].pk)
    invoices = list(owed.select_related("customer").order_by("?")[:LINES])
    with an_account() as account:
        statement = BankStatement.objects.create(
            account=account, name="a.csv", digest="0" * 64, format="csv", status="imported",
            uploaded_by=User.objects.first(),
        )  # fmt: skip
        kinds = cycle(("payer", "payer", "number", "fee", "nobody"))
        lines = [
            BankLine(account=account, statement=statement, position=at, key=f"b{at}", booked_on=clock.today(),
                     **_line(kind, invoice))
            for at, (kind, invoice) in enumerate(zip(kinds, invoices, strict=False))
        ]  # fmt: skip
        BankLine.objects.bulk_create(lines)
        lines = list(BankLine.objects.filter(account=account).select_related("account"))
        began = time.perf_counter()
        found = matching.propose(lines)
        taken = time.perf_counter() - began
    report.figure(f"{LINES:,} lines against {open_count():,} open invoices", taken, "s", 10)
    share = sum(1 for line in lines if found[line.pk]) / len(lines) * 100
    report.figure("  of them with a proposal", share, "%", 95, "least")


def open_count():
    from billing.models import Invoice

    paid, of = books.PAID_OF
    return Invoice.objects.count() * (of - paid) // of


def _line(kind, invoice):
    fee = Decimal(15) if kind == "fee" else 0
    told = {"amount": invoice.gross - fee, "memo": "货款"}
    if kind in {"payer", "fee"}:
        return told | {"payer": invoice.customer.name}
    return told | ({"memo": f"货款 {invoice.issued_number}"} if kind == "number" else {"payer": "某某商行"})


# A long statement


def statements(url):
    """A short and a long one, each taken in by a worker of its own, to see whether memory grows with the file."""
    peaks = {}
    for count in (SHORT, LONG):
        with an_account() as account:
            told = take_in(account, count, url)
        peaks[count] = told["peak"]
        report.line(f"statement of {count:,} lines", f"{told['seconds']:.0f} s, {told['lines']:,} new")
        report.line("  progress told", f"{told['told']} times, up to {told['last']:,}", "", told["last"] == count)
        report.line("  memory of its worker (peak RSS)", f"{told['peak']:.0f} MB")
    report.figure("memory of the long one over the short one", peaks[LONG] - peaks[SHORT], "MB", 20)


def take_in(account, count, url):
    from django.core.files import File

    from billing.bank import statements as bank_statements
    from crm.models import Job, User

    path = VAR / f"statement-{count}.csv"
    VAR.mkdir(parents=True, exist_ok=True)
    write_statement(path, count)
    by = User.objects.get(email=books.FINANCE)
    with path.open("rb") as file:
        statement = bank_statements.receive(account, file=File(file, path.name), by=by)
    if statement.job is None:
        bank_statements.start(statement, columns=statement.columns, by=by)
    worker = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "bench.worker", str(statement.job_id)], env=environment(url), cwd=ROOT,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    seen, held = set(), []
    while worker.poll() is None:
        held.append(resident(worker.pid))
        seen.add(Job.objects.values_list("progress", flat=True).get(pk=statement.job_id))
        time.sleep(0.2)
    path.unlink()
    statement.refresh_from_db()
    last = Job.objects.values_list("progress", flat=True).get(pk=statement.job_id)
    return json.loads(worker.stdout.read()) | {
        "told": len(seen),
        "last": last,
        "lines": statement.added,
        "peak": max(held),
    }


def resident(pid):
    """MB of memory a process holds now; 0 once it is gone."""
    try:
        return psutil.Process(pid).memory_info().rss / 2**20
    except psutil.NoSuchProcess:
        return 0


def write_statement(path, count):
    """A bank's export, the balance running."""
    from crm import clock

    balance, first = Decimal(1_000_000), clock.today() - timedelta(days=count // 400 + 1)
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["交易日期", "收入", "支出", "余额", "对方户名", "对方账号", "摘要", "交易流水号"])
        for at in range(count):
            came = Decimal(at * 7919 % 500_000) / 100 + 1
            balance += came
            day = first + timedelta(days=at // 400)
            payer = f"量测{at % 5000}科技有限公司"
            writer.writerow([day.isoformat(), came, "", balance, payer, f"6222{at % 5000:012d}", "货款", f"T{at:09d}"])


# A receipt


def receipts(port, bare_port, bare_session):
    """Finance confirms receipts that pay an invoice, one by one, against inserting a row."""
    from billing import services
    from billing.models import Invoice, Payment
    from crm import clock
    from crm.access import SYSTEM

    owed = Invoice.objects.receivable().select_related("customer").order_by("-pk")[: CLICKS + 5]
    claims = [
        services.register_payment(
            Payment(invoice=invoice, customer=invoice.customer, amount=Decimal(1), received_on=clock.today()), by=SYSTEM
        )
        for invoice in owed
    ]
    clerk = Client(port, f"{session_of(books.FINANCE)}; csrftoken={CSRF}", CSRF)
    floor = Client(bare_port, f"sessionid={bare_session}; csrftoken={CSRF}", CSRF)
    ours, theirs = [], []
    for claim in claims:
        theirs.append(floor.timed(insert))
        ours.append(clerk.timed(lambda claim=claim: ("POST", f"/payments/{claim.pk}/confirm/", {})))
    ours, theirs = (list(islice(times, 5, None)) for times in (ours, theirs))
    if Payment.objects.filter(pk__in=[claim.pk for claim in claims], status="registered").exists():
        report.line("confirming a payment: all are confirmed", "no", "yes", False)
    report.line("bare insert", f"{median(theirs):8.1f} /{report.p95(theirs):7.1f} ms" + " " * 10)
    report.ratio("confirming a payment that pays an invoice", ours, theirs, 5.0)
