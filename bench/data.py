"""The company that is measured: the demo company, as large as asked, made once and kept."""

import os

import django

from bench.servers import environment, run


def open_database(url):
    """Migrate it, and have this process work on it; gives the environment for others to do so."""
    env = environment(url)
    run(["manage.py", "migrate", "--verbosity", "0"], env)
    os.environ.update(env, DJANGO_SETTINGS_MODULE="crm.settings")
    django.setup()
    return env


def prepare(url, leads):
    """Migrate, and load the demo company unless it is there in this size."""
    env = open_database(url)
    from leads.models import Lead

    if not leads * 0.9 <= Lead.objects.count() < leads * 1.2:
        print(f"Loading a company of {leads:,} leads, which takes some minutes ...", flush=True)
        run(["manage.py", "demo", "--reset", "--yes", "--leads", str(leads)], env)
    tidy()


def tidy():
    """What PostgreSQL does by itself within minutes, done at once."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def session_of(email):
    """A cookie that signs this person in."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from crm.models import User

    user, session = User.objects.get(email=email), SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
