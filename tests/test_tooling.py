"""What runs and ships the product: translations, static files, logs, locks and the one-process server."""

import gettext
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from crm import embedded_postgres, frontend, in_process, jobs, translations
from crm.logs import JsonFormatter

TEMPLATE = """{% load i18n %}
    <p>{% translate "Hello" %}</p>
  {% blocktranslate trimmed count n=leads|length %}
    One "lead"
  {% plural %}
    {{ n }} leads
  {% endblocktranslate %}
{% translate "May" context "month" %} {{ owner|default:_("nobody") }}
"""
MODULE = """
title = _("Two " "parts")
ngettext_lazy("%(n)d day", "%(n)d days", "n")
pgettext_lazy("verb", "Order")
_(computed)
"""


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """A project of two files with a catalogue of its own."""
    (tmp_path / "page.html").write_text(TEMPLATE)
    (tmp_path / "module.py").write_text(MODULE)
    monkeypatch.setattr(settings, "BASE_DIR", tmp_path)
    monkeypatch.setattr(translations, "PO", tmp_path / "locale" / "django.po")
    monkeypatch.setattr(translations, "source_files", lambda: [tmp_path / "module.py", tmp_path / "page.html"])
    return tmp_path


def translate_all():
    catalog = translations.collect()
    for message in [message for message in catalog if message.id]:
        placeholders = "".join(re.findall(r"%\(n\)[sd]", str(message.id[-1] if message.pluralizable else message.id)))
        message.string = ("译" + placeholders,) if message.pluralizable else "译" + placeholders
    translations.PO.write_text(translations.render(catalog))


def test_texts_of_templates_are_found_with_plural_and_context(sources):
    assert list(translations.texts_in(sources / "page.html")) == [
        ("Hello", None),
        (('One "lead"', "%(n)s leads"), None),
        ("May", "month"),
        ("nobody", None),
    ]


def test_texts_of_modules_are_found_and_computed_ones_left_alone(sources):
    assert list(translations.texts_in(sources / "module.py")) == [
        ("Two parts", None),
        (("%(n)d day", "%(n)d days"), None),
        ("Order", "verb"),
    ]


def test_collecting_again_keeps_translations_and_drops_texts_that_are_gone(sources):
    translations.update()
    translate_all()
    (sources / "module.py").write_text(MODULE.replace('_("Two " "parts")', '_("New")'))
    translations.update()
    catalogue = translations.stored()
    assert catalogue.get("Order", "verb").string == "译"
    assert catalogue.get("New").string == ""
    assert catalogue.get("Two parts") is None


def test_collecting_twice_changes_nothing(sources):
    translations.update()
    before = translations.PO.read_bytes()
    translations.update()
    assert translations.PO.read_bytes() == before


def test_the_check_passes_only_when_everything_is_translated(sources):
    translations.update()
    with pytest.raises(CommandError):
        call_command("messages", "--check")
    translate_all()
    call_command("messages", "--check")


def test_the_check_refuses_a_catalogue_that_lags_behind_the_code(sources):
    translations.update()
    translate_all()
    (sources / "module.py").write_text(MODULE + '_("Later")')
    assert any("out of date" in problem for problem in translations.problems())


def test_the_check_refuses_a_translation_that_lost_its_placeholder(sources):
    translations.update()
    translate_all()
    translations.PO.write_text(translations.PO.read_text().replace("译%(n)d", "译"))
    assert [problem for problem in translations.problems() if problem.startswith("Placeholders differ")]


def test_compiled_translations_are_what_gettext_reads(sources):
    translations.update()
    translate_all()
    translations.compile_catalogue()
    with translations.PO.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert compiled.gettext("Hello") == "译"
    assert compiled.pgettext("verb", "Order") == "译"
    assert compiled.ngettext("%(n)d day", "%(n)d days", 3) == "译%(n)d"


def test_only_the_listed_files_of_npm_packages_are_served():
    finder = frontend.FrontEndFinder()
    served = [f"{storage.prefix}/{path}" for path, storage in finder.list([])]
    assert "tabler/css/tabler.min.css" in served
    assert all(finders.find(path) for path in served)
    assert not finder.find("tabler/css/tabler.css")


def test_locks_name_no_host():
    locks = [*settings.BASE_DIR.glob("requirements*.lock"), settings.BASE_DIR / "package-lock.json"]
    assert len(locks) == 5
    for lock in locks:
        assert "resolved" not in lock.read_text()
        assert not re.search(r"--index-url|find-links|pypi", lock.read_text()), lock


FOR_DEVELOPERS = {"DEBUG", "CELERY_TASK_ALWAYS_EAGER"}
SET_BY_THE_IMAGE = {"VAR_DIR", "MEDIA_ROOT", "HOST", "DATABASE_URL", "REDIS_URL", "CACHE_URL"}


@pytest.fixture
def variables():
    """Every environment variable by which the product is set up."""
    code = "".join((settings.BASE_DIR / "crm" / name).read_text() for name in ("settings.py", "gunicorn.py"))
    return set(re.findall(r'(?:environ\.get|env_bool|env_list)\(\s*["\'](\w+)["\']', code)) - FOR_DEVELOPERS


