"""What is in the database, in short: the same digest means the same rows, to the last digit."""

from django.apps import apps
from django.db import connection

from crm.models import BinEntry, Event, Job, Merge, Notification

APART = {model._meta.db_table for model in (Event, Notification, Job, Merge, BinEntry)}


def digest():
    """{table: digest of its rows}, without the log, the bells, the jobs, and the bin's and merges' own books."""
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed}
    with connection.cursor() as cursor:
        return {table: _digest_of(cursor, table) for table in sorted(tables - APART)}


def _digest_of(cursor, table):
    cursor.execute(f'SELECT md5(string_agg(kept::text, chr(10) ORDER BY kept::text)) FROM "{table}" AS kept')
    return cursor.fetchone()[0]
