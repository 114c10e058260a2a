"""Files of banks as one stream of heads, entries and feet, whatever their format."""

from importlib import import_module

from billing.bank.reading import qif, tables
from billing.bank.reading.entries import Broken, Entry, Foot, Head
from crm import uploads

__all__ = ["KINDS", "MOST_BYTES", "TABLES", "Broken", "Entry", "Foot", "Head", "format_of", "read"]

MOST_BYTES = 60 * 1024 * 1024
KINDS = {**uploads.SHEETS} | dict.fromkeys(
    ("sta", "940", "mt940", "swi", "fin", "xml", "camt", "ofx", "qfx", "qif"), uploads.TEXT
)
HEAD = 2048
TABLES = {"csv", "excel"}
PARSED = {"mt940": "swift", "camt": "camt", "ofx": "ofx"}  # by libraries of many MB, taken in when needed


def format_of(file, name):
    """mt940, camt, ofx, qif, excel or csv, by what the file begins with."""
    if uploads.ending(name) in {"xlsx", "xls"}:
        return "excel"
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    plain = head.decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1", "ignore")
    plain = plain.lstrip("\ufeffï»¿ \t\r\n")
    if plain.startswith("OFXHEADER") or "<OFX>" in plain or "<?OFX" in plain:
        return "ofx"
    if plain.startswith("<"):
        return "camt"
    if plain.lower().startswith(("!type", "!account", "!option", "!clear")):
        return "qif"
    if plain.startswith(("{1:", ":20:", ":25:")) or ("\n:20:" in plain and "\n:25:" in plain):
        return "mt940"
    return "csv"


def read(file, name, format_, columns=None):
    """Heads, entries and feet of the file. Raises Broken, in words, for what cannot be read."""
    if format_ in TABLES:
        return tables.read(file, name, columns)
    if format_ == "qif":
        return qif.read(file, columns)
    return import_module(f"{__name__}.{PARSED[format_]}").read(file)
