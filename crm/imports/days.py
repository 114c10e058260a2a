"""Days as other programs write them. What could be two days is never guessed."""

import re
import unicodedata
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm import sheets

DAY_FIRST, MONTH_FIRST = "dmy", "mdy"
NUMERIC = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{4}|\d{2})(?:[T,\s].*)?")
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
DAY_MONTH = r"(\d{1,2})[\s-]+([A-Za-z]{3})[a-z]*\.?|([A-Za-z]{3})[a-z]*\.?\s+(\d{1,2})"
NAMED = re.compile(rf"(?:{DAY_MONTH})[\s,-]+(\d{{4}})(?:[T,\s].*)?")


def read(text, order=""):
    """The day a cell names. 03/04/2025 is read by the order chosen for its column, and refused without one."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if found := NUMERIC.fullmatch(plain):
        return _numeric(text, *map(int, found.groups()), order)
    if found := NAMED.fullmatch(plain):
        return _named(text, found)
    return sheets.parse_date(plain)


def _numeric(text, one, two, year, order):
    if year < 100 and "/" not in text:  # 25-03-04 may as well begin with its year
        raise ValidationError(_("“%(text)s” is not clear as a date; write it as 2026-03-04."), params={"text": text})
    year += 2000 if year < 100 else 0
    if not order:
        order = DAY_FIRST if one > 12 >= two else MONTH_FIRST if two > 12 >= one or one == two else ""
    if not order:
        raise ValidationError(
            _("“%(text)s” could be two days; say what comes first, day or month."), params={"text": text}
        )
    day, month = (one, two) if order == DAY_FIRST else (two, one)
    return _day(text, year, month, day)


def _named(text, found):
    day, month, month_before, day_after, year = found.groups()
    name = (month or month_before).lower()
    if name not in MONTHS:
        raise ValidationError(_("“%(text)s” is not a day."), params={"text": text})
    return _day(text, int(year), MONTHS.index(name) + 1, int(day or day_after))


def _day(text, year, month, day):
    try:
        return date(year, month, day)
    except ValueError as impossible:
        raise ValidationError(_("“%(text)s” is not a day."), params={"text": text}) from impossible
