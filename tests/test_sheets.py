"""Tables in and out, without a database."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from openpyxl import Workbook, load_workbook

from crm import sheets


def rows_of(content, name="list.csv"):
    sheet = sheets.read(io.BytesIO(content), name)
    return sheet.headers, list(sheet.rows)


def workbook(*rows):
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_chinese_is_read_in_every_usual_encoding(encoding):
    headers, rows = rows_of("公司,联系人\n华兴制造,张伟\n".encode(encoding))
    assert headers == ["公司", "联系人"]
    assert rows == [(2, ["华兴制造", "张伟"])]


def test_western_letters_are_not_taken_for_chinese():
    _headers, rows = rows_of("name;city\nMüller;Köln\nCafé Société;Genève\n".encode("cp1252"))
    assert rows[1][1] == ["Café Société", "Genève"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_out(delimiter):
    headers, _rows = rows_of(f"a{delimiter}b{delimiter}c\n1{delimiter}2{delimiter}3\n".encode())
    assert headers == ["a", "b", "c"]


def test_a_line_break_in_quotes_does_not_end_a_row_and_blank_rows_are_left_out():
    _headers, rows = rows_of(b'company,need\nA,"two\nlines, and a comma"\n,\n\nB,x\n')
    assert rows == [(2, ["A", "two\nlines, and a comma"]), (5, ["B", "x"])]


def test_excel_cells_come_as_plain_values_with_their_row_numbers():
    content = workbook(["Company", "Phone", "Budget", "Day"], ["A", 13800001111, 12.5, date(2026, 3, 4)], [], ["B"])
    headers, rows = rows_of(content, "list.xlsx")
    assert headers == ["Company", "Phone", "Budget", "Day"]
    assert rows[0] == (2, ["A", Decimal(13800001111), Decimal("12.5"), date(2026, 3, 4)])
    assert rows[1][0] == 4


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "empty.csv"),
        (b"MZ...", "program.exe"),
        (b"company\nA", "not-excel.xlsx"),
        (b"PK\x03\x04", "broken.xlsx"),
        (workbook(["a"]), "excel.csv"),
        (workbook(["a"]), "macros.xlsm"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(content, name):
    with pytest.raises(ValidationError):
        rows_of(content, name)


def test_a_file_that_unpacks_to_far_more_than_it_seems_is_refused():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 20_000_000)
    with pytest.raises(ValidationError, match="unpacks"):
        rows_of(packed.getvalue(), "bomb.xlsx")


def test_columns_are_known_by_any_of_their_names():
    fields = {"company": ["公司名称", "company name"], "phone": ["phone", "手机"], "mobile": ["手机"]}
    assert sheets.match_columns(["* Company_Name (required)", "手机 ", "Other"], fields) == {"company": 0, "phone": 1}


@pytest.mark.parametrize("text", ["2026-03-04", "2026/3/4", "2026年3月4日", "46085", "２０２６.3.4", "20260304"])
def test_days_are_read_as_people_write_them(text):
    assert sheets.parse_date(text) == date(2026, 3, 4)


@pytest.mark.parametrize("text", ["03/04/2026", "2026-02-30", "soon"])
def test_unclear_days_are_refused(text):
    with pytest.raises(ValidationError):
        sheets.parse_date(text)


@pytest.mark.parametrize(
    ("text", "amount"), [("1,234.50", "1234.50"), ("¥ 1234.5", "1234.5"), ("3.2万", "32000"), ("-5", "-5")]
)
def test_amounts_are_read_as_people_write_them(text, amount):
    assert sheets.parse_decimal(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["1,23", "1.234,50", "a lot"])
def test_unclear_amounts_are_refused(text):
    with pytest.raises(ValidationError):
        sheets.parse_decimal(text)


NASTY = ["=1+1", "+SUM(A1)", "-cmd", "@x", "-5", "+86", "fine"]
SAFE = ["'=1+1", "'+SUM(A1)", "'-cmd", "'@x", "-5", "+86", "fine"]


def test_no_cell_of_a_csv_file_is_a_formula():
    written = "".join(sheets.write_csv(["a"] * 7, [NASTY, [Decimal("-1.5"), None, date(2026, 3, 4), 0, 0, 0, 0]]))
    assert written.startswith("\ufeff")
    assert rows_of(written.encode())[1][0][1] == SAFE
    assert rows_of(written.encode())[1][1][1][:3] == ["-1.5", "", "2026-03-04"]


def test_no_cell_of_a_workbook_is_a_formula():
    file = io.BytesIO()
    sheets.write_xlsx(["a"] * 7, [NASTY], file)
    cells = next(load_workbook(file).active.iter_rows(min_row=2))
    assert [cell.value for cell in cells] == SAFE
    assert {cell.data_type for cell in cells} == {"s"}
