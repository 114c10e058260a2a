"""Stopping other processes at a row they are about to write, so that they can be killed exactly there."""

import time
from contextlib import contextmanager
from urllib.parse import quote

import psycopg2
from django.db import connection

LOCK = 815_4711


def until(condition, seconds=60):
    """Wait for something that another process does; what the condition gave."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "Nothing happened in time."
        time.sleep(0.02)
    return found


def database_url():
    """The test database, as another process may be told."""
    found = connection.settings_dict
    person = f"{quote(found['USER'])}:{quote(found['PASSWORD'])}"
    if found["HOST"].startswith("/"):
        return f"postgres://{person}@/{found['NAME']}?host={quote(found['HOST'])}"
    return f"postgres://{person}@{found['HOST']}:{found['PORT'] or 5432}/{found['NAME']}"


class Stop:
    """A line of ours, in the database. `wait()` returns when somebody stands at it, and who: a server process."""

    def __init__(self, cursor):
        self.cursor = cursor

    def wait(self):
        return until(self._waiting)

    def _waiting(self):
        self.cursor.execute(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted", [LOCK]
        )
        return [pid for (pid,) in self.cursor.fetchall()]

    def cut(self):
        """End the connections of those who stand here."""
        for pid in self.wait():
            self.cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
            until(lambda pid=pid: self._gone(pid))

    def _gone(self, *pids):
        self.cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%s)", [list(pids)])
        return self.cursor.fetchone() == (0,)


@contextmanager
def stop_at(table, condition):
    """Inside this block everybody waits who is about to write a row of the table that fits `condition` on NEW.

    After it, those whose program was killed there are gone from the database, and the others went on.
    """
    place = psycopg2.connect(database_url())
    place.autocommit = True
    with place.cursor() as cursor:
        stop, stood = Stop(cursor), []
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        cursor.execute(
            "CREATE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql AS"
            f" 'BEGIN PERFORM pg_advisory_xact_lock({LOCK}); RETURN NEW; END'"
        )
        cursor.execute(
            f"CREATE TRIGGER stop_here BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW WHEN ({condition})"
            " EXECUTE FUNCTION stop_here()"
        )
        try:
            yield stop
            stood = stop._waiting()
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
            until(lambda: stop._gone(*stood) or not _in_transaction(cursor, stood))
            cursor.execute(f"DROP TRIGGER stop_here ON {table}")
            cursor.execute("DROP FUNCTION stop_here()")
    place.close()


def _in_transaction(cursor, pids):
    cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%s) AND xact_start IS NOT NULL", [list(pids)])
    return cursor.fetchone() != (0,)