def test_every_variable_is_explained_in_the_readme(variables):
    text = (settings.BASE_DIR / "README.md").read_text()
    assert len(variables) > 30
    assert sorted(name for name in variables if f"`{name}" not in text) == []


def test_every_variable_reaches_the_containers(variables):
    composed = (settings.BASE_DIR / "docker-compose.yml").read_text()
    example = (settings.BASE_DIR / ".env.example").read_text()
    passed = set(re.findall(r"\$\{(\w+)", composed))
    assert sorted(variables - passed - SET_BY_THE_IMAGE) == []
    assert passed == set(re.findall(r"^(\w+)=", example, re.M))


def test_every_queue_has_a_worker():
    composed = (settings.BASE_DIR / "docker-compose.yml").read_text()
    readme = (settings.BASE_DIR / "README.md").read_text()
    queues = {"webhooks", *(task.queue for task in jobs.TASKS.values())}
    assert set(re.findall(r'"--queues", "(\w+)"', composed)) == queues
    assert set(",".join(re.findall(r"worker -Q (\S+)", readme)).split(",")) == queues == set(in_process.THREADS)


def test_a_log_line_is_one_json_object_with_request_user_and_traceback(rf):
    record = logging.LogRecord("billing", logging.ERROR, "x.py", 1, "Invoice %s\nfailed", ("INV-1",), None)
    record.request = rf.get("/invoices/1/?q=secret", headers={"X-Request-ID": "abc"})
    record.request._cached_user = type("Person", (), {"pk": 7})()
    try:
        raise ValueError("no number")
    except ValueError:
        record.exc_info = sys.exc_info()
    line = JsonFormatter().format(record)
    entry = json.loads(line)
    assert "\n" not in line
    assert (entry["level"], entry["logger"], entry["message"]) == ("ERROR", "billing", "Invoice INV-1\nfailed")
    assert (entry["path"], entry["request_id"], entry["user"]) == ("/invoices/1/", "abc", 7)
    assert "ValueError: no number" in entry["exception"]


def test_a_folder_the_embedded_database_cannot_live_in_is_refused_in_words(tmp_path):
    with pytest.raises(ImproperlyConfigured, match="space in its name"):
        embedded_postgres.start(tmp_path / "my projects")


def test_a_process_number_left_by_a_killed_server_is_forgotten(tmp_path):
    (tmp_path / "postmaster.pid").write_text(f"{os.getpid()}\n/elsewhere\n")
    (tmp_path / ".handle_pids.json").write_text(f"[{os.getpid()}, 4194305]")
    embedded_postgres._forget_the_dead(tmp_path)
    assert not (tmp_path / "postmaster.pid").exists()
    assert json.loads((tmp_path / ".handle_pids.json").read_text()) == [os.getpid()]


JOB_FROM_ANOTHER_PROCESS = """
import time
from crm import jobs
job = jobs.enqueue("leads.recycle")
while not job.finished:
    time.sleep(0.2)
    job.refresh_from_db()
print(job.status)
"""


@pytest.fixture
def own_folder():
    """A folder outside pytest's own, which other runs of pytest shut again for the embedded server's user."""
    with tempfile.TemporaryDirectory(prefix="ltc-") as folder:
        yield Path(folder)


@pytest.fixture
def fresh_machine(own_folder):
    """An environment without database and broker, with a migrated embedded database and a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    env = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL", "SITE_URL"}}
    env |= {"VAR_DIR": str(own_folder / "var"), "PORT": port, "EMBEDDED_FSYNC": "off"}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=settings.BASE_DIR, env=env, check=True)
    return env


@pytest.fixture
def served(fresh_machine, own_folder):
    """The product in one process, its address and its log."""
    command = [sys.executable, "manage.py", "serve"]
    with (own_folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=fresh_machine, stdout=log, stderr=log)
    yield process, f"http://127.0.0.1:{fresh_machine['PORT']}", own_folder / "log"
    process.kill()
    process.wait()


def wait_for(url, process):
    for _attempt in range(600):
        try:
            return urllib.request.urlopen(url, timeout=5)
        except OSError:
            assert process.poll() is None, "The server ended by itself."
            time.sleep(0.1)
    raise AssertionError(f"{url} never answered.")


def test_one_process_serves_and_works_and_leaves_nothing_behind_when_stopped(served, fresh_machine):
    process, address, log = served
    answer = json.load(wait_for(f"{address}/healthz", process))
    assert answer == {"status": "ok", "database": "ok", "broker": "ok"}

    # The message stays in the asking process; clock, sweep and worker of the server find the row all the same.
    shell = [sys.executable, "manage.py", "shell", "-v0", "-c", JOB_FROM_ANOTHER_PROCESS]
    asked = subprocess.run(shell, cwd=settings.BASE_DIR, env=fresh_machine, capture_output=True, text=True, timeout=120)
    assert asked.stdout.strip() == "succeeded", log.read_text() + asked.stderr

    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0
    assert address in log.read_text()
    assert not (log.parent / "var" / "postgres" / "postmaster.pid").exists()
