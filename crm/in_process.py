"""Background work beside the web server in one process: Celery's workers and its clock on threads.

Messages live in memory only. That loses nothing: every job is a row, and the sweep sends again what a stop cut off.
"""

import threading
import time

from celery import Celery
from celery.beat import EmbeddedService
from celery.worker import WorkController, state
from django.conf import settings

from crm.celery import app
from crm.jobs import sweep

THREADS = {"short": 2, "long": 1, "webhooks": 1}  # per queue: neither an import nor a slow receiver holds up a mail
started = []  # the threads of this process that must live as long as it does


def check():
    """Raise if a worker or the clock of this process has died."""
    dead = [thread.name for thread in started if not thread.is_alive()]
    if dead:
        raise RuntimeError(f"Background threads have died: {', '.join(dead)}")


class Jobs:
    """The workers and the clock; `start` returns at once, `stop` waits for what runs."""

    def __init__(self):
        app.loader.import_default_modules()  # workers and clock know the tasks and the schedule there are by now
        app.finalize()
        self.workers = [_worker(queue, threads) for queue, threads in THREADS.items()]
        self.threads = [
            threading.Thread(target=worker.start, name=worker.hostname, daemon=True) for worker in self.workers
        ]
        self.clock = EmbeddedService(app, thread=True, schedule_filename=str(settings.VAR_DIR / "beat-schedule"))

    def start(self):
        for thread in (*self.threads, self.clock):
            thread.start()
            started.append(thread)
        sweep.apply_async()  # what the last stop cut off need not wait for the clock

    def stop(self, within=10):
        """Take no more work and finish what runs; False if some of it would need more than `within` seconds."""
        started.clear()
        self.clock.service.stop()
        state.should_stop = 0
        deadline = time.monotonic() + within
        for thread in (*self.threads, self.clock):
            thread.join(max(0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self.threads)


def _worker(queue, threads):
    # A Celery application can consume one choice of queues only, so each worker has one of its own.
    own = Celery("crm", set_as_current=False)
    own.config_from_object("django.conf:settings", namespace="CELERY")
    return WorkController(
        app=own,
        hostname=f"{queue}@embedded",
        queues=[queue],
        pool_cls="threads",
        concurrency=threads,
        without_heartbeat=True,
        without_mingle=True,
        without_gossip=True,
    )
