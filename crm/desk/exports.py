"""The lists one has exported: how far the file is, and the file; one's own only."""

from django.core.paginator import Paginator
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.doors import signed_in
from crm.models import Export
from crm.web import respond
from crm.web.lists import pages_of


def own(request):
    return Export.objects.filter(owner=request.user).select_related("job")


@signed_in
def exports(request):
    page = Paginator(own(request), 50).get_page(request.GET.get("page"))
    rows = [(export, title(export), address(export)) for export in page]
    return render(request, "desk/exports.html", {"rows": rows, "page": page})


def title(export):
    pages = pages_of(export.list_key)
    return pages().title_plural if pages else export.list_key


def address(export):
    """Where the file is; empty where there is none, or none any more."""
    is_kept = export.file and (export.expires_at is None or export.expires_at > timezone.now())
    return reverse("crm:export_file", args=[export.pk]) if is_kept else ""


@signed_in
def detail(request, pk):
    export = get_object_or_404(own(request), pk=pk)
    file_url = address(export)
    context = {
        "export": export,
        "heading": f"{_('Export')} · {title(export)}",
        "job": export.job,
        "file_url": file_url,
        "progress_url": request.path,
        "cancel_url": reverse("crm:job_cancel", args=[export.job_id]) if export.job_id else "",
        "results": [(_("Download"), file_url)] if file_url else [],
    }
    partial = "_progress.html" if export.job and not file_url else None
    return respond(request, "desk/export.html", context, partial=partial)


@signed_in
def file(request, pk):
    """The file itself, as a download."""
    export = get_object_or_404(own(request), pk=pk)
    if not address(export):
        raise Http404
    name = f"{export.list_key.rpartition('.')[2]}-{export.created_at:%Y%m%d}.{export.kind}"
    return FileResponse(export.file.open("rb"), as_attachment=True, filename=name)


urlpatterns = [
    path("exports/", exports, name="exports"),
    path("exports/<int:pk>/", detail, name="export_detail"),
    path("exports/<int:pk>/file", file, name="export_file"),
]
