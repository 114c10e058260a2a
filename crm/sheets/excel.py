"""Excel files: checked before they are unpacked, the first sheet read."""

import io
import zipfile
from datetime import datetime, time
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from python_calamine import CalamineError, CalamineWorkbook

MOST_BYTES = 300 * 1024 * 1024  # unpacked
MOST_RATIO = 200  # unpacked to packed; ordinary sheets reach 20
UNREADABLE = _("This Excel file cannot be read. Open it, save it again as .xlsx and retry.")


def rows(file):
    """(row number, cells) of the first sheet of a workbook."""
    file.seek(0)
    content = file.read()
    if content.startswith(b"PK"):
        _refuse_dangerous(content)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheet = workbook.get_sheet_by_index(0)
    except (CalamineError, IndexError) as broken:
        raise ValidationError(UNREADABLE) from broken
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        yield number, [_plain(cell) for cell in cells]


def _refuse_dangerous(content):
    """No macros, nothing that unpacks to far more than it seems."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except zipfile.BadZipFile as broken:
        raise ValidationError(UNREADABLE) from broken
    names = {part.filename for part in parts}
    if "xl/vbaProject.bin" in names:
        raise ValidationError(_("Files with macros are not accepted. Save it as .xlsx."))
    if "xl/workbook.xml" not in names and "xl/workbook.bin" not in names:
        raise ValidationError(UNREADABLE)
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MOST_BYTES or unpacked > MOST_RATIO * len(content):
        raise ValidationError(_("This file unpacks to more than can be read. Split it into smaller ones."))


def _plain(cell):
    """Text trimmed, numbers as Decimal, moments at midnight as days."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        return Decimal(int(cell)) if cell == int(cell) else Decimal(repr(cell))
    if isinstance(cell, datetime) and cell.time() == time.min:
        return cell.date()
    return cell
