"""The product's own processes beside the tests, on the test database."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import psutil
import pytest
import redis
import urllib3

from crm.celery import app
from tests.faults.stops import database_url, until

QUEUES = "short,long,webhooks"


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def start(*command, **environment):
    """A program with our settings and these; it says nothing."""
    told = {**os.environ, "DATABASE_URL": database_url(), **environment}
    return subprocess.Popen(
        [sys.executable, *command], env=told, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=None if os.environ.get("SHOW_PROCESSES") else subprocess.DEVNULL,
    )  # fmt: skip


def kill(process):
    """As a power cut does: -9, and nobody is asked."""
    process.kill()
    process.wait()


class Worker:
    """A Celery worker, begun when it is first needed and anew after each death."""

    def __init__(self, **environment):
        self.environment, self.process = environment, None

    def start(self):
        if self.process is None:
            command = ("-m", "celery", "-A", "crm", "worker", "-Q", QUEUES, "--pool", "solo")
            quick = ("--without-gossip", "--without-mingle", "--without-heartbeat")
            self.process = start(*command, *quick, WEBHOOK_ALLOW_PRIVATE="1", **self.environment)

    def kill(self):
        if self.process is not None:
            kill(self.process)
            self.process = None


@contextmanager
def publishing_to(url):
    """What the tests themselves ask workers to do goes to this broker."""
    before = app.conf.broker_url

    def turn_to(address):
        app.conf.broker_url = address
        app._pool = app.amqp._producer_pool = None

    turn_to(url)
    app.conf.task_always_eager = False
    try:
        yield
    finally:
        app.conf.task_always_eager = True
        turn_to(before)


class Broker:
    """A Redis of the tests' own, that forgets everything when it dies."""

    def __init__(self):
        self.program = shutil.which("redis-server")
        if self.program is None:
            pytest.skip("NOT RUN: there is no redis-server on this machine to be killed.")
        self.port, self.process = free_port(), None
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        command = [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd="/tmp")
        until(self._answers)

    def _answers(self):
        try:
            return redis.from_url(self.url).ping()
        except redis.ConnectionError:
            return False

    def kill(self):
        kill(self.process)


class Web:
    """gunicorn as in production with one worker process, and a Redis that is away."""

    def __init__(self, folder):
        self.port, self.broker_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = start(
            "-m", "gunicorn", "-c", "python:crm.gunicorn", "--preload", "crm.wsgi",
            HOST="127.0.0.1", PORT=str(self.port), WEB_WORKERS="1", SITE_URL=self.url, MEDIA_ROOT=str(folder),
            REDIS_URL=f"redis://127.0.0.1:{self.broker_port}/0",
        )  # fmt: skip
        until(self._listens)

    def _listens(self):
        with socket.socket() as asked:
            return asked.connect_ex(("127.0.0.1", self.port)) == 0

    def kill_worker(self):
        """The process that serves; gunicorn's master begins another."""
        for child in until(psutil.Process(self.process.pid).children):
            child.kill()

    def stop(self):
        self.kill_worker()
        kill(self.process)

    @contextmanager
    def deaf_broker(self):
        """Somebody takes calls at the broker's port and never answers: whoever sends there waits."""
        with socket.create_server(("127.0.0.1", self.broker_port)):
            yield


class Call:
    """One call of the API, on its way in a thread of its own."""

    def __init__(self, url, token, body, key):
        self.asked = (url, {"Authorization": f"Bearer {token}", "Idempotency-Key": key}, body)
        self.answer = None
        self.thread = threading.Thread(target=self._ask, daemon=True)
        self.thread.start()

    def _ask(self):
        url, headers, body = self.asked
        try:
            self.answer = urllib3.request("POST", url, json=body, headers=headers, retries=False, timeout=60)
        except urllib3.exceptions.HTTPError:
            self.answer = None

    def result(self):
        """The answer; None when the line was cut."""
        self.thread.join()
        return self.answer
