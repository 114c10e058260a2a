"""Tasks: one's own list, and ticking them off."""

from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from crm import work
from crm.models import Task
from crm.web.pages import back


@require_POST
def task_done(request, pk):
    task = get_object_or_404(Task.objects.visible_to(request.user), pk=pk)
    work.complete_task(task, by=request.user)
    return redirect(back(request, "/"))
