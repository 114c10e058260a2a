"""Bank lines for tests."""

from decimal import Decimal

from billing.models import BankAccount, BankLine, BankStatement
from crm import clock
from tests.factories import UserFactory


def bank_account(**values):
    values = {"name": "Main", "bank": "ICBC", "number": "6222021234567890123", "opening_balance": 0} | values
    return BankAccount.objects.get_or_create(number=values.pop("number"), defaults=values)[0]


def bank_statement(account):
    known = account.statements.first()
    return known or BankStatement.objects.create(
        account=account, name="a.csv", digest="0" * 64, format="csv", status="imported", uploaded_by=UserFactory()
    )


def bank_line(amount, payer="", memo="", on=None, account=None, **values):
    """A line that waits to be matched."""
    account = account or bank_account()
    statement = bank_statement(account)
    number = BankLine.objects.count() + 1
    return BankLine.objects.create(
        account=account, statement=statement, position=number, key=f"key-{number}", booked_on=on or clock.today(),
        amount=Decimal(amount), payer=payer, memo=memo, **values,
    )  # fmt: skip
