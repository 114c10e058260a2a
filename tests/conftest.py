"""Standing people: one user per role, and among sales an owner, a colleague of the team, and a stranger."""

import pytest
from django.core.cache import cache
from django.utils import translation

from crm.access import Role
from tests.factories import TeamFactory, UserFactory


@pytest.fixture(autouse=True)
def quick_and_clean(settings, tmp_path):
    """Cheap password hashes, files in a temporary folder, plain static names, an empty cache, no rate limits."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.CELERY_TASK_ALWAYS_EAGER = True
    settings.API_RATE_LIMITS = dict.fromkeys(settings.API_RATE_LIMITS, (0, 60))
    cache.clear()
    with translation.override("en"):
        yield


@pytest.fixture(scope="session", autouse=True)
def eager_jobs():
    from crm.celery import app

    app.conf.task_always_eager = True
    app.conf.task_eager_propagates = False


@pytest.fixture
def company_tree(db):
    """Headquarters with two sales teams below it."""
    root = TeamFactory(name="HQ")
    return {
        "root": root,
        "north": TeamFactory(name="North", parent=root),
        "south": TeamFactory(name="South", parent=root),
    }


@pytest.fixture
def people(company_tree):
    """A user of each role by its key; in sales also `colleague` (same team) and `stranger` (another team)."""
    team = company_tree["north"]
    found = {
        role: UserFactory(name=role.title(), email=f"{role}@example.com", roles=[role], team=team)
        for role in Role.values
    }
    found["colleague"] = UserFactory(name="Colleague", team=team)
    found["stranger"] = UserFactory(name="Stranger", team=company_tree["south"])
    found["boss"] = UserFactory(name="Boss", roles=[Role.MANAGER], team=company_tree["root"])
    return found


@pytest.fixture
def browse(client):
    """Sign somebody in: `browse(user).get(...)`."""

    def signed_in(user):
        client.force_login(user, backend="crm.backends.RoleBackend")
        return client

    return signed_in


@pytest.fixture
def call():
    """Call the API as somebody: `call(user).post(path, {...})`."""
    from rest_framework.test import APIClient

    def client_of(user):
        client = APIClient()
        client.force_authenticate(user)
        return client

    return client_of
