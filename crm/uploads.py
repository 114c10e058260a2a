"""The one door for files people send: what may come in, under what name it is kept, and how it is handed out again.

A file is taken by what it holds, not by what it says it is: the ending must be on the list of its purpose, and the
content must be of that kind. What comes in leaves only as a download, from an address that runs nothing.
"""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

import puremagic
from django.core.exceptions import ValidationError
from django.core.files.storage import FileSystemStorage
from django.http import FileResponse, Http404
from django.utils.translation import gettext_lazy as _

from crm import archives

MOST_BYTES = 20 * 1024 * 1024
MOST_BYTES_OF_A_LOGO = 1024 * 1024
MOST_BYTES_OF_A_REQUEST = 64 * 1024 * 1024
HEAD = 4096  # bytes by which a kind is known
LONGEST_NAME = 200

OFFICE = "application/vnd.openxmlformats-officedocument"
OLE_START, ZIP_START = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"


@dataclass(frozen=True)
class Kind:
    """What a file of this ending holds: a recognised type, a text, or an archive with a certain part in it."""

    types: frozenset = frozenset()
    start: bytes = b""
    part: str = ""

    @property
    def is_archive(self):
        return self.start == ZIP_START

    @property
    def is_text(self):
        return not self.types and not self.start


def _recognised(*types):
    return Kind(types=frozenset(types))


def _archive(part=""):
    return Kind(start=ZIP_START, part=part)


TEXT, OLE = Kind(), Kind(start=OLE_START)
SHEETS = {"csv": TEXT, "txt": TEXT, "tsv": TEXT, "xlsx": _archive("xl/workbook."), "xls": OLE}
LOGOS = {
    "png": _recognised("image/png"),
    "jpg": _recognised("image/jpeg"),
    "jpeg": _recognised("image/jpeg"),
}
DOCUMENTS = {
    **SHEETS,
    **LOGOS,
    "pdf": _recognised("application/pdf"),
    "gif": _recognised("image/gif"),
    "webp": _recognised("image/webp"),
    "heic": _recognised("image/heif", "image/heic"),
    "heif": _recognised("image/heif", "image/heic"),
    "docx": _archive("word/document"),
    "pptx": _archive("ppt/presentation"),
    "odt": _archive("content.xml"),
    "ods": _archive("content.xml"),
    "ofd": _archive("OFD.xml"),  # the electronic invoices of China
    "zip": _archive(),
    "doc": OLE,
    "ppt": OLE,
    "wps": OLE,
    "et": OLE,
    "msg": OLE,
    "xml": TEXT,
    "eml": TEXT,
    "md": TEXT,
    "sta": TEXT,
    "ofx": TEXT,
}
ACTIVE_TYPES = {
    "text/html",
    "application/xhtml+xml",
    "image/svg+xml",
    "application/vnd.microsoft.portable-executable",
    "application/x-msdownload",
}
OLE_MACROS = "_VBA_PROJECT".encode("utf-16-le")

KIND_REFUSED = _("Files of this kind are not accepted. Send one of: %(endings)s.")
DISGUISED = _("The content of this file is not what its name says.")
MACROS = _("Files with macros are not accepted. Save it without them, e.g. as .xlsx or .docx.")


def accept(file, kinds=None, most_bytes=MOST_BYTES):
    """Check an uploaded file and give it a harmless name. Raises ValidationError in words for the person who sent it.

    `kinds` is one of the lists above; without it any document people keep with a record.
    """
    kinds = kinds or DOCUMENTS
    file.name = clean_name(file.name)
    if file.size > most_bytes:
        size = most_bytes // (1024 * 1024)
        raise ValidationError(_("The file is larger than %(size)s MB.") % {"size": size})
    kind = kinds.get(ending(file.name))
    if kind is None:
        if ending(file.name) in {"xlsm", "docm", "pptm"}:
            raise ValidationError(MACROS)
        raise ValidationError(KIND_REFUSED % {"endings": ", ".join(kinds)})
    if file.size:
        _look_into(file, kind)
    file.seek(0)
    return file


def ending(name):
    return PurePosixPath(name).suffix[1:].lower()


def clean_name(name):
    """The last part of a name, without control signs, marks that turn the writing round, or anything of a path."""
    name = unicodedata.normalize("NFC", str(name)).replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(sign for sign in name if unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    name = re.sub(r'[<>:"|?*]', "_", name).strip(" .")
    stem, dot, last = name.rpartition(".")
    return f"{(stem if dot else last)[:LONGEST_NAME]}{dot}{last[:20] if dot else ''}" or "file"


def _look_into(file, kind):
    file.seek(0)
    head = file.read(HEAD)
    if not head.startswith(kind.start) or (kind.types and not kind.types & _types(head)):
        raise ValidationError(DISGUISED)
    if kind.is_archive:
        return archives.refuse_dangerous(file, kind.part)
    if archives.is_archive(file):  # one file that is two: a picture in front, an archive behind
        raise ValidationError(DISGUISED)
    if kind.is_text:
        _refuse_active_text(file, head)
    elif kind is OLE:
        _refuse_ole_macros(file)
    return None


def _types(head):
    try:
        return {match.mime_type for match in puremagic.magic_string(head)}
    except puremagic.PureError:
        return set()


def _refuse_active_text(file, head):
    """No program, page or drawing under the name of a text, and no entities in XML."""
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if (b"\0" in head and not wide) or head.startswith(b"#!") or _types(head) & ACTIVE_TYPES:
        raise ValidationError(DISGUISED)
    if head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").startswith(b"<"):
        file.seek(0)
        archives.refuse_entities(file)


def _refuse_ole_macros(file):
    """Best effort for the old Office formats: their macro project lies under a fixed name."""
    file.seek(0)
    if OLE_MACROS in file.read():
        raise ValidationError(MACROS)


class PrivateStorage(FileSystemStorage):
    """Files under random names, so that nothing about them can be guessed; only their ending stays."""

    def generate_filename(self, filename):
        folder = PurePosixPath(super().generate_filename(filename).replace("\\", "/")).parent
        last = ending(filename)
        return str(folder / (secrets.token_hex(16) + (f".{last}" if last.isalnum() and last.isascii() else "")))


def download(kept, name):
    """Hand out a kept file: always as a download, never opened, run or stored on the way."""
    if not kept or not kept.storage.exists(kept.name):
        raise Http404
    return FileResponse(
        kept.open("rb"),
        as_attachment=True,
        filename=clean_name(name),
        headers={
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )
