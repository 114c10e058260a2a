"""Make the floor's table: one row for each lead of the product's, and a session. Prints the session's key."""

import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.bare.settings"
django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from bench.bare.models import Row  # noqa: E402

ROWS = int(os.environ["BENCH_ROWS"])


def session_of(user):
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key


call_command("migrate", run_syncdb=True, verbosity=0)
with connection.cursor() as cursor:
    cursor.execute(
        "INSERT INTO bare_row (name, status, updated_at)"
        " SELECT 'Row ' || n, 'new', now() FROM generate_series(1, %s) n",
        [max(ROWS - Row.objects.count(), 0)],
    )
    cursor.execute("ANALYZE")
print(session_of(User.objects.get_or_create(username="bench")[0]))
