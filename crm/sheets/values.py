"""Dates and amounts as people type them into tables."""

import re
import unicodedata
from datetime import date, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

EXCEL_EPOCH = date(1899, 12, 30)
SERIALS = range(20_000, 80_000)  # 1954 to 2119; other bare numbers are no dates
YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T\s].*)?")
UNITS = {"万": 10_000, "亿": 100_000_000}
AMOUNT = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?([万亿]?)元?")


def parse_date(text):
    """A day: 2026-03-04, 2026/3/4, 2026年3月4日, or Excel's number. 03/04/2026 could be two days and is refused."""
    plain = unicodedata.normalize("NFKC", str(text)).strip()
    if plain.isdigit() and int(plain) in SERIALS:
        return EXCEL_EPOCH + timedelta(days=int(plain))
    if plain.isdigit() and len(plain) == 8:
        plain = f"{plain[:4]}-{plain[4:6]}-{plain[6:]}"
    if found := YEAR_FIRST.fullmatch(plain):
        try:
            return date(*map(int, found.groups()))
        except ValueError as impossible:
            raise ValidationError(_("“%(text)s” is not a day."), params={"text": text}) from impossible
    raise ValidationError(_("“%(text)s” is not clear as a date; write it as 2026-03-04."), params={"text": text})


def parse_decimal(text):
    """An amount: 1,234.50, ¥1234.5, 3.2万."""
    plain = re.sub(r"[¥$€£\s]|CNY|RMB|USD|EUR", "", unicodedata.normalize("NFKC", str(text)).upper())
    found = AMOUNT.fullmatch(plain)
    if found is None:
        raise ValidationError(_("“%(text)s” is not an amount."), params={"text": text})
    sign, whole, fraction, unit = found.groups()
    return Decimal(f"{sign}{whole.replace(',', '')}{fraction or ''}") * UNITS.get(unit, 1)
