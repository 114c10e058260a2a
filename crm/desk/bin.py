"""The recycle bin: what was deleted, by whom, and bringing it back; deleting words, files and tasks."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm import bin, chain, hanging
from crm.doors import needs
from crm.models import Attachment, BinEntry, Comment, FollowUp, Task
from crm.web.removal import tell_deleted
from crm.web.responses import back, go

WORK = {model._meta.model_name: model for model in (FollowUp, Task, Comment, Attachment)}


@needs("crm.view_binentry")
def overview(request):
    """What one may bring back, the latest first; `q` looks in the titles, `kind` is a record type."""
    waiting = BinEntry.objects.visible_to(request.user).waiting()
    kinds = sorted(set(waiting.order_by().values_list("record_type", flat=True)))
    found = waiting.select_related("deleted_by")
    if query := request.GET.get("q", "").strip():
        found = found.filter(title__icontains=query)
    if (kind := request.GET.get("kind")) in kinds:
        found = found.filter(record_type=kind)
    page = Paginator(found, 25).get_page(request.GET.get("page"))
    for entry in page:
        entry.kind = hanging.kind_of(entry.record_type)
        entry.along = hanging.named(entry.counts)
    context = {
        "page": page,
        "days": bin.KEPT_DAYS,
        "query": query,
        "kind": kind,
        "kinds": [(name, capfirst(hanging.name_of(name))) for name in kinds],
    }
    return render(request, "desk/bin.html", context)


@require_POST
@needs("crm.restore_binentry")
def restore(request, pk):
    entry = get_object_or_404(BinEntry.objects.visible_to(request.user), pk=pk)
    record = bin.restore(entry, by=request.user)
    messages.success(request, _("%(record)s is back.") % {"record": entry.title})
    return go(request, record.get_absolute_url() if sees(request.user, record) else reverse("crm:bin"))


@require_POST
@needs("crm.view_task")
def delete_work(request, kind, pk):
    """Delete a follow-up, task, comment or file of a record one sees."""
    item = get_object_or_404(WORK[kind], pk=pk) if kind in WORK else None
    if item is None or not sees(request.user, item):
        raise Http404
    tell_deleted(request, bin.delete(item, by=request.user))
    return go(request, back(request, reverse("home")))


def sees(user, item):
    """Is the record within sight, or that on which a piece of work hangs? A task without one is its owner's."""
    if type(item) is Task and not item.record_id:
        return Task.objects.visible_to(user).filter(pk=item.pk).exists()
    hangs = type(item)._meta.model_name in WORK
    model, key = (chain.model_of(item.record_type), item.record_id) if hangs else (type(item), item.pk)
    return model is not None and model.objects.visible_to(user).filter(pk=key).exists()
