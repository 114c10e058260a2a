"""Bringing in a file, step by step: the file, its columns, open questions, the preview, the result, and back."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from crm import access, chain, jobs
from crm.doors import signed_in
from crm.imports import answers, files, judging, kinds, questions, running, undoing
from crm.imports.forms import ColumnsForm, QuestionsForm, UploadForm
from crm.models import ImportRow, ImportRun
from crm.verbs import add_refusal
from crm.web import respond
from crm.web.exports import rows_response

SHOWN = 50  # rows on a page of the preview and of the result
SAMPLE = 5  # rows shown while the columns are matched
EARLIER = 50  # imports listed
Outcome = ImportRow.Outcome
PLANNED = {
    Outcome.CREATED: gettext_lazy("To be created"),
    Outcome.UPDATED: gettext_lazy("To be updated"),
    Outcome.SKIPPED: gettext_lazy("To be skipped"),
    Outcome.REFUSED: gettext_lazy("To be refused"),
}


def find(request, pk):
    run = get_object_or_404(
        ImportRun.objects.visible_to(request.user).select_related("uploaded_by__team", "job"), pk=pk
    )
    access.authorize(request.user, run.type.permission)
    return run


@signed_in
def overview(request):
    """Choose a file and say what it holds; below, the files brought in before."""
    if not kinds.offered(request.user):
        raise PermissionDenied(_("Your role does not allow this."))
    form = UploadForm(request.POST or None, request.FILES or None, by=request.user, initial=request.GET.dict())
    if form.is_valid():
        try:
            return redirect(files.receive(form.cleaned_data["file"], form.cleaned_data["kind"], by=request.user))
        except ValidationError as refusal:
            add_refusal(form, refusal)
    earlier = ImportRun.objects.visible_to(request.user).select_related("uploaded_by", "job")[:EARLIER]
    context = {"form": form, "earlier": earlier}
    return render(request, "imports/overview.html", context, status=422 if form.errors else 200)


@signed_in
def detail(request, pk):
    """The step at which the import is."""
    run = find(request, pk)
    if run.state == "columns":
        return redirect("crm:import_columns", run.pk)
    if run.state == "previewed":
        return ahead(request, run)
    return respond(request, "imports/progress.html", progress_of(request, run), partial="imports/_state.html")


@signed_in
def columns(request, pk):
    """Which column holds what. With an answer the file's open questions are asked, or the preview begins."""
    run = find(request, pk)
    if not run.matchable:
        return redirect(run)
    form = ColumnsForm(request.POST or None, run=run)
    whole = run.type.whole_form(
        run, request.user, request.POST or None, prefix="whole", initial=answers.Answers(run).whole
    )
    if form.is_valid() and (whole is None or whole.is_valid()):
        try:
            run = answers.give(run, by=request.user, whole=_plain(whole), **form.said())
            return _ask_or_preview(request, run)
        except ValidationError as refusal:
            form.refuse(refusal)
    context = {"run": run, "form": form, "whole": whole, "sample": run.rows.all()[:SAMPLE]}
    return render(request, "imports/columns.html", context, status=422 if form.errors else 200)


def _plain(form):
    """What was said for all rows, as it is kept: records by their keys."""
    said = form.cleaned_data if form is not None else {}
    return {name: getattr(value, "pk", value) for name, value in said.items() if value not in (None, "")}


def _ask_or_preview(request, run):
    if questions.of(run, request.user):
        return redirect("crm:import_questions", run.pk)
    return redirect(running.preview(run, by=request.user))


@signed_in
def ask(request, pk):
    """Days that could be two and words that are not known, each with what is likeliest."""
    run = find(request, pk)
    if not run.matchable:
        return redirect(run)
    form = QuestionsForm(request.POST or None, run=run, asked=questions.of(run, request.user))
    if form.is_valid():
        answers.give(run, by=request.user, **form.said(run))
        return redirect(running.preview(run, by=request.user))
    return render(request, "imports/questions.html", {"run": run, "form": form}, status=422 if form.errors else 200)


# Looking ahead, and deciding about likely duplicates


def ahead(request, run):
    """The preview: what would become of the rows. Nothing is written yet."""
    doubles = run.rows.exclude(holder_id=None).count()
    context = {
        "run": run,
        "doubles": doubles,
        "decisions": ImportRow.Decision.choices,
        **rows_of(request, run),
    }
    return respond(request, "imports/preview.html", context)


def rows_of(request, run):
    """The rows the address asks for: all of them, those of one outcome, or the likely duplicates."""
    shown = request.GET.get("show", "")
    rows = run.rows.exclude(outcome="")
    if shown == "doubles":
        rows = rows.exclude(holder_id=None)
    elif shown in Outcome.values:
        rows = rows.filter(outcome=shown)
    page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    counts, labels = run.counts, PLANNED if run.matchable else dict(Outcome.choices)
    tabs = [("", _("All rows"), sum(counts.values())), *((value, labels[value], counts[value]) for value in labels)]
    doubles = run.rows.exclude(holder_id=None).count()
    if doubles:
        tabs.append(("doubles", _("Likely duplicates"), doubles))
    heads, places = _heads(run)
    return {"rows": [_row(request, row, places, labels) for row in page], "page": page, "shown": shown, "tabs": tabs,
            "heads": heads}  # fmt: skip


