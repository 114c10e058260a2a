"""The whole company in one file, and back: every table, every sequence, every kept file, each with its digest.

All tables are read in one transaction, so they show one moment, while people go on working. They are read and written
by COPY, so neither pg_dump nor the same version of PostgreSQL is needed. Reading comes before the files: whatever a row
names is there. Restoring checks all digests first, then replaces all tables in one transaction, or nothing, and swaps
the files as its last step.
"""

import hashlib
import json
import os
import shutil
import tarfile
import tempfile
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from psycopg2 import sql

FORMAT = 1
MANIFEST, TABLES, FILES = "manifest.json", "tables", "files"


class BackupError(Exception):
    """The archive cannot be made or taken back; says why."""


# Making one


def make(target):
    """Write the backup to `target`, which is there whole or not at all. Returns its manifest."""
    target = Path(target).resolve()
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
        folder = Path(folder)
        manifest = _describe(folder)
        packed = folder / "packed"
        with tarfile.open(packed, "w:gz", compresslevel=6) as archive:
            archive.add(folder / MANIFEST, MANIFEST)
            archive.add(folder / TABLES, TABLES)
            archive.add(folder / FILES, FILES)
        packed.chmod(0o600)
        with packed.open("rb") as written:
            os.fsync(written.fileno())
        packed.replace(target)
    return manifest


def _describe(folder):
    (folder / TABLES).mkdir()
    manifest = {"format": FORMAT, "made_at": timezone.now().isoformat(), "secret": _fingerprint_of_secret()}
    manifest |= _copy_out(folder / TABLES)
    shutil.copytree(_media(), folder / FILES)
    manifest["files"] = digests_of_files(folder / FILES)
    manifest["contents"] = digests_of_files(folder / TABLES)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False))
    return manifest


def _media():
    folder = Path(settings.MEDIA_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _fingerprint_of_secret():
    """Tells whether the same SECRET_KEY is at hand, without telling it."""
    return hashlib.scrypt(settings.SECRET_KEY.encode(), salt=b"ltc-crm backup", n=2**14, r=8, p=1).hex()[:32]


def _copy_out(folder):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SET LOCAL TIME ZONE 'UTC'")
        for table, columns in tables(cursor).items():
            with (folder / table).open("wb") as file:
                cursor.cursor.copy_expert(_copy(table, columns, "TO STDOUT"), file)
        return state(cursor)


def _copy(table, columns, direction):
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("COPY {} ({}) " + direction).format(sql.Identifier(table), names)


# What a database holds


def state(cursor):
    """Everything by which two databases are told apart: tables with their digests, sequences, migrations."""
    return {
        "tables": {table: digest_of_table(cursor, table) for table in tables(cursor)},
        "sequences": {name: _position(cursor, name) for name in _sequences(cursor)},
        "migrations": sorted(map(list, MigrationRecorder(connection).applied_migrations())),
    }


def tables(cursor):
    """{table: columns} of all our tables, without columns the database computes itself."""
    cursor.execute(
        "SELECT c.table_name, array_agg(c.column_name::text ORDER BY c.ordinal_position)"
        " FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)"
        " WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER'"
        " GROUP BY 1 ORDER BY 1"
    )
    return dict(cursor.fetchall())


def digest_of_table(cursor, table):
    """[rows, digest]; whatever the order of the rows."""
    query = (
        "SELECT count(*), coalesce(sum(('x' || left(md5(r::text), 15))::bit(60)::bigint::numeric), 0)::text FROM {} r"
    )
    cursor.execute(sql.SQL(query).format(sql.Identifier(table)))
    return list(cursor.fetchone())


def _sequences(cursor):
    cursor.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema() ORDER BY 1")
    return [name for (name,) in cursor.fetchall()]


def _position(cursor, sequence):
    cursor.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(sequence)))
    return list(cursor.fetchone())


def digests_of_files(folder):
    """{path below the folder: SHA-256}."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): _digest_of_file(path) for path in paths}


def _digest_of_file(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# Taking one back


def restore(source, *, replace=False):
    """Put the backup in the place of what there is. Returns its manifest.

    Raises BackupError where the archive is damaged or of a newer program, and, without `replace`, where somebody
    works in this database already.
    """
    media = _media()
    with tempfile.TemporaryDirectory(dir=media.parent, prefix=".restore-") as folder:
        folder = Path(folder)
        manifest = _unpack(source, folder)
        _refuse_if_used(replace)
        call_command("migrate", verbosity=0)
        with _files_in_step(folder / FILES, media) as swap, transaction.atomic(), connection.cursor() as cursor:
            _prepare_schema(manifest)
            _copy_in(cursor, folder / TABLES, manifest)
            _compare(cursor, manifest)
            call_command("migrate", verbosity=0)
            swap()
    cache.clear()
    return manifest


def same_secret(manifest):
    """Is this installation's SECRET_KEY the one the backup was made under? Second factors and links hang on it."""
    return manifest["secret"] == _fingerprint_of_secret()


