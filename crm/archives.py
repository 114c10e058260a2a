"""Looking into archives (zip, and the Office formats built on it) before anything unpacks them."""

import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException, sax
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MOST_PARTS = 10_000
MOST_BYTES = 300 * 1024 * 1024  # unpacked, with the archives inside
MOST_RATIO = 200  # unpacked to packed; ordinary sheets reach 20
SMALL = 10 * 1024 * 1024  # what unpacks to no more than this may be packed as tightly as it likes
DEEPEST = 2  # archives inside archives
CHUNK = 64 * 1024

MACRO_PARTS = {"vbaproject.bin", "vbadata.xml"}
PROGRAMS = frozenset(
    (
        *("exe", "dll", "com", "bat", "cmd", "scr", "pif", "msi", "msp", "cpl", "lnk", "reg", "apk", "app", "dmg"),
        *("iso", "jar", "js", "jse", "vbs", "vbe", "wsf", "wsh", "hta", "ps1", "sh", "html", "htm", "xhtml", "svg"),
        *("xlsm", "docm", "pptm", "xlam", "dotm", "xltm"),
    )
)
UNREADABLE = _("This file cannot be read. Open it, save it again and retry.")
BOMB = _("This file unpacks to more than can be read. Split it into smaller ones.")


@dataclass
class Budget:
    """How much one upload may unpack to, with everything inside it."""

    bytes: int
    parts: int = MOST_PARTS

    def spend(self, parts):
        self.parts -= len(parts)
        self.bytes -= sum(part.file_size for part in parts)
        if self.parts < 0 or self.bytes < 0:
            raise ValidationError(BOMB)


def is_archive(file):
    """Does an archive end here, whatever comes before it?"""
    file.seek(0)
    return zipfile.is_zipfile(file)


def refuse_dangerous(file, needed=""):
    """Refuse bombs, macros, programs, passwords, paths out of the archive, XML with entities; and an archive that has
    no part whose name begins with `needed`."""
    file.seek(0, io.SEEK_END)
    budget = Budget(max(SMALL, min(MOST_BYTES, MOST_RATIO * file.tell())))
    try:
        _look_into(file, budget, needed, depth=0)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as broken:
        raise ValidationError(UNREADABLE) from broken


def _look_into(file, budget, needed, depth):
    if depth > DEEPEST:
        raise ValidationError(BOMB)
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        budget.spend(parts)
        if needed and not any(part.filename.startswith(needed) for part in parts):
            raise ValidationError(UNREADABLE)
        for part in parts:
            _refuse_name(part)
            if not part.is_dir():
                _refuse_content(archive, part, budget, depth)


def _refuse_name(part):
    name = part.orig_filename.replace("\\", "/")
    if "\0" in name or name.startswith("/") or ".." in name.split("/") or ":" in name.split("/")[0]:
        raise ValidationError(_("This archive holds a file whose name leads out of it."))
    if part.flag_bits & 0x1:
        raise ValidationError(_("This file is protected by a password and cannot be checked."))
    path = PurePosixPath(name.lower())
    if path.name in MACRO_PARTS:
        raise ValidationError(_("Files with macros are not accepted. Save it without them, e.g. as .xlsx or .docx."))
    if path.suffix[1:] in PROGRAMS:
        raise ValidationError(_("This archive holds a program or a page: %(name)s.") % {"name": path.name})


def _refuse_content(archive, part, budget, depth):
    """Read the part to its end, which proves the size it claims; look into archives and XML."""
    with archive.open(part) as stream:
        head = stream.read(CHUNK)
        if head.startswith(b"PK\x03\x04"):
            return _look_into(io.BytesIO(head + stream.read()), budget, "", depth + 1)
        while stream.read(CHUNK):
            pass
    if PurePosixPath(part.filename.lower()).suffix in {".xml", ".rels", ".vml"}:
        with archive.open(part) as stream:
            refuse_entities(stream)
    return None


class _Begun(Exception):
    """The first element is reached; what could be dangerous stands before it."""


class _UntilTheFirstElement(ContentHandler):
    def startElement(self, name, attributes):
        raise _Begun


def refuse_entities(stream):
    """Refuse XML that declares a document type, and with it entities; nothing outside is ever fetched."""
    try:
        parser = sax.make_parser()
        parser.forbid_dtd = True
        parser.setContentHandler(_UntilTheFirstElement())
        while chunk := stream.read(CHUNK):
            parser.feed(chunk)
    except _Begun:
        return
    except DefusedXmlException as danger:
        raise ValidationError(_("XML files with a document type of their own are not accepted.")) from danger
    except (SAXException, ValueError, LookupError):
        return  # not XML after all, or broken: whoever reads it will say so
