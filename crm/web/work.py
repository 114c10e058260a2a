"""The follow-up box, tasks, comments and files on every record's page."""

from django import forms
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from crm import access, bin, uploads, work
from crm.models import Attachment, Comment, FollowUp, Task
from crm.verbs import add_refusal
from crm.web.forms import DateInput


class FollowUpForm(forms.Form):
    kind = forms.ChoiceField(label=_("kind"), choices=FollowUp.Kind, initial=FollowUp.Kind.CALL)
    summary = forms.CharField(label=_("what was said"), widget=forms.Textarea(attrs={"rows": 2}), max_length=5000)
    next_step = forms.CharField(label=_("next step"), required=False, max_length=200)
    next_on = forms.DateField(label=_("on"), required=False, widget=DateInput)


class FileForm(forms.Form):
    file = forms.FileField(label=_("file"))


def mine(model, record):
    return model.objects.filter(record_type=record._meta.model_name, record_id=record.pk)


def context(record, user, may_follow_up):
    """What the side of a record's page shows."""
    name = f"{record._meta.app_label}:{record._meta.model_name}"
    follow_up = may_follow_up and access.allows(user, "crm.add_followup")
    return {
        "follow_up_form": FollowUpForm() if follow_up else None,
        "follow_up_url": reverse(f"{name}_follow_up", args=[record.pk]),
        "tasks": [_task(task, user) for task in mine(Task, record).filter(done_at=None).select_related("owner__team")],
        "files": [_file(f, name, record, user) for f in mine(Attachment, record).select_related("uploaded_by__team")],
        "file_form": FileForm(),
        "file_url": reverse(f"{name}_attach", args=[record.pk]),
        "comments": [
            deletable(comment, user) for comment in mine(Comment, record).select_related("author__team").order_by("pk")
        ],
        "comment_url": reverse(f"{name}_comment", args=[record.pk]),
    }


def deletable(item, user):
    """A piece of work with the address that deletes it, for who may."""
    may = bin.may_delete(item, user)
    item.delete_url = reverse("crm:work_delete", args=[item._meta.model_name, item.pk]) if may else ""
    return item


def _task(task, user):
    if access.allows(user, "crm.complete_task", task):
        task.done_url = reverse("crm:task_done", args=[task.pk])
    return deletable(task, user)


def _file(file, name, record, user):
    address = reverse(f"{name}_file", args=[record.pk, file.pk])
    told = {"name": file.name, "url": address, "when": file.created_at, "by": file.uploaded_by}
    return {**told, "delete_url": deletable(file, user).delete_url}


def follow_up(pages, pk):
    """Log a follow-up from the box above the timeline."""
    record = pages.get(pk)
    form = FollowUpForm(pages.request.POST or None)
    if form.is_valid():
        try:
            work.log_follow_up(record, by=pages.request.user, **form.cleaned_data)
            return redirect(record)
        except ValidationError as refusal:
            add_refusal(form, refusal)
    return pages.show(record, status=422 if pages.request.method == "POST" else 200, follow_up_form=form)


def comment(pages, pk):
    record = pages.get(pk)
    if pages.request.method == "POST":
        work.comment(record, text=pages.request.POST.get("text", ""), by=pages.request.user)
    return redirect(record)


def attach(pages, pk):
    record = pages.get(pk)
    form = FileForm(pages.request.POST or None, pages.request.FILES or None)
    if form.is_valid():
        try:
            work.attach(record, file=form.cleaned_data["file"], by=pages.request.user)
            return redirect(record)
        except ValidationError as refusal:
            add_refusal(form, refusal)
    return pages.show(record, status=422 if pages.request.method == "POST" else 200, file_form=form)


def file(pages, pk, file_pk):
    """Hand out a file to whoever sees its record, always as a download."""
    record = pages.get(pk)
    kept = get_object_or_404(mine(Attachment, record), pk=file_pk)
    return uploads.download(kept.file, kept.name)


def urls(pages_class, prefix, name):
    def view(function):
        return pages_class.door(lambda request, **kwargs: function(pages_class(request), **kwargs))

    return [
        path(f"{prefix}/<int:pk>/follow-up/", view(follow_up), name=f"{name}_follow_up"),
        path(f"{prefix}/<int:pk>/comment/", view(comment), name=f"{name}_comment"),
        path(f"{prefix}/<int:pk>/attach/", view(attach), name=f"{name}_attach"),
        path(f"{prefix}/<int:pk>/files/<int:file_pk>/", view(file), name=f"{name}_file"),
    ]
