"""What a paper says, free of models, language and layout."""

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple


class Kind(StrEnum):
    QUOTE = "quote"
    CONTRACT = "contract"
    ORDER = "order"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    STATEMENT = "statement"
    REMINDER = "reminder"


@dataclass(frozen=True)
class Party:
    """Who writes or receives a paper. A billing title (抬头), where given, stands in place of the name on it."""

    name: str
    address: str = ""
    tax_number: str = ""
    bank: str = ""
    phone: str = ""
    billing_title: str = ""
    logo: Path | None = None


@dataclass(frozen=True)
class PaperLine:
    """One line; rates are percentages (13 means 13 %). A column that no line fills is left out of the table."""

    description: str
    gross: Decimal
    date: datetime.date | None = None
    quantity: Decimal | None = None
    unit: str = ""
    unit_price: Decimal | None = None
    discount_percent: Decimal | None = None
    net: Decimal | None = None
    tax_rate: Decimal | None = None
    tax: Decimal | None = None


class Instalment(NamedTuple):
    label: str
    due: datetime.date | None
    amount: Decimal


@dataclass(frozen=True)
class Paper:
    """A whole paper. Its big heading is the name of its kind; `title` is the subject under it,
    `opening` the text of a letter, before its table.

    `meta` are rows of (label, text) beside the customer, already in the paper's language. `net` and `tax` may be
    left out where a paper has none, as on a statement of account.
    """

    kind: Kind
    number: str
    date: datetime.date
    company: Party
    customer: Party
    currency: str
    gross: Decimal
    lines: list[PaperLine] = field(default_factory=list)
    title: str = ""
    opening: str = ""
    meta: list[tuple[str, str]] = field(default_factory=list)
    net: Decimal | None = None
    tax: Decimal | None = None
    instalments: list[Instalment] = field(default_factory=list)
    terms: str = ""
    notes: str = ""
    draft: bool = False
