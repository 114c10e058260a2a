"""CSV and Excel exports: the table is found below whatever stands above it, its columns by their headers."""

import re
from dataclasses import dataclass
from itertools import islice

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from billing.bank.reading import headers
from billing.bank.reading.amounts import amount, day
from billing.bank.reading.entries import Broken, Entry, Foot, Head, reference, words
from crm import uploads
from crm.sheets import excel, text

ABOVE = 60  # rows in which the headers must turn up
SAMPLE = 5
TRIED = 200  # rows by which the sign of a column is known
FACTS = {
    "account": r"(?:[账帐]号|账户|卡号|account(?: number| no\.?)?|iban|konto)\W{0,6}([A-Z]{0,2}[\d*][\d\s*-]{6,34})",
    "opening": r"(?:期初余额|上期余额|opening balance)\W{0,6}?(-?[\d,]+\.\d\d)",
    "closing": r"(?:期末余额|本期余额|closing balance)\W{0,6}?(-?[\d,]+\.\d\d)",
}
TOLD = re.compile(r"(借方|贷方|收入|支出)?(?:交易)?(?:总|合计|累计|总计)?笔数\W{0,6}(\d+)")
END = re.compile(r"合计|总计|小计|总笔数|^#|导出时间|打印时间|^total", re.I)
INTO = {"贷", "收", "入", "来", "C", "CR", "CREDIT", "CRDT", "收入", "转入", "来账", "+", "IN", "BIJ"}
OUT_OF = {"借", "支", "出", "付", "往", "D", "DR", "DEBIT", "DBIT", "支出", "转出", "往账", "-", "OUT", "AF"}


@dataclass
class Table:
    """What was found out about the file before its rows are read."""

    headers: list
    columns: dict  # {field: position}
    row: int  # of the headers
    above: str  # what stands above them, as one text
    sample: list
    negative_out: bool  # money out stands as a negative number in its own column
    delimiter: str | None


def rows_of(file, name, delimiter=None):
    """(row number, cells), cleaned of what keeps Excel from making numbers of them."""
    if uploads.ending(name) in {"xlsx", "xls"}:
        found = excel.rows(file)
    else:
        found = text.rows(file, delimiter or _delimiter(file))
    for number, cells in found:
        yield number, [_clean(cell) for cell in cells]


def _clean(cell):
    if not isinstance(cell, str):
        return cell
    cell = cell.strip().lstrip("`'").strip()
    return cell[2:-1] if cell.startswith('="') and cell.endswith('"') else cell


def _delimiter(file):
    """The one that makes most columns in most of the first lines."""
    encoding = text.encoding_of(file)
    file.seek(0)
    lines = file.read(text.BLOCK).decode(encoding, "ignore").splitlines()[:ABOVE]
    return max(text.DELIMITERS, key=lambda sign: sum(min(line.count(sign), 30) for line in lines))


def look(file, name, columns=None):
    """Find the headers, and with them or the given {field: header} the columns."""
    columns = columns or {}
    delimiter = None if uploads.ending(name) in {"xlsx", "xls"} else _delimiter(file)
    rows = rows_of(file, name, delimiter)
    above, best = [], None
    for number, cells in islice(rows, ABOVE):
        found = _positions(cells, columns)
        if headers.is_enough(found):
            best = (number, cells, found)
            break
        above.append(" ".join(_text(cell) for cell in cells if cell not in ("", None)))
    if best is None:
        number, cells = _widest(file, name, delimiter)
        return Table(_titles(cells), {}, number, "", _sample(file, name, delimiter, number), False, delimiter)
    number, cells, found = best
    tried = [row for _number, row in islice(rows, TRIED)]
    sample = [[_text(cell) for cell in row] for row in tried[:SAMPLE]]
    return Table(
        _titles(cells), found, number, "\n".join(above), sample, _negative_out(tried, found, columns), delimiter
    )


def _positions(cells, columns):
    """By the headers agreed on where there are any, else by what is recognised."""
    titles = {title: at for at, title in enumerate(_titles(cells)) if title}
    agreed = {field: titles.get(title) for field, title in columns.items() if field in headers.KNOWN}
    if agreed:
        return {} if None in agreed.values() else agreed
    return headers.match(cells)


def _titles(cells):
    return [" ".join(_text(cell).split()) for cell in cells]


def _text(cell):
    return "" if cell is None else str(cell)


def _widest(file, name, delimiter):
    """Where no header is recognised: the first row with most cells, for a person to say."""
    rows = [(number, cells) for number, cells in islice(rows_of(file, name, delimiter), ABOVE)]
    if not rows:
        raise Broken(_("The file is empty."))
    return max(rows, key=lambda row: sum(1 for cell in row[1] if cell not in ("", None)))


