"""The one small company, built once for a whole module and rolled back at its end."""

from contextlib import contextmanager

import pytest
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import override_settings

from tests.permissions import world as company


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    return tmp_path_factory.mktemp("media")


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, media):
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=media), transaction.atomic():
        yield company.build()
        transaction.set_rollback(True)


@pytest.fixture
def inside(world, db, settings, media):
    """The company for one test; what the test changes is undone."""
    settings.MEDIA_ROOT = media
    cache.clear()
    return world


@pytest.fixture
def plain_refusals(monkeypatch):
    """Refusals as bare status codes, so that thousands of them cost little."""

    def bare(request, template, context=None, status=200):
        return HttpResponse(status=status)

    monkeypatch.setattr("crm.middleware.render", bare)
    monkeypatch.setattr("django.views.defaults.page_not_found", lambda *args, **kwargs: HttpResponse(status=404))


@contextmanager
def undone():
    """What happens inside leaves no trace."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
