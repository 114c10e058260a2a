"""The columns a file may have: how each is called elsewhere, and how its cells are read."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _

from crm import clock, search, sheets
from crm.imports import days

YES = {"1", "true", "yes", "y", "x", "✓", "是", "同意", "对", "有", "启用"}
NO = {"0", "false", "no", "n", "", "否", "不同意", "不", "无", "停用"}
EMPTY, SKIP, NEW = "__empty__", "__skip__", "__new__"  # answers for a word that is not known


class SkipRow(Exception):
    """The person chose to leave out the rows with this word."""


@dataclass(frozen=True)
class Field:
    """A column. `kind` names its reader; `headers` are its names in other systems, the surest first.

    `attr` is the field of the record it fills, None where the type itself knows what to do with it.
    """

    key: str
    label: str
    headers: tuple = ()
    kind: str = "text"
    attr: str | None = ""
    required: bool = False
    choices: Callable | None = None  # () -> {value: label}
    words: dict = field(default_factory=dict, hash=False)  # value -> what others call it
    new_only: bool = False  # never changes a known record: there are acts for that
    refers: object = None  # crm.imports.references.Reference, for kind "record"

    @property
    def fills(self):
        return self.key if self.attr == "" else self.attr

    def named(self, more):
        """The same column under further headers."""
        return replace(self, headers=(*names(more), *self.headers))

    @property
    def known_headers(self):
        return [self.key, *both_languages(self.label), *self.headers]


def names(text):
    """Header names as one writes them down: separated by bars."""
    return tuple(name.strip() for name in text.split("|"))


def both_languages(label):
    found = []
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found.append(str(label))
    return found


def plain_text(cell):
    """A cell as the text that is kept of it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if hasattr(cell, "isoformat"):
        return cell.isoformat()
    if isinstance(cell, int | float) or hasattr(cell, "normalize"):
        return f"{cell.normalize():f}" if hasattr(cell, "normalize") else str(cell)
    return str(cell).replace("\0", "").strip()


# Readers: from the text of a cell to the field's value. An empty cell never gets here.


def _text(cell, column, batch):
    return cell


def _contact(cell, column, batch):
    """Phones and mails in half-width small characters, however they were typed."""
    return search.normalise(cell)


def _amount(cell, column, batch):
    return sheets.parse_decimal(cell)


def _rate(cell, column, batch):
    """Per cent: 13, 13%, or 0.13 as a spreadsheet keeps a cell shown as 13 %."""
    value = sheets.parse_decimal(cell.rstrip("%％ "))
    return value * 100 if 0 < value < 1 and not cell.endswith(("%", "％")) else value


def _yes(cell, column, batch):
    word = search.normalise(cell)
    if word not in YES | NO:
        raise ValidationError(_("“%(word)s” is neither yes nor no."), params={"word": cell})
    return word in YES


def _day(cell, column, batch):
    return days.read(cell, batch.answers.day_order(column.key))


def _past_day(cell, column, batch):
    """A day on which something happened."""
    day = _day(cell, column, batch)
    if day > clock.today():
        raise ValidationError(_("This day is in the future."))
    return day


MONTH = re.compile(r"(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*月?")


def _month(cell, column, batch):
    """The first day of a month: 2025-03, 2025年3月, 202503, or any day in it."""
    if (found := MONTH.fullmatch(cell.strip())) and 1 <= int(found.group(2)) <= 12:
        return date(int(found.group(1)), int(found.group(2)), 1)
    return _day(cell, column, batch).replace(day=1)


def _choice(cell, column, batch):
    word = search.normalise(cell)
    if word in spellings(column):
        return spellings(column)[word]
    value = _answered(cell, column, batch)
    return "" if value == EMPTY else value


def _record(cell, column, batch):
    """The record the cell names, as found for the whole chunk before."""
    if found := batch.referred(column, cell):
        return found
    value = _answered(cell, column, batch)
    if value == EMPTY:
        return None
    if value == NEW:
        return column.refers.supply(cell, batch)
    return batch.chosen(column, value)


def _answered(cell, column, batch):
    value = batch.answers.word(column.key, cell)
    if value == SKIP:
        raise SkipRow(_("Left out because of “%(word)s”.") % {"word": cell})
    if value:
        return value
    if column.refers is not None and column.refers.supply is not None:
        return NEW
    raise ValidationError(_("“%(word)s” is not known here."), params={"word": cell})


READERS = {
    "text": _text, "contact": _contact, "amount": _amount, "rate": _rate, "yes": _yes, "day": _day,
    "past_day": _past_day, "month": _month, "choice": _choice, "record": _record,
}  # fmt: skip
DAYS = ("day", "past_day", "month")


@cache
def spellings(column):
    """Every way to write a choice: its key, its label in each language, and what others call it."""
    found = {search.normalise(word): value for value, words in column.words.items() for word in words}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for value, label in column.choices().items():
                found |= {search.normalise(str(value)): value, search.normalise(str(label)): value}
    return found
