"""Bringing in leads from a file, step by step: the file, its columns, the progress, what became of each row."""

from django import forms
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from crm import access, jobs
from crm.doors import needs
from crm.models import Channel
from crm.verbs import add_refusal
from crm.web import respond
from crm.web.exports import rows_response
from leads import import_fields, imports
from leads.models import Campaign, LeadImport

SHOWN = 20  # refused rows shown on the page; the file has all


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV or Excel file"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx,.xls"}),
        help_text=gettext_lazy(
            "The first row names the columns; one of them is the company. Nothing is created before you have seen them."
        ),
    )


class ColumnsForm(forms.Form):
    """Which column holds what, and what holds for the whole file."""

    campaign = forms.ModelChoiceField(
        label=gettext_lazy("campaign of all rows"), queryset=Campaign.objects.none(), required=False
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("channel of rows without one"), choices=[("", "—"), *Channel.choices], required=False
    )
    system = forms.CharField(
        label=gettext_lazy("system the file comes from"),
        max_length=50,
        required=False,
        help_text=gettext_lazy("With it and the column of its ids, a lead is never brought in twice."),
    )

    def __init__(self, *args, lead_import, by, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["campaign"].queryset = Campaign.objects.visible_to(by).order_by("-pk")
        headers = [(at, header or f"({at + 1})") for at, header in enumerate(lead_import.headers)]
        for name in import_fields.KNOWN_HEADERS:
            self.fields[f"column_{name}"] = forms.TypedChoiceField(
                label=capfirst(import_fields.label(name)),
                choices=[("", _("— not in the file —")), *headers],
                coerce=int,
                empty_value=None,
                required=name == "company_name",
                initial=lead_import.columns.get(name),
            )

    def column_fields(self):
        return [bound for bound in self if bound.name.startswith("column_")]

    def file_fields(self):
        return [bound for bound in self if not bound.name.startswith("column_")]

    def choices(self):
        """The input of the import."""
        values = dict(self.cleaned_data)
        positions = {name: values.pop(f"column_{name}") for name in import_fields.KNOWN_HEADERS}
        return {"columns": {name: at for name, at in positions.items() if at is not None}, **values}


def find(request, pk):
    shown = LeadImport.objects.visible_to(request.user).select_related("uploaded_by__team", "job", "campaign")
    return get_object_or_404(shown, pk=pk)


@needs("leads.import_lead")
def overview(request):
    """Choose a file; below, the files brought in before."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        try:
            return redirect(imports.receive(form.cleaned_data["file"], by=request.user))
        except ValidationError as refusal:
            add_refusal(form, refusal)
    earlier = LeadImport.objects.visible_to(request.user).select_related("uploaded_by", "job", "campaign")[:50]
    context = {"form": form, "earlier": earlier}
    return render(request, "leads/imports.html", context, status=422 if form.errors else 200)


@needs("leads.import_lead")
def detail(request, pk):
    """The columns as long as nothing was created, then the progress, then the result."""
    lead_import = find(request, pk)
    if lead_import.startable and not request.htmx:
        return match(request, lead_import)
    return respond(request, "leads/import.html", progress_of(request, lead_import), partial="leads/_import_state.html")


def match(request, lead_import):
    form = ColumnsForm(request.POST or None, lead_import=lead_import, by=request.user)
    if form.is_valid():
        try:
            return redirect(imports.start(lead_import, by=request.user, **form.choices()))
        except ValidationError as refusal:
            add_refusal(form, refusal)
    context = {"lead_import": lead_import, "form": form, "refused": refused_of(lead_import)}
    return render(request, "leads/import_columns.html", context, status=422 if form.errors else 200)


def progress_of(request, lead_import):
    job = lead_import.job
    address = lead_import.get_absolute_url()
    may_cancel = access.allows(request.user, "crm.cancel_job", job)
    return {
        "lead_import": lead_import,
        "job": job,
        "progress_url": address,
        "cancel_url": reverse("leads:import_cancel", args=[lead_import.pk]) if may_cancel else None,
        "counts": lead_import.counts,
        "refused": refused_of(lead_import),
        "resume_url": reverse("leads:import_resume", args=[lead_import.pk]) if lead_import.resumable else None,
        "created_url": f"{reverse('leads:lead_list')}?lead_import={lead_import.pk}",
    }


def refused_of(lead_import):
    return lead_import.rows.exclude(outcome=imports.Outcome.CREATED)[:SHOWN]


@needs("leads.import_lead")
@require_POST
def cancel(request, pk):
    lead_import = find(request, pk)
    jobs.cancel(lead_import.job, by=request.user)
    return redirect(lead_import)


@needs("leads.import_lead")
@require_POST
def resume(request, pk):
    return redirect(imports.resume(find(request, pk), by=request.user))


@needs("leads.import_lead")
def refused_file(request, pk, kind):
    """The rows that were not taken in, as they were, with the reason of each: to be mended and brought in again."""
    lead_import = find(request, pk)
    width = len(lead_import.headers)
    rows = lead_import.rows.exclude(outcome=imports.Outcome.CREATED).iterator(chunk_size=1000)
    padded = ([*row.cells[:width], *[""] * (width - len(row.cells)), row.reason] for row in rows)
    name = f"{lead_import.name.rsplit('.', 1)[0]}-{_('refused')}"
    return rows_response([*lead_import.headers, capfirst(_("reason"))], padded, name, kind)


urls = [
    path("leads/imports/", overview, name="imports"),
    path("leads/imports/<int:pk>/", detail, name="import_detail"),
    path("leads/imports/<int:pk>/cancel/", cancel, name="import_cancel"),
    path("leads/imports/<int:pk>/resume/", resume, name="import_resume"),
    path("leads/imports/<int:pk>/refused.<str:kind>", refused_file, name="import_refused"),
]
