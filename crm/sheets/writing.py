"""Writing tables that spreadsheet programs open as data, never as formulas."""

import csv
import re
from datetime import date, datetime, time
from decimal import Decimal

from django.utils import timezone

UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # what a workbook cannot hold
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*%?")


def neutral(cell):
    """Text a spreadsheet would run as a formula gets an apostrophe in front; numbers stay what they are."""
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") and not NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


class _Line:
    """Gives back what the csv module writes, so that rows can be streamed."""

    def write(self, text):
        return text


def write_csv(headers, rows):
    """The table as pieces of text in UTF-8 with the mark by which Excel knows it."""
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow([neutral(header) for header in headers])
    for row in rows:
        yield writer.writerow([neutral(_text(cell)) for cell in row])


def _text(cell):
    if cell is None:
        return ""
    return timezone.localtime(cell).strftime("%Y-%m-%d %H:%M") if _is_aware(cell) else str(cell)


def write_xlsx(headers, rows, file):
    """The table as a workbook of one sheet, row by row."""
    from openpyxl import Workbook  # 20 MB that only this needs

    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet()
    sheet.append([neutral(str(header)) for header in headers])
    for row in rows:
        sheet.append([_cell(cell) for cell in row])
    workbook.save(file)


def _cell(cell):
    """A value as a workbook can hold it: no time zones, no control characters, other objects by name."""
    if _is_aware(cell):
        return timezone.localtime(cell).replace(tzinfo=None)
    if cell is None or isinstance(cell, int | float | Decimal | date | time):
        return cell
    return neutral(UNSPEAKABLE.sub("", str(cell)))


def _is_aware(cell):
    return isinstance(cell, datetime) and timezone.is_aware(cell)
