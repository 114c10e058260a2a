"""Background work: what runs by the clock, what ran last, how far one's own job is."""

import django_filters
from django.db.models import Count, Max, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from crm import access, jobs
from crm.doors import needs
from crm.models import Job
from crm.web import respond


class JobFilter(django_filters.FilterSet):
    task = django_filters.ChoiceFilter(
        choices=lambda: [(task.key, task.title) for task in jobs.TASKS.values()], label=_("Work")
    )
    status = django_filters.ChoiceFilter(choices=Job.Status.choices, label=_("status"))

    class Meta:
        model = Job
        fields = ("task", "status")


@needs("crm.view_job")
def overview(request):
    """For administrators: each kind of work with its last and next run, and the latest jobs."""
    if access.scope(request.user, "crm.view_job") != access.ALL:
        return mine(request)
    found = JobFilter(request.GET, Job.objects.select_related("requested_by"))
    context = {"kinds": kinds(), "filter": found, "jobs": found.qs[:100], "heading": _t("Jobs")}
    return render(request, "desk/jobs.html", context)


def mine(request):
    shown = Job.objects.visible_to(request.user).select_related("requested_by")[:100]
    return render(request, "desk/jobs.html", {"jobs": shown, "heading": _t("My jobs")})


def kinds():
    """Every declared kind of work, with what its jobs tell: last run, failures of the last 7 days, next run."""
    week = timezone.now() - timezone.timedelta(days=7)
    told = {
        row["task"]: row
        for row in Job.objects.values("task").annotate(
            last=Max("pk"), failures=Count("pk", filter=Q(status="failed", created_at__gte=week))
        )
    }
    last = Job.objects.in_bulk([row["last"] for row in told.values()])
    return [
        {
            "key": task.key,
            "title": task.title,
            "last": last.get(told.get(task.key, {}).get("last")),
            "failures": told.get(task.key, {}).get("failures", 0),
            "next": jobs.next_run(task),
            "by_clock": bool(task.every),
        }
        for task in sorted(jobs.TASKS.values(), key=lambda task: (not task.every, task.key))
    ]


@needs("crm.view_job")
def job_page(request, pk):
    """How far a job is; the page asks again by itself until it is finished."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    context = {
        "job": job,
        "cancel_url": reverse("crm:job_cancel", args=[job.pk]),
        "progress_url": request.path,
        "results": [(_t("Open the result"), job.result["url"])] if job.result.get("url") else [],
    }
    return respond(request, "desk/job.html", context, partial="_progress.html")


@needs("crm.view_job")
@require_POST
def cancel(request, pk):
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    jobs.cancel(job, by=request.user)
    return redirect("crm:job_detail", job.pk)


@needs("crm.view_job")
@require_POST
def retry(request, pk):
    """Run a failed job again."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    jobs.retry(job, by=request.user)
    return redirect("crm:job_detail", job.pk)


@needs("crm.run_job")
@require_POST
def run_now(request, key):
    """Start scheduled work now instead of at its time."""
    job = jobs.run_now(key, by=request.user)
    return redirect("crm:job_detail", job.pk)
