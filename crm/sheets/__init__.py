"""Tables in and out: CSV and Excel files as rows of plain values."""

from crm.sheets.columns import match_columns
from crm.sheets.reading import Sheet, read
from crm.sheets.values import parse_date, parse_decimal
from crm.sheets.writing import write_csv, write_xlsx

__all__ = ["Sheet", "match_columns", "parse_date", "parse_decimal", "read", "write_csv", "write_xlsx"]
