"""The bank's side of the last two months: what came in and went out, most of it matched, a few lines waiting."""

import csv
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from io import StringIO

from django.core.files.base import ContentFile

from billing.bank import aliases
from billing.models import (
    BankAccount,
    BankLine,
    BankMatch,
    BankStatement,
    Invoice,
    MatchedPayment,
    PayerAlias,
    Payment,
    Refund,
)
from crm import clock
from crm.access import Role
from crm.demo.story import Thread, month_end, months_before
from crm.models import Company

OPENING = Decimal("2863150.40")
HEADERS = ("交易日期", "借方发生额", "贷方发生额", "余额", "对方户名", "对方账号", "摘要", "交易流水号")
EXPENSES = (  # (day of the month, ignored as, share of a month's money, payee, memo)
    (5, "supplier", 26, "深圳市力信电子有限公司", "货款"),
    (10, "wages", 31, "代发工资", "工资"),
    (15, "tax", 9, "国家金库", "增值税"),
    (21, "fee", 0, "", "账户管理费"),
)
IgnoredAs = BankLine.IgnoredAs


@dataclass
class Movement:
    """What the bank shows, and what was made of it."""

    day: object
    amount: Decimal
    payer: str
    memo: str
    payment: Payment | None = None
    refund: Refund | None = None
    ignored_as: str = ""


def tell(story):
    """The account, a statement per month, and its lines."""
    first = months_before(story.today, 2)
    clerk = story.people.by_role[Role.FINANCE][0]
    thread = Thread(story, clock.day_start(first))
    account = BankAccount(
        name="工行基本户", bank="中国工商银行", number="1202025109900123456", currency=Company.current().base_currency,
        opening_balance=OPENING,
    )  # fmt: skip
    thread.create(account, clerk)
    movements = sorted(_movements(story, first, account.currency), key=lambda movement: movement.day)
    learnt, opening, day = Counter(), OPENING, first
    while day <= story.today:
        month = [one for one in movements if day <= one.day <= month_end(day)]
        if month:
            opening = _statement(story, account, clerk, month, opening, learnt)
        day = month_end(day) + timedelta(days=1)
    for (kind, text, customer), count in learnt.items():
        story.ledger.add(PayerAlias(kind=kind, text=text, customer=customer, count=count), story.end)


def _movements(story, first, currency):
    yield from _received(first, currency)
    yield from _given_back(first, currency)
    yield from _spent(story, first)
    yield from _to_come(story, currency)


def _received(first, currency):
    """Transfers that were booked are matched; those only registered wait for their line."""
    rows = Payment.objects.filter(received_on__gte=first, currency=currency, method="transfer", undone_on=None)
    for payment in rows.select_related("customer", "invoice").order_by("received_on", "pk"):
        memo = f"货款 {payment.invoice}" if payment.invoice_id and payment.pk % 3 else "货款"
        booked = payment if payment.status in Payment.RECEIVED else None
        yield Movement(payment.received_on, payment.amount - payment.bank_fee, payment.payer, memo, payment=booked)


def _given_back(first, currency):
    rows = Refund.objects.filter(refunded_on__gte=first, payment__currency=currency).order_by("refunded_on", "pk")
    for refund in rows.select_related("payment__customer"):
        yield Movement(refund.refunded_on, -refund.amount, refund.payment.customer.name, "退款", refund=refund)


def _spent(story, first):
    """Wages, tax, suppliers and fees, month by month."""
    month = first
    while month <= story.today:
        for day, ignored_as, share, payee, memo in EXPENSES:
            on = month.replace(day=day)
            amount = Decimal(share * story.random.randrange(9000, 11000)) or Decimal("12.50")
            if on < story.today:
                yield Movement(on, -amount, payee, memo, ignored_as=ignored_as)
        month = month_end(month) + timedelta(days=1)


