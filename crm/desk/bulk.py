"""What came of an act on many records."""

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _

from crm.bulk import Result
from crm.doors import signed_in
from crm.models import BulkRun
from crm.web import respond
from crm.web.lists import pages_of

PAGE_SIZE = 50


@signed_in
def run(request, pk):
    """How many were done, how many refused, and every refusal with its reason; while it runs, how far it is."""
    found = get_object_or_404(BulkRun.objects.select_related("job"), pk=pk, owner=request.user)
    pages = pages_of(found.list_key)(request)
    refused = Paginator(found.outcomes.filter(result=Result.REFUSED), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "run": found,
        "job": found.job if found.job and not found.finished_at else None,
        "heading": f"{pages.title_plural} · {label(pages, found)}",
        "list_url": f"{reverse(pages.url_name('list'))}?{found.query}",
        "done": found.outcomes.filter(result=Result.DONE).count(),
        "waiting": found.outcomes.filter(result=Result.WAITING).count(),
        "page": refused,
        "refused": [(row, reverse(pages.url_name("detail"), args=[row.record_id])) for row in refused],
        "progress_url": request.path,
        "cancel_url": reverse("crm:job_cancel", args=[found.job_id]) if found.job_id else "",
        "results": [(_("Open the result"), request.path)],
    }
    return respond(request, "desk/bulk.html", context, partial="_progress.html" if context["job"] else None)


def label(pages, found):
    """The act in words; its key where the person may no longer do it."""
    return next((act.label for act in pages.bulk_acts() if act.name == found.act), found.act)


urlpatterns = [path("bulk/<int:pk>/", run, name="bulk_run")]
