"""The whole company in one file, and back."""

import gzip
import os
import tarfile
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from crm import backups
from crm.models import Attachment, Customer, User
from tests.factories import CustomerFactory, LeadFactory, issued_invoice, payment_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company(people, settings, tmp_path):
    """Some business with money, history and a file."""
    settings.MEDIA_ROOT = tmp_path / "kept"
    lead = LeadFactory(owner=people["sales"])
    invoice = issued_invoice(owner=people["sales"], gross=1234)
    payment_of(invoice, amount=34)
    CustomerFactory(name='华兴 \t "制造"\n\\N')
    kept = Attachment(record_type="lead", record_id=lead.pk, name="报价.pdf", size=8)
    kept.file.save("offer.pdf", ContentFile(b"%PDF-1.7"))
    return people


@pytest.fixture
def archive(company, tmp_path):
    call_command("backup", str(tmp_path / "company.tar.gz"), stdout=open(os.devnull, "w"))  # noqa: SIM115
    return tmp_path / "company.tar.gz"


def everything(settings):
    with connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
        return backups.state(cursor), backups.digests_of_files(Path(settings.MEDIA_ROOT))


def restore(archive, **options):
    call_command("restore", str(archive), stdout=open(os.devnull, "w"), **options)  # noqa: SIM115


def test_all_tables_sequences_and_files_come_back_as_they_were(archive, settings):
    before = everything(settings)
    assert before[0]["tables"]["crm_event"][0] > 0 and len(before[1]) == 1
    Customer.objects.update(name="Gone")
    CustomerFactory(name="Later")
    next(Path(settings.MEDIA_ROOT).rglob("*.pdf")).write_bytes(b"changed")
    assert everything(settings) != before
    restore(archive, replace=True)
    assert everything(settings) == before


def test_life_goes_on_after_a_restore(archive, people):
    restore(archive, replace=True)
    numbers = {issued_invoice(owner=User.objects.get(pk=people["sales"].pk)).number for _time in range(2)}
    assert len(numbers) == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'O'")
        assert cursor.fetchone() == (0,)


def test_a_database_in_use_is_not_overwritten_unless_one_says_so(archive, settings):
    before = everything(settings)
    with pytest.raises(CommandError, match="--replace"):
        restore(archive)
    assert everything(settings) == before


def test_the_empty_database_of_a_new_machine_takes_it(archive, settings):
    before = everything(settings)
    call_command("flush", interactive=False, verbosity=0)
    restore(archive)
    assert everything(settings) == before


def unpacked_and_packed(archive, change):
    content = gzip.decompress(archive.read_bytes())
    archive.write_bytes(gzip.compress(change(content)))


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content.replace(b"%PDF-1.7", b"%PDF-9.9"),
        lambda content: content.replace("华兴".encode(), "华新".encode(), 1),
        lambda content: content[: len(content) // 2],
        lambda content: b"no archive",
    ],
)
def test_a_damaged_archive_changes_nothing(damage, archive, settings):
    before = everything(settings)
    unpacked_and_packed(archive, damage)
    with pytest.raises(CommandError, match=r"Damaged|no whole backup"):
        restore(archive, replace=True)
    assert everything(settings) == before


def test_a_failure_in_the_middle_changes_nothing(archive, settings, monkeypatch):
    before = everything(settings)

    def refuse(cursor, manifest):
        raise backups.BackupError("Not as in the backup")

    monkeypatch.setattr(backups, "_compare", refuse)
    with pytest.raises(CommandError, match="Not as in the backup"):
        restore(archive, replace=True)
    assert everything(settings) == before


def test_files_that_cannot_be_put_in_place_leave_the_database_as_it_was(archive, settings, monkeypatch):
    before = everything(settings)
    rename = Path.rename

    def full(path, target):
        if path.name == backups.FILES:
            raise OSError("No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", full)
    CustomerFactory(name="Later")
    changed = everything(settings)
    with pytest.raises(OSError, match="No space left"):
        restore(archive, replace=True)
    assert everything(settings) == changed != before


@pytest.fixture
def older(archive, tmp_path):
    """A backup that a program of before the tags has made."""
    if not MigrationRecorder(connection).applied_migrations():
        pytest.skip("These tables were made without migrations.")
    call_command("migrate", "crm", "0010_webhooks", verbosity=0)
    made = backups.make(tmp_path / "older.tar.gz")
    call_command("migrate", verbosity=0)
    assert "crm_tag" not in made["tables"]
    return tmp_path / "older.tar.gz"


def test_a_backup_of_an_older_program_is_brought_to_the_tables_of_this_one(older, settings):
    before = everything(settings)
    Customer.objects.update(name="Gone")
    restore(older, replace=True)
    state, files = everything(settings)
    assert files == before[1]
    for table in ("crm_customer", "crm_event", "billing_invoice", "billing_ledgerentry", "crm_tag"):
        assert state["tables"][table] == before[0]["tables"][table], table
    assert [name for _app, name in state["migrations"]] == [name for _app, name in before[0]["migrations"]]


def test_an_older_backup_that_fails_on_the_way_changes_nothing(older, settings, monkeypatch):
    before = everything(settings)

    def refuse(cursor, manifest):
        raise backups.BackupError("Not as in the backup")

    monkeypatch.setattr(backups, "_compare", refuse)
    with pytest.raises(CommandError, match="Not as in the backup"):
        restore(older, replace=True)
    assert everything(settings) == before


def test_a_backup_of_a_newer_program_is_refused(archive, monkeypatch):
    monkeypatch.setattr(backups, "FORMAT", 0)
    with pytest.raises(CommandError, match="newer program"):
        restore(archive, replace=True)


def test_only_its_owner_may_read_the_file(archive):
    assert archive.stat().st_mode & 0o777 == 0o600
    with tarfile.open(archive) as opened:
        assert {name.split("/")[0] for name in opened.getnames()} == {"manifest.json", "tables", "files"}


def test_the_secret_itself_is_not_in_the_file(archive, settings):
    assert settings.SECRET_KEY.encode() not in gzip.decompress(archive.read_bytes())