def _to_come(story, currency):
    """This morning's lines: for open invoices, well and badly described, and one nobody can explain."""
    yesterday = story.today - timedelta(days=1)
    owed = list(
        Invoice.objects.receivable().filter(currency=currency).select_related("customer").order_by("-due_on")[:5]
    )
    ways = (
        lambda invoice: (invoice.balance, invoice.customer.name, f"货款 {invoice.issued_number.replace('-', ' ')}"),
        lambda invoice: (invoice.balance - 25, invoice.customer.name, f"{invoice.issued_number} 扣除手续费"),
        lambda invoice: (invoice.balance / 2, invoice.customer.name, "部分货款"),
        lambda invoice: (invoice.balance, "HENGXIN TRADING CO LTD", f"PAYMENT {invoice.issued_number}"),
        lambda invoice: (invoice.balance, "张三", "代付"),
    )
    for invoice, way in zip(owed, ways, strict=False):
        amount, payer, memo = way(invoice)
        yield Movement(yesterday, amount.quantize(Decimal("0.01")), payer, memo)
    yield Movement(yesterday, Decimal("3600.00"), "王秀英", "转账")
    yield Movement(yesterday, Decimal("-18.00"), "", "跨行汇款手续费")


def _statement(story, account, clerk, month, opening, learnt):
    """One month's file, received on the day after its last line; returns what it closes with."""
    last = month[-1].day
    thread = Thread(story, min(clock.day_start(last + timedelta(days=1)), story.end) - timedelta(hours=8))
    statement = BankStatement(
        account=account, name=f"icbc-{last:%Y-%m}.csv", digest=f"{last:%Y%m}".zfill(64), format="csv",
        uploaded_by=clerk, headers=list(HEADERS), first_day=month[0].day, last_day=last,
        opening=opening, total=len(month), done=len(month), added=len(month), checked=True,
    )  # fmt: skip
    thread.create(statement, clerk)
    thread.move(statement, "start", clerk)
    rows, running = [], opening
    for position, movement in enumerate(month, start=1):
        running += movement.amount
        line = _line(thread, statement, position, movement, running)
        rows.append(_row(line))
        _settle(thread, line, movement, clerk, learnt)
    statement.closing = running
    statement.file.save(statement.name, ContentFile(_csv(rows)), save=False)
    thread.move(statement, "finish", clerk)
    return running


def _line(thread, statement, position, movement, running):
    reference = f"{movement.day:%Y%m%d}{statement.last_day:%m}{position:05d}"
    account = "" if not movement.payer else f"6222{sum(map(ord, movement.payer)) * 7919 % 10**12:012d}"
    line = BankLine(
        account=statement.account, statement=statement, position=position, key=reference, booked_on=movement.day,
        value_on=movement.day, amount=movement.amount, running=running, payer=movement.payer, payer_account=account,
        memo=movement.memo, reference=reference,
    )  # fmt: skip
    return thread.create(line, statement.uploaded_by, source="import", data={"text": statement.name})


def _settle(thread, line, movement, clerk, learnt):
    """Matched or set aside by the clerk, where it is known what it was."""
    if movement.ignored_as:
        line.ignored_as = movement.ignored_as
        return thread.move(line, "ignore", clerk, data={"text": str(IgnoredAs(movement.ignored_as).label)})
    found = movement.payment or movement.refund
    if found is None:
        return None
    made = BankMatch(made_by=clerk, made_at=thread.at, score=97, reasons=[["amount", {}]])
    ledger = thread.story.ledger
    ledger.add(made, thread.at)
    part = MatchedPayment(match=made, payment=movement.payment, refund=movement.refund, act=_act(movement))
    ledger.add(part, thread.at)
    line.match = made
    customer = (movement.payment or movement.refund.payment).customer
    for kind, text in aliases.known_by(line):
        learnt[kind, text, customer] += 1
    return thread.move(line, "match", clerk, data={"text": str(found)})


def _act(movement):
    """What sales claimed was confirmed by its line, what finance booked was registered by it."""
    payment = movement.payment
    if payment is None:
        return MatchedPayment.Act.LINKED
    by_sales = payment.submitted_by and Role.FINANCE not in payment.submitted_by.roles
    return MatchedPayment.Act.CONFIRMED if by_sales else MatchedPayment.Act.REGISTERED


def _row(line):
    out, into = (-line.amount, "") if line.amount < 0 else ("", line.amount)
    return (
        f"{line.booked_on:%Y%m%d}",
        out,
        into,
        line.running,
        line.payer,
        line.payer_account,
        line.memo,
        line.reference,
    )


def _csv(rows):
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADERS)
    writer.writerows(rows)
    return text.getvalue().encode("gb18030")
