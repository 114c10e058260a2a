"""Reading a table from an uploaded file, whatever program wrote it. Refusals say what is wrong with the file."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from crm.sheets import excel, text


@dataclass
class Sheet:
    """The headers, and the rows below them as (row number in the file, cells). Blank rows are left out."""

    headers: list[str]
    rows: Iterator[tuple[int, list]]


KINDS = {"csv": text.rows, "txt": text.rows, "tsv": text.rows, "xlsx": excel.rows, "xls": excel.rows}


def read(file, filename):
    """The first table of a CSV or Excel file; rows are read as they are asked for."""
    ending = filename.rsplit(".", 1)[-1].lower()
    if ending == "xlsm":
        raise ValidationError(_("Files with macros are not accepted. Save it as .xlsx."))
    if ending not in KINDS:
        raise ValidationError(_("Only CSV and Excel files (.csv, .xlsx, .xls) can be read."))
    _refuse_disguise(file, ending)
    filled = (row for row in KINDS[ending](file) if any(cell not in ("", None) for cell in row[1]))
    headers = next(filled, None)
    if headers is None:
        raise ValidationError(_("The file is empty."))
    return Sheet([str(cell) for cell in headers[1]], filled)


MARKS = {"xlsx": b"PK\x03\x04", "xls": b"\xd0\xcf\x11\xe0"}


def _refuse_disguise(file, ending):
    """The content must be what the name says."""
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    if ending in MARKS and start != MARKS[ending]:
        raise ValidationError(_("The content of this file is not what its name says. Save it again as .xlsx or .csv."))
    if ending not in MARKS and start in MARKS.values():
        raise ValidationError(_("This is an Excel file under the name of a text file. Give it its own ending."))
