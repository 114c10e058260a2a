"""What every reader yields: the head of a statement, its entries, and its foot."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError


class Broken(ValidationError):
    """The file cannot be read; says where and why."""


@dataclass(slots=True)
class Head:
    """A statement begins. A file may hold several, of several accounts."""

    account: str = ""
    currency: str = ""
    opening: Decimal | None = None
    told: int | None = None  # how many entries the file says there are


@dataclass(slots=True)
class Entry:
    """A movement; money in is positive."""

    booked_on: date
    amount: Decimal
    value_on: date | None = None
    payer: str = ""
    payer_account: str = ""
    memo: str = ""
    reference: str = ""
    balance: Decimal | None = None


@dataclass(slots=True)
class Foot:
    """A statement ends; not complete where the file breaks off before its end."""

    closing: Decimal | None = None
    complete: bool = True
    opening: Decimal | None = None  # where the file tells it only at its end
    told: int | None = None


MEANINGLESS = {"", "NONREF", "NOTPROVIDED", "NOT PROVIDED", "-", "--", "0", "N/A"}


def reference(*texts):
    """The first of these that tells one movement from another."""
    return next((text for text in texts if text and text.strip().upper() not in MEANINGLESS), "").strip()


def words(*texts):
    """What is said about a movement, each thing once."""
    said = []
    for text in texts:
        text = " ".join(str(text or "").split())
        if text and text not in said:
            said.append(text)
    return " ".join(said)
