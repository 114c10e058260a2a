"""Computing the stored KPIs: the running months often, all of them every night and when a manager asks."""

from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _

from crm import jobs
from kpis import compute


@jobs.task("kpis.recompute", _("Recompute KPIs of the last two months"), every=crontab(minute="*/5"))
def recompute_recent(job):
    return {"values": compute.recompute(compute.recent_months())}


@jobs.task("kpis.recompute_all", _("Recompute all KPIs"), every=crontab(hour=2, minute=20), queue="long")
def recompute_all(job):
    return {"values": compute.recompute(progress=lambda done, total: jobs.progress(job, done, total))}
