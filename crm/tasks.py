"""Housekeeping by the clock."""

from datetime import timedelta

from celery.schedules import crontab
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import bin, jobs, merging
from crm.api import answers
from crm.models import Job
from crm.web import bulk, exports  # noqa: F401 - declare their work
from crm.webhooks import services as webhooks

KEPT_DAYS = 90


@jobs.task("crm.clean_up", _("Forget old jobs and sessions"), every=crontab(hour=4, minute=20))
def clean_up(job):
    """Finished jobs are kept for 90 days, sessions until they expire, answers of the API for a day."""
    old, _rows = Job.objects.filter(finished_at__lt=timezone.now() - timedelta(days=KEPT_DAYS)).delete()
    answers.forget()
    webhooks.forget()
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    return {"forgotten": old}


@jobs.task("crm.empty_bin", _("Empty the recycle bin"), every=crontab(hour=4, minute=40))
def empty_bin(job):
    """What was deleted or merged more than 30 days ago can no longer be taken back."""
    return {"purged": bin.purge(), "merges": merging.forget()}
