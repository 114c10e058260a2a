"""The work on leads that nobody waits for: recycling by night."""

from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _

from crm import clock, jobs
from crm.access import SYSTEM
from crm.models import Company
from crm.transitions import IllegalMove
from leads import services
from leads.models import Lead


@jobs.task("leads.recycle", _("Put untouched leads back into the pool"), every=crontab(hour=2, minute=0))
def recycle(job):
    """Leads nobody followed up for the company's number of days go back to the pool, each on its own."""
    untouched = Lead.objects.untouched_since(clock.days_ago(Company.current().lead_recycle_days))
    keys, recycled = list(untouched.values_list("pk", flat=True)), 0
    for done, lead in enumerate(Lead.objects.filter(pk__in=keys).iterator(chunk_size=200), start=1):
        recycled += _recycle(lead)
        if done % 100 == 0:
            jobs.progress(job, done, len(keys))
    jobs.progress(job, len(keys), len(keys))
    return {"recycled": recycled}


def _recycle(lead):
    """True if it went back; a lead somebody moved on meanwhile is left alone."""
    try:
        return services.recycle(lead, by=SYSTEM).owner_id is None
    except IllegalMove:
        return False
