"""CSV files: encoding and delimiter found out, rows read as a stream."""

import codecs
import csv
import io

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

BLOCK = 1 << 16
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
DELIMITERS = ",;\t|"
COMMON = 0.8  # of the Chinese characters of a real Chinese text, so many belong to the common ones


def rows(file, delimiter=None):
    """(row number, cells) of a CSV file; a line break inside quotes does not end a row."""
    encoding = encoding_of(file)
    delimiter = delimiter or _delimiter(file, encoding)
    file.seek(0)
    stream = io.TextIOWrapper(getattr(file, "file", file), encoding, newline="")
    try:
        for number, cells in enumerate(csv.reader(stream, delimiter=delimiter), start=1):
            yield number, [cell.strip() for cell in cells]
    except (csv.Error, UnicodeError) as broken:
        raise ValidationError(_("The file cannot be read as a CSV file: %(why)s"), params={"why": broken}) from broken
    finally:
        if not stream.closed:
            stream.detach()


def encoding_of(file):
    """UTF-8 and UTF-16 by their marks or by being valid, else GB18030 if it reads as Chinese, else Western."""
    file.seek(0)
    start = file.read(4)
    for bom, encoding in BOMS.items():
        if start.startswith(bom):
            return encoding
    if _decodes(file, "utf-8"):
        return "utf-8"
    return "gb18030" if _decodes(file, "gb18030") and _is_chinese(file) else "cp1252"


def _decodes(file, encoding):
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while block := file.read(BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_chinese(file):
    """Western letters misread as GB18030 become rare characters; real Chinese is made of common ones."""
    file.seek(0)
    beyond_ascii = [sign for sign in file.read(BLOCK).decode("gb18030", "ignore") if not sign.isascii()]
    common = sum(1 for sign in beyond_ascii if sign.encode("gb2312", "ignore"))
    return common >= COMMON * len(beyond_ascii)


def _delimiter(file, encoding):
    """The delimiter found most often in the first line, outside quotes."""
    file.seek(0)
    first = file.read(BLOCK).decode(encoding, "ignore").lstrip().split("\n", 1)[0]
    bare = "".join(first.split('"')[::2])
    return max(DELIMITERS, key=bare.count)
