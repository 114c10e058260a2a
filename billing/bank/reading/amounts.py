"""Amounts and days as banks print them."""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from billing.bank.reading.entries import Broken
from crm import sheets

ORDERS = ("ymd", "dmy", "mdy")
PARTS = re.compile(r"(\d{1,4})[./\-'](\d{1,2})[./\-'](\d{1,4})")
SIGNS = {"CR": 1, "C": 1, "DR": -1, "D": -1, "贷": 1, "借": -1}
NOISE = re.compile(r"[\s'¥$€£￥元]|CNY|RMB|USD|EUR|GBP|HKD|JPY|SGD|人民币")


def amount(cell, decimal="."):
    """An amount, or None for an empty cell: 1,234.50, 1.234,50, (12.00), 12.00-, 12.00 CR."""
    if cell is None or isinstance(cell, Decimal):
        return cell
    plain = NOISE.sub("", unicodedata.normalize("NFKC", str(cell)).upper())
    if plain in {"", "-", "--"}:
        return None
    sign = 1
    for mark, factor in SIGNS.items():
        if plain.endswith(mark):
            plain, sign = plain.removesuffix(mark), factor
            break
    if plain.startswith("(") and plain.endswith(")"):
        plain, sign = plain[1:-1], -1
    if plain.endswith(("-", "+")):
        plain, sign = plain[:-1], -1 if plain[-1] == "-" else 1
    plain = plain.replace("." if decimal == "," else ",", "").replace(decimal, ".")
    try:
        return sign * Decimal(plain)
    except InvalidOperation as broken:
        raise Broken(_("“%(text)s” is not an amount.") % {"text": str(cell)[:40]}) from broken


def day(cell, order="ymd"):
    """A day; time of day behind it does not matter. Day and month first only where `order` says which."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    plain = unicodedata.normalize("NFKC", str(cell)).strip().rstrip("T").split(" ")[0].split("T")[0]
    try:
        if order != "ymd" and (found := PARTS.fullmatch(plain)) and len(found[1]) < 4:
            return _in_order(found.groups(), order)
        return sheets.parse_date(plain[:8] if len(plain) == 14 and plain.isdigit() else plain)
    except (ValidationError, ValueError) as broken:
        raise Broken(_("“%(text)s” is not clear as a day.") % {"text": str(cell)[:40]}) from broken


def _in_order(parts, order):
    first, second, year = map(int, parts)
    month, day_ = (second, first) if order == "dmy" else (first, second)
    return date(year + 2000 if year < 100 else year, month, day_)
