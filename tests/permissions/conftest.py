"""The one small company, built once for all tests of this folder and rolled back after the last of them."""

import logging
from contextlib import contextmanager

import pytest
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.template import loader
from django.test import override_settings

from crm.models import User
from tests.permissions import world as company


@pytest.fixture(scope="package")
def media(tmp_path_factory):
    return tmp_path_factory.mktemp("media")


@pytest.fixture(scope="package")
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
def people(inside):
    """The people of the company by their names, fresh for each test, which may change them."""
    found = User.objects.select_related("team").in_bulk([person.pk for person in inside.people.values()])
    return {name: found[person.pk] for name, person in inside.people.items()}


@pytest.fixture
def plain_refusals(monkeypatch):
    """Refusals as bare status codes and nothing drawn after a form was sent, so that thousands of calls cost little."""
    draw = loader.render_to_string

    def bare(request, template, context=None, status=200):
        return HttpResponse(status=status)

    def drawn(template, context=None, request=None, using=None):
        return "" if request is not None and request.method == "POST" else draw(template, context, request, using)

    monkeypatch.setattr("crm.middleware.render", bare)
    monkeypatch.setattr("django.views.defaults.page_not_found", lambda *args, **kwargs: HttpResponse(status=404))
    monkeypatch.setattr(loader, "render_to_string", drawn)
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)


@contextmanager
def undone():
    """What happens inside leaves no trace."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