def _sample(file, name, delimiter, number):
    rows = (cells for at, cells in rows_of(file, name, delimiter) if at > number)
    return [[_text(cell) for cell in cells] for cells in islice(rows, SAMPLE)]


def _negative_out(rows, found, columns):
    at = found.get("expense")
    if at is None:
        return False
    values = [_try_amount(row[at], columns) for row in rows if at < len(row)]
    return not any(value and value > 0 for value in values)


def _try_amount(cell, columns):
    try:
        return amount(cell, columns.get("decimal") or ".")
    except Broken:
        return None


# Reading the rows


def read(file, name, columns=None):
    """The entries below the headers, until the totals. Raises Broken with the row that cannot be read."""
    columns = columns or {}
    table = look(file, name, columns)
    if not headers.is_enough(table.columns):
        raise Broken(_("No row names a day and an amount."))
    yield _head(table)
    below = []
    width = max(table.columns.values()) + 1
    cut = False
    for number, cells in _below(file, name, table):
        if not any(cell not in ("", None) for cell in cells):
            continue
        padded = [*cells, *[""] * (width - len(cells))]
        if _is_end(padded, table.columns):
            below.append(" ".join(_text(cell) for cell in cells if cell not in ("", None)))
            continue
        if cut:
            raise _at(cut, Broken(_("it has fewer cells than the table has columns")))
        if len(cells) < width:
            cut = number  # the last row of a file that breaks off
            continue
        yield _entry(padded, table, columns, number)
    yield _foot(table.above, "\n".join(below), complete=not cut)


def _below(file, name, table):
    try:
        yield from ((number, cells) for number, cells in rows_of(file, name, table.delimiter) if number > table.row)
    except Broken:
        raise
    except ValidationError as refusal:
        raise Broken(" ".join(refusal.messages)) from refusal


def _head(table):
    account = _fact("account", table.above)
    opening = _fact("opening", table.above)
    return Head(re.sub(r"[\s-]", "", account), opening=amount(opening) if opening else None)


def _foot(above, below, *, complete):
    said = f"{above}\n{below}"
    closing = _fact("closing", said)
    told = TOLD.findall(said)
    directed = [int(count) for side, count in told if side]
    plain = [int(count) for side, count in told if not side]
    return Foot(
        closing=amount(closing) if closing else None,
        complete=complete,
        told=plain[0] if plain else sum(directed) if len(directed) > 1 else None,
    )


def _fact(key, said):
    found = re.search(FACTS[key], said, re.I)
    return found[1].strip() if found else ""


def _is_end(cells, columns):
    """Totals and remarks stand below the table, without a day in its column."""
    cell = _text(cells[columns["booked_on"]]).strip()
    return not any(sign.isdigit() for sign in cell) or bool(END.search(_text(cells[0]).strip()))


def _entry(cells, table, options, number):
    def cell(field):
        return cells[table.columns[field]] if field in table.columns else None

    order, decimal = options.get("day_order") or "ymd", options.get("decimal") or "."
    try:
        return Entry(
            booked_on=day(cell("booked_on"), order),
            value_on=day(cell("value_on"), order) if cell("value_on") else None,
            amount=_amount(cell, table, decimal),
            payer=words(cell("payer")),
            payer_account=_text(cell("payer_account")).strip(),
            memo=words(cell("summary"), cell("purpose"), cell("note")),
            reference=reference(_text(cell("reference"))),
            balance=amount(cell("balance"), decimal),
        )
    except Broken as broken:
        raise _at(number, broken) from broken


def _at(number, broken):
    return Broken(_("Row %(number)s: %(why)s") % {"number": number, "why": " ".join(broken.messages)})


def _amount(cell, table, decimal):
    """Money in less money out, of two columns or of one with its direction."""
    if {"income", "expense"} & table.columns.keys() and (value := _of_two(cell, table, decimal)) is not None:
        return value
    value = amount(cell("amount"), decimal)
    if value is None:
        raise Broken(_("There is no amount."))
    direction = _text(cell("direction")).strip().upper()
    if direction in OUT_OF or (direction and direction[0] in OUT_OF):
        return -abs(value) if table.columns.get("balance") is None else -value if value > 0 else value
    if direction and direction not in INTO and direction[0] not in INTO:
        raise Broken(_("“%(text)s” is neither money in nor money out.") % {"text": direction[:20]})
    return value


def _of_two(cell, table, decimal):
    came, went = amount(cell("income"), decimal), amount(cell("expense"), decimal)
    if came is None and went is None:
        return None
    went = (went or 0) * (-1 if table.negative_out else 1)
    return (came or 0) - went