def _heads(run, most=4):
    """The first matched columns: (labels, positions)."""
    at = answers.Answers(run).columns
    matched = [(column, at[column.key]) for column in run.type.fields if column.key in at][:most]
    return [capfirst(str(column.label)) for column, _at in matched], [place for _column, place in matched]


def _row(request, row, places, labels):
    cells = [row.cells[at] if at < len(row.cells) else "" for at in places]
    url = _address(request.user, row.record_type, row.record_id) if row.done else None
    holder = _holder(request.user, row)
    return {"row": row, "cells": cells, "url": url, "holder": holder, "outcome": labels.get(row.outcome, "")}


def _address(user, record_type, pk):
    model = chain.model_of(record_type) if pk else None
    record = model and model.objects.visible_to(user).filter(pk=pk).first()
    return record.get_absolute_url() if record else None


def _holder(user, row):
    """The likely duplicate: (text, address or None)."""
    if row.holder_id is None or row.holder_type == judging.ROW:
        return None
    model = chain.model_of(row.holder_type)
    record = model.objects.visible_to(user).filter(pk=row.holder_id).first()
    return (str(record), record.get_absolute_url()) if record else (capfirst(str(model._meta.verbose_name)), None)


@signed_in
@require_POST
def decide(request, pk):
    run = find(request, pk)
    numbers = [int(number) for number in request.POST.getlist("numbers") if number.isdecimal()] or None
    running.decide(run, decision=request.POST.get("decision", ""), numbers=numbers, by=request.user)
    return redirect(f"{run.get_absolute_url()}?show=doubles")


@signed_in
@require_POST
def start(request, pk):
    return redirect(running.start(find(request, pk), by=request.user))


@signed_in
@require_POST
def resume(request, pk):
    return redirect(running.resume(find(request, pk), by=request.user))


@signed_in
@require_POST
def cancel(request, pk):
    run = find(request, pk)
    if run.job:
        jobs.cancel(run.job, by=request.user)
    return redirect(run)


# While it runs, and what came of it


def progress_of(request, run):
    over = run.job.finished
    context = {
        "run": run, "job": run.job, "progress_url": run.get_absolute_url(), "counts": run.counts,
        "cancel_url": reverse("crm:import_cancel", args=[run.pk]) if _may_cancel(request, run) else None,
        "resume_url": reverse("crm:import_resume", args=[run.pk]) if run.state == "stopped" else None,
        "undo_url": reverse("crm:import_undo", args=[run.pk]) if run.state in ("done", "stopped") else None,
        "list_url": _list_url(run), "kept": run.job.result.get("kept"),
    }  # fmt: skip
    return context | (rows_of(request, run) if over and not request.htmx else {})


def _may_cancel(request, run):
    return run.state != "undoing" and access.allows(request.user, "crm.cancel_job", run.job)


def _list_url(run):
    name = f"{run.type.model._meta.app_label}:{run.type.model._meta.model_name}_list"
    return f"{reverse(name)}?imported={run.pk}"


@signed_in
def undo(request, pk):
    """Ask before taking an import back; name what was worked on since."""
    run = find(request, pk)
    if run.state not in ("done", "stopped"):
        return redirect(run)
    if request.method == "POST":
        try:
            return redirect(undoing.undo(run, rest="rest" in request.POST, by=request.user))
        except ValidationError as refusal:
            if refusal.code != "worked_on":
                raise
    blocked = [(record, _seen(request.user, record), reason) for record, reason in undoing.in_the_way(run)]
    context = {"run": run, "blocked": blocked, "counts": run.counts, "most": undoing.NAMED}
    return render(request, "imports/undo.html", context, status=422 if request.method == "POST" else 200)


def _seen(user, record):
    return _address(user, record._meta.model_name, record.pk)


@signed_in
def refused_file(request, pk, kind):
    """The rows that were not taken in, as they were, with the reason of each: to be mended and brought in again."""
    run = find(request, pk)
    if run.state == "columns":
        raise Http404
    width = len(run.headers)
    rows = run.rows.filter(outcome__in=[Outcome.REFUSED, Outcome.SKIPPED]).iterator(chunk_size=1000)
    padded = ([*row.cells[:width], *[""] * (width - len(row.cells)), row.reason] for row in rows)
    name = f"{run.name.rsplit('.', 1)[0]}-{_('refused')}"
    return rows_response([*run.headers, capfirst(_("reason"))], padded, name, kind)


urls = [
    path("imports/", overview, name="imports"),
    path("imports/<int:pk>/", detail, name="import_detail"),
    path("imports/<int:pk>/columns/", columns, name="import_columns"),
    path("imports/<int:pk>/questions/", ask, name="import_questions"),
    path("imports/<int:pk>/decide/", decide, name="import_decide"),
    path("imports/<int:pk>/start/", start, name="import_start"),
    path("imports/<int:pk>/resume/", resume, name="import_resume"),
    path("imports/<int:pk>/cancel/", cancel, name="import_cancel"),
    path("imports/<int:pk>/undo/", undo, name="import_undo"),
    path("imports/<int:pk>/refused.<str:kind>", refused_file, name="import_refused"),
]
