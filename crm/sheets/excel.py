"""Excel files: checked before they are unpacked, the first sheet read."""

import io
from datetime import datetime, time
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from python_calamine import CalamineError, CalamineWorkbook

from crm import archives

UNREADABLE = _("This Excel file cannot be read. Open it, save it again as .xlsx and retry.")


def rows(file):
    """(row number, cells) of the first sheet of a workbook."""
    file.seek(0)
    content = file.read()
    if content.startswith(b"PK"):
        archives.refuse_dangerous(file, "xl/workbook.")
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheet = workbook.get_sheet_by_index(0)
    except (CalamineError, IndexError) as broken:
        raise ValidationError(UNREADABLE) from broken
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        yield number, [_plain(cell) for cell in cells]


def _plain(cell):
    """Text trimmed, numbers as Decimal, moments at midnight as days."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        return Decimal(int(cell)) if cell == int(cell) else Decimal(repr(cell))
    if isinstance(cell, datetime) and cell.time() == time.min:
        return cell.date()
    return cell
