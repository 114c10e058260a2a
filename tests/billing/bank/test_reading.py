"""Every bank's dialect becomes the same movements; what cannot be read is refused in words."""

from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import Workbook

from billing.bank import checking, reading
from billing.bank.reading import Broken, Entry, Foot, Head
from tests.billing.bank import files


def told(content, name, columns=None, encoding="utf-8"):
    file = BytesIO(content if isinstance(content, bytes) else content.encode(encoding))
    return list(reading.read(file, name, reading.format_of(file, name), columns))


def entries(*args, **kwargs):
    found = [item for item in told(*args, **kwargs) if isinstance(item, Entry)]
    return sorted(found, key=lambda entry: entry.booked_on)


@pytest.mark.parametrize("name", files.DIALECTS)
def test_every_dialect_tells_the_same_movements(name):
    text, encoding, columns = files.DIALECTS[name]
    found = entries(text, name, columns, encoding)
    assert [entry.amount for entry in found] == files.AMOUNTS
    assert [entry.booked_on for entry in found] == [date(2026, 3, day) for day in (4, 5, 6)]
    assert "412" in found[0].memo


WITHOUT_BALANCES = {"us.qif", "camt054.xml"}


@pytest.mark.parametrize("name", sorted(set(files.DIALECTS) - WITHOUT_BALANCES))
def test_every_dialect_with_balances_adds_up(name):
    text, encoding, columns = files.DIALECTS[name]
    (part,) = checking.parts_of(told(text, name, columns, encoding))
    assert (part.opening, part.closing) == (files.OPENING, files.CLOSING)
    assert checking.problems_of([part], None) == []


@pytest.mark.parametrize("name", sorted(WITHOUT_BALANCES))
def test_a_file_without_balances_says_that_it_cannot_be_checked(name):
    (part,) = checking.parts_of(told(files.DIALECTS[name][0], name))
    assert checking.problems_of([part], None) == [("no_balance", {})]


NAMES = {
    "icbc.csv": ("云帆信息技术有限公司", "6217000011112222", "IC0001"),
    "de.sta": ("Yunfan GmbH", "DE02120300000000202051", "DE0001"),
    "nl.940": ("Yunfan BV", "NL32INGB0000012345", "NL0001"),
    "camt053.xml": ("Yunfan GmbH", "", "CM1"),
    "camt053v8.xml": ("Yunfan GmbH", "", "CM1"),
    "us.ofx": ("YUNFAN", "", "F1"),
}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_who_paid_and_the_banks_reference_are_read(name):
    text, encoding, columns = files.DIALECTS[name]
    first = entries(text, name, columns, encoding)[0]
    assert (first.payer, first.payer_account, first.reference) == NAMES[name]


def test_an_excel_export_is_read_like_its_csv():
    book = Workbook()
    for line in files.BOC.splitlines():
        book.active.append(line.split(","))
    book.active["A4"] = datetime(2026, 3, 4)
    book.active["D4"] = 48000
    file = BytesIO()
    book.save(file)
    assert [entry.amount for entry in entries(file.getvalue(), "boc.xlsx")] == files.AMOUNTS


def test_a_batch_is_told_payment_by_payment_where_these_sum_to_it():
    details = [files.detail("CRDT", who, "INV", amount=amount) for who, amount in (("A", "100.00"), ("B", "50.00"))]
    whole = files.entry("150.00", "CRDT", "2026-03-04", "X", "", "", details="".join(details))
    assert [(e.amount, e.payer) for e in entries(files.camt(entries=[whole]), "a.xml")] == [(100, "A"), (50, "B")]
    odd = files.entry("151.00", "CRDT", "2026-03-04", "X", "", "", details="".join(details))
    assert [e.amount for e in entries(files.camt(entries=[odd]), "a.xml")] == [151]


