"""The Celery application and the one schedule of what runs by the clock."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

app = Celery("crm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["crm"], related_name="jobs")

app.conf.task_default_queue = "short"


@app.on_after_finalize.connect
def schedule(sender, **kwargs):
    """Every declared task with a rhythm, and the sweep that re-sends what was lost."""
    from crm.jobs import TASKS, by_the_clock, sweep
    from crm.webhooks import delivering

    sender.add_periodic_task(15, sweep.s(), name="sweep")
    sender.add_periodic_task(15, delivering.sweep.s(), name="webhooks")
    for task in TASKS.values():
        if task.every:
            sender.add_periodic_task(task.every, by_the_clock.s(task.key), name=task.key)