def _unpack(source, folder):
    try:
        with tarfile.open(source, "r:gz") as archive:
            archive.extractall(folder, filter="data")
        manifest = json.loads((folder / MANIFEST).read_text())
    except (OSError, EOFError, tarfile.TarError, ValueError) as broken:
        raise BackupError(f"This is no whole backup: {broken}") from broken
    if manifest["format"] > FORMAT:
        raise BackupError("This backup was made by a newer program.")
    for part, kept in ((TABLES, "contents"), (FILES, "files")):
        found = digests_of_files(folder / part)
        wrong = sorted(
            path for path in found.keys() | manifest[kept].keys() if found.get(path) != manifest[kept].get(path)
        )
        if wrong:
            raise BackupError(f"Damaged in the archive: {', '.join(wrong[:5])}")
    return manifest


def _refuse_if_used(replace):
    if replace or "crm_user" not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        if digest_of_table(cursor, "crm_user")[0]:
            raise BackupError("There are users in this database already. --replace puts the backup in their place.")


def _prepare_schema(manifest):
    """Bring the tables to the state of the backup; an older one is loaded as it was and migrated afterwards.

    Raises BackupError where the backup knows changes of the tables that this program does not.
    """
    kept = {tuple(migration) for migration in manifest["migrations"]}
    present = set(MigrationRecorder(connection).applied_migrations())
    if kept - present:
        raise BackupError("This backup was made by a newer program.")
    if present - kept:
        _build_anew(kept)


def _build_anew(kept):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        name = sql.Identifier(cursor.fetchone()[0])
        cursor.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(name))
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(name))
    executor = MigrationExecutor(connection)
    executor.migrate(_last_of(kept, executor.loader.graph))


def _last_of(kept, graph):
    """The migrations that no other of these follows: reaching them reaches all."""
    known = kept & graph.nodes.keys()
    return sorted(name for name in known if not any(child.key in known for child in graph.node_map[name].children))


def _copy_in(cursor, folder, manifest):
    cursor.execute("SET LOCAL TIME ZONE 'UTC'")
    here = tables(cursor)
    if here.keys() != manifest["tables"].keys():
        raise BackupError(f"Tables differ: {', '.join(sorted(here.keys() ^ manifest['tables'].keys()))}")
    names = sql.SQL(", ").join(map(sql.Identifier, here))
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")  # migrations may have left some immediate
    _triggers(cursor, here, "DISABLE")
    cursor.execute(sql.SQL("TRUNCATE {}").format(names))
    for table, columns in here.items():
        with (folder / table).open("rb") as file:
            cursor.cursor.copy_expert(_copy(table, columns, "FROM STDIN"), file)
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    _triggers(cursor, here, "ENABLE")
    for sequence, (value, called) in manifest["sequences"].items():
        # Restarted first, the sequence is a new one of this transaction; setval alone would outlive a rollback.
        cursor.execute(sql.SQL("ALTER SEQUENCE {} RESTART").format(sql.Identifier(sequence)))
        cursor.execute("SELECT setval(%s::regclass, %s, %s)", [f'"{sequence}"', value, called])


def _triggers(cursor, names, switch):
    """The guards of append-only tables step aside for the one who brings the whole history."""
    for table in names:
        cursor.execute(sql.SQL("ALTER TABLE {} " + switch + " TRIGGER USER").format(sql.Identifier(table)))


def _compare(cursor, manifest):
    found = state(cursor)
    for kind in ("tables", "sequences"):
        wrong = [name for name, kept in manifest[kind].items() if found[kind].get(name) != kept]
        if wrong:
            raise BackupError(f"Not as in the backup after loading, so nothing was changed: {', '.join(wrong[:5])}")


@contextmanager
def _files_in_step(new, media):
    """Hands out the swap of the files, for the last moment before the commit; whatever fails then takes it back."""
    before = media.with_name(f"{media.name}.before-restore")
    shutil.rmtree(before, ignore_errors=True)

    def swap():
        media.rename(before)
        new.rename(media)

    try:
        yield swap
    except BaseException:
        if before.exists():
            shutil.rmtree(media, ignore_errors=True)
            before.rename(media)
        raise
    shutil.rmtree(before)
