"""What may come in as a file, and how it goes out again: bombs, macros, disguises and names that lead astray."""

import io
import struct
import zipfile

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from crm import uploads
from crm.models import Attachment, Company
from tests.factories import LeadFactory

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 20
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"
OLE = uploads.OLE_START + b"\x00" * 600
PDF = b"%PDF-1.7\n1 0 obj\n<< /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>\n%%EOF"
BILLION_LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>
<lolz>&lol2;</lolz>"""
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'


def file(name, content=b"hello"):
    return SimpleUploadedFile(name, content)


def zipped(**parts):
    """A zip of these parts; `__` in a name stands for a slash."""
    return archive({name.replace("__", "/"): content for name, content in parts.items()})


def archive(parts):
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return kept.getvalue()


def workbook():
    kept = io.BytesIO()
    openpyxl.Workbook().save(kept)
    return kept.getvalue()


def document(**more):
    return archive({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>", **more})


SOUND = {
    "offer.pdf": PDF,
    "card.png": PNG,
    "card.JPG": JPEG,
    "list.csv": "公司,电话\n".encode("gb18030"),
    "wide.txt": "名单".encode("utf-16"),
    "book.xlsx": workbook(),
    "letter.docx": document(),
    "old.doc": OLE,
    "all.zip": archive({"a/offer.pdf": PDF, "inner.zip": archive({"b.txt": b"b"})}),
    "invoice.ofd": archive({"OFD.xml": b"<ofd/>"}),
    "statement.xml": b"\xef\xbb\xbf<?xml version='1.0'?><Document/>",
    "empty.csv": b"",
}


@pytest.mark.parametrize("name", SOUND)
def test_what_people_work_with_is_taken(name):
    assert uploads.accept(file(name, SOUND[name])).read() == SOUND[name]


MACRO = archive({"xl/workbook.xml": b"<x/>", "xl/vbaProject.bin": b"\x01"})
BAD = {
    "a program": ("run.exe", b"MZ\x90\x00"),
    "a program with a second ending": ("offer.pdf.exe", b"%PDF-"),
    "a program under the name of a PDF": ("offer.pdf", b"MZ\x90\x00" + b"\x00" * 60),
    "a page": ("page.html", b"<html>"),
    "a page under the name of a text": ("page.txt", b"<html><script>alert(1)</script>"),
    "a page under the name of a picture": ("page.png", b"<html><script>alert(1)</script>"),
    "a script under the name of a text": ("run.txt", b"#!/bin/sh\nrm -rf /"),
    "bytes under the name of a text": ("data.csv", b"a,b\x00\x01\x02"),
    "a drawing, which can hold scripts": ("logo.svg", b"<svg onload=alert(1)>"),
    "a picture that is an archive too": ("card.jpg", JPEG + b"\x00" * 50 + archive({"x.class": b"1"})),
    "a PDF that is an archive too": ("offer.pdf", PDF + archive({"x.class": b"1"})),
    "an archive under the name of a workbook": ("book.xlsx", archive({"a.txt": b"a"})),
    "a text under the name of a workbook": ("book.xlsx", b"company,phone"),
    "a workbook under the name of a document": ("letter.docx", workbook()),
    "macros by name": ("book.xlsm", MACRO),
    "macros in a workbook": ("book.xlsx", MACRO),
    "macros under another spelling": ("letter.docx", document(**{"word/VBAPROJECT.BIN": b"\x01"})),
    "macros in a workbook in a document": ("letter.docx", document(**{"word/embeddings/book.xlsx": MACRO})),
    "macros in an old workbook": ("book.xls", OLE + "_VBA_PROJECT_CUR".encode("utf-16-le")),
    "a program in an archive": ("all.zip", archive({"docs/Setup.EXE": b"MZ"})),
    "a name that leads out of the archive": ("all.zip", archive({"../../etc/cron.d/x": b"x"})),
    "a name from the root": ("all.zip", archive({"/etc/passwd": b"x"})),
    "a name from a Windows drive": ("all.zip", archive({"C:\\Windows\\x.txt": b"x"})),
    "entities that multiply": ("data.xml", BILLION_LAUGHS),
    "an entity from outside": ("data.xml", OUTSIDE),
    "entities under the name of a text": ("data.txt", BILLION_LAUGHS),
    "entities behind a long comment": ("data.xml", b"<?xml version='1.0'?><!--" + b"-a" * 9000 + b"-->" + OUTSIDE[21:]),
    "entities in a document": ("letter.docx", document(**{"word/styles.xml": BILLION_LAUGHS})),
    "entities in a document, in UTF-16": ("letter.docx", document(**{"w.xml": OUTSIDE[21:].decode().encode("utf-16")})),
    "half an archive": ("all.zip", archive({"a.txt": b"a" * 500})[:60]),
}


@pytest.mark.parametrize("what", BAD)
def test_is_refused(what):
    with pytest.raises(ValidationError):
        uploads.accept(file(*BAD[what]))


def test_an_archive_that_unpacks_to_far_more_is_refused():
    bomb = archive({f"{number}.txt": b"\x00" * 4_000_000 for number in range(10)})
    assert len(bomb) < 50_000
    with pytest.raises(ValidationError, match="unpacks to more"):
        uploads.accept(file("bomb.zip", bomb))


def test_what_lies_in_archives_in_archives_counts_together():
    layer = archive({"0.txt": b"\x00" * 6_000_000})
    with pytest.raises(ValidationError, match="unpacks to more"):
        uploads.accept(file("42.zip", archive({f"lib {number}.zip": layer for number in range(16)})))


def test_archives_too_deep_in_each_other_are_refused():
    layer = archive({"0.txt": b"0"})
    for _depth in range(4):
        layer = archive({"lib.zip": layer})
    with pytest.raises(ValidationError, match="unpacks to more"):
        uploads.accept(file("deep.zip", layer))


def test_too_many_parts_are_refused(monkeypatch):
    monkeypatch.setattr("crm.archives.Budget.parts", 20)
    monkeypatch.setattr("crm.archives.Budget.__init__.__defaults__", (20,))
    with pytest.raises(ValidationError, match="unpacks to more"):
        uploads.accept(file("many.zip", archive({f"{number}.txt": b"" for number in range(21)})))


def test_an_archive_that_lies_about_its_size_is_refused():
    """The true size of the part stands nowhere in this bomb: both its headers claim ten bytes."""
    honest = archive({"a.txt": b"\x00" * 3_000_000})
    lying = honest.replace(struct.pack("<L", 3_000_000), struct.pack("<L", 10))
    assert lying != honest
    with pytest.raises(ValidationError, match="cannot be read"):
        uploads.accept(file("liar.zip", lying))


def test_a_protected_archive_is_refused_because_nobody_can_look_into_it():
    content = bytearray(archive({"a.txt": b"a"}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ValidationError, match="password"):
        uploads.accept(file("secret.zip", bytes(content)))


def test_more_bytes_than_the_limit_are_refused():
    with pytest.raises(ValidationError, match="larger than 1 MB"):
        uploads.accept(file("logo.png", PNG + b"\x00" * 1024 * 1024), uploads.LOGOS, uploads.MOST_BYTES_OF_A_LOGO)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\me\\报价.pdf", "报价.pdf"),
        ("offer\x00.pdf", "offer.pdf"),
        ("invoice\u202efdp.txt", "invoicefdp.txt"),
        ('a<b>"c|d.csv', "a_b__c_d.csv"),
        (" . ", "file"),
        ("x" * 300 + ".pdf", "x" * 200 + ".pdf"),
    ],
)
def test_names_are_made_harmless(sent, kept):
    assert uploads.clean_name(sent) == kept


# Over the pages


@pytest.fixture
def kept(people, browse):
    """An attachment that sales put on a lead of theirs, with its address."""
    lead = LeadFactory(owner=people["sales"], status="assigned")
    browse(people["sales"]).post(f"/leads/{lead.pk}/attach/", {"file": file("报价 <b>.pdf", PDF)})
    attachment = Attachment.objects.get()
    return attachment, f"/leads/{lead.pk}/files/{attachment.pk}/"


@pytest.mark.django_db
def test_on_disk_a_file_has_a_random_name(kept):
    attachment, _address = kept
    assert attachment.name == "报价 _b_.pdf"
    name = attachment.file.name.rsplit("/", 1)[-1]
    assert name.endswith(".pdf") and len(name) == 36 and "报价" not in name


@pytest.mark.django_db
def test_a_file_leaves_as_a_download_that_nothing_runs(kept, people, browse):
    answer = browse(people["sales"]).get(kept[1])
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_a_file_follows_its_record(kept, people, browse):
    assert browse(people["colleague"]).get(kept[1]).status_code == 404
    assert browse(people["manager"]).get(kept[1]).status_code == 200
    assert browse(people["manager"]).get(kept[1].replace("/files/", "/files/9")).status_code == 404


@pytest.mark.django_db
def test_no_address_serves_the_folder_of_files(kept, people, browse):
    attachment, _address = kept
    for prefix in ("/media/", "/files/", "/static/"):
        assert browse(people["admin"]).get(prefix + attachment.file.name).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    "what", ["macros in a workbook", "a program under the name of a PDF", "an entity from outside"]
)
def test_the_page_says_why_and_keeps_nothing(what, people, browse):
    lead = LeadFactory(owner=people["sales"], status="assigned")
    answer = browse(people["sales"]).post(f"/leads/{lead.pk}/attach/", {"file": file(*BAD[what])})
    assert answer.status_code == 422
    assert "field-error" in answer.content.decode()
    assert not Attachment.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["macros in a workbook", "a text under the name of a workbook"])
def test_an_import_goes_through_the_same_door(what, people, browse):
    answer = browse(people["marketing"]).post("/imports/", {"file": file(*BAD[what]), "kind": "leads"})
    assert answer.status_code == 422


@pytest.mark.django_db
def test_a_logo_is_a_picture_and_is_served_as_nothing_else(people, browse):
    company = Company.current()
    company.logo.save("logo.png", file("logo.png", PNG))
    answer = browse(people["sales"]).get("/logo/")
    assert answer["Content-Type"] == "image/png"
    assert "sandbox" in answer["Content-Security-Policy"]