def test_what_is_not_booked_yet_is_left_out():
    pending = files.entry("1.00", "CRDT", "2026-03-04", "P", "A", "INV", status="PDNG")
    booked = files.entry("2.00", "CRDT", "2026-03-04", "B", "A", "INV")
    assert [e.amount for e in entries(files.camt(entries=[pending, booked]), "a.xml")] == [2]


BOMB = "<!DOCTYPE a [<!ENTITY a 'aa'><!ENTITY b '&a;&a;&a;'>]>"
OUTSIDE = "<!DOCTYPE a [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
REMOTE = "<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/a.dtd'>"


@pytest.mark.parametrize("head", [BOMB, OUTSIDE, REMOTE])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_whatever_the_encoding(head, encoding):
    text = files.camt(head=head).replace("UTF-8", encoding)
    with pytest.raises(Broken, match="entities"):
        told(text, "a.xml", encoding=encoding)


@pytest.mark.parametrize(
    ("name", "cut"),
    [("de.sta", ":62F:"), ("nl.940", ":61:2603060306"), ("camt053.xml", "</Stmt>"), ("us.ofx", "</BANKTRANLIST>")],
)
def test_a_file_that_breaks_off_says_so_and_keeps_what_it_told(name, cut):
    text = files.DIALECTS[name][0]
    found = told(text[: text.index(cut)], name)
    assert isinstance(found[0], Head) and isinstance(found[-1], Foot)
    assert not found[-1].complete
    assert files.AMOUNTS[0] in [item.amount for item in found if isinstance(item, Entry)]


def test_a_table_cut_in_the_middle_of_a_row_says_so():
    text = files.ICBC[: files.ICBC.index(",货款")]
    (part,) = checking.parts_of(told(text.encode("gb18030"), "icbc.csv"))
    assert ("truncated", {}) in checking.problems_of([part], None)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("OFXHEADER:100\n\n<OFX></OFX>", "us.ofx"),
        ("<html><body>Please sign in</body></html>", "a.xml"),
        (files.ICBC.replace("1,200.00", "12OO.00"), "icbc.csv"),
        (files.MT940_DE.replace("2603040304CR", "garbage"), "de.sta"),
        ("交易日期,收入\n2026-13-45,1\n", "a.csv"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(content, name):
    with pytest.raises(Broken) as refusal:
        list(checking.parts_of(told(content, name)))
    assert refusal.value.messages[0]


@pytest.mark.parametrize(
    ("lie", "problem"),
    [
        (("50187,50", "50187,51"), "sum"),
        (("C260303EUR1000,00", "C260303EUR999,00"), "sum"),
    ],
)
def test_a_statement_that_lies_is_found_out(lie, problem):
    parts = list(checking.parts_of(told(files.MT940_DE.replace(*lie), "de.sta")))
    assert [key for key, _params in checking.problems_of(parts, None)] == [problem]


def test_a_row_taken_out_breaks_the_running_balance():
    lines = [line for line in files.BOC.splitlines() if ",B2" not in line]
    (part,) = checking.parts_of(told("\n".join(lines), "boc.csv"))
    assert [key for key, _params in checking.problems_of([part], None)] == ["running", "sum"]


def test_a_count_that_is_not_kept_is_told():
    (part,) = checking.parts_of(told(files.camt(count=4), "a.xml"))
    assert checking.problems_of([part], None) == [("count", {"told": 4, "found": 3})]


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("1,234.50", ".", "1234.50"), ("1.234,50", ",", "1234.50"), ("(12.00)", ".", "-12.00"),
        ("12.00-", ".", "-12.00"), ("￥1,200.00", ".", "1200.00"), ("12.00 DR", ".", "-12.00"),
        ("＋5", ".", "5"), ("-0.01", ".", "-0.01"),
    ],
)  # fmt: skip
def test_amounts_are_read_as_banks_print_them(cell, decimal, value):
    from billing.bank.reading.amounts import amount

    assert amount(cell, decimal) == Decimal(value)
