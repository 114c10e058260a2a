"""Tasks: one's own list (a manager's: the team's), adding and ticking off."""

import django_filters
from django import forms
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from crm import chain, clock, work
from crm.doors import needs
from crm.models import Task, User
from crm.verbs import add_refusal
from crm.web import ListFilter
from crm.web.filters import people
from crm.web.forms import DateInput
from crm.web.responses import back


class TaskFilter(ListFilter):
    ORDERING = ("due_on", "title", "created_at")
    DEFAULT_ORDER = "due_on"
    open = django_filters.BooleanFilter(field_name="done_at", lookup_expr="isnull", label=_("open"))
    owner = django_filters.ModelChoiceFilter(queryset=people, label=_("owner"))

    class Meta:
        model = Task
        fields = ("record_type", "record_id")

    def by_text(self, queryset, name, value):
        return queryset.filter(title__icontains=value)


class TaskForm(forms.Form):
    title = forms.CharField(label=_("task"), max_length=200)
    due_on = forms.DateField(label=_("due"), required=False, widget=DateInput)
    owner = forms.ModelChoiceField(label=_("for whom"), queryset=User.objects.filter(is_active=True))


@needs("crm.view_task")
def tasks(request):
    """What is promised: overdue first; new tasks are added above the list."""
    form = TaskForm(request.POST or None, initial={"owner": request.user})
    if form.is_valid():
        try:
            work.add_task(by=request.user, **form.cleaned_data)
            return redirect("crm:tasks")
        except forms.ValidationError as refusal:
            add_refusal(form, refusal)
    shown = Task.objects.visible_to(request.user).filter(done_at=None).select_related("owner__team", "customer")
    context = {
        "form": form,
        "tasks": [entry(task) for task in shown.order_by("due_on", "pk")[:200]],
        "today": clock.today(),
    }
    return render(request, "desk/tasks.html", context, status=422 if form.errors else 200)


def entry(task):
    """A task with the address of what it is about."""
    model = chain.model_of(task.record_type) if task.record_type else None
    task.about_url = (
        reverse(f"{model._meta.app_label}:{model._meta.model_name}_detail", args=[task.record_id]) if model else ""
    )
    return task


@needs("crm.view_task")
@require_POST
def task_done(request, pk):
    task = get_object_or_404(Task.objects.visible_to(request.user), pk=pk)
    work.complete_task(task, by=request.user)
    return redirect(back(request, reverse("crm:tasks")))


@needs("crm.view_task")
def task_detail(request, pk):
    """A task has no page of its own: it leads to what it is about."""
    task = entry(get_object_or_404(Task.objects.visible_to(request.user), pk=pk))
    return redirect(task.about_url or "crm:tasks")
