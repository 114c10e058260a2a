"""What a user sees and does, and why: for administrators, by record type and for one record."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import access, chain, doors, hanging, reasons
from crm.access import GRANTS, Role

WORDS = {  # verbs that are no moves of a record
    "view": gettext_lazy("See"),
    "add": gettext_lazy("Create"),
    "change": gettext_lazy("Edit"),
    "delete": gettext_lazy("Delete"),
    "merge": gettext_lazy("Merge"),
    "assign": gettext_lazy("Assign"),
    "restore": gettext_lazy("Restore"),
    "import": gettext_lazy("Import"),
    "export": gettext_lazy("Export"),
    "complete": gettext_lazy("Complete"),
    "run": gettext_lazy("Start"),
    "cancel": gettext_lazy("Cancel"),
    "recompute": gettext_lazy("Compute anew"),
}
APART = {  # permissions about no single record type
    "leads.view_pool": gettext_lazy("See the lead pool"),
    "leads.view_campaign_money": gettext_lazy("See what campaigns cost"),
    "billing.view_invoice_terms": gettext_lazy("See the amounts of invoices"),
    "kpis.view_dashboard": gettext_lazy("See the dashboard"),
    "kpis.narrow_dashboard": gettext_lazy("Pick other people's numbers"),
    "kpis.recompute_kpi": gettext_lazy("Compute the KPIs anew"),
    "crm.view_duplicates": gettext_lazy("See likely duplicates"),
    "crm.view_audit": gettext_lazy("See the audit log"),
    "billing.view_report": gettext_lazy("See the reports of billing"),
    "billing.view_tax_report": gettext_lazy("See the tax report"),
    "billing.view_campaign_cash": gettext_lazy("See the cash campaigns brought"),
    "billing.view_journal": gettext_lazy("See the journal"),
    "billing.send_statement": gettext_lazy("Send a statement of account"),
    "crm.change_company": gettext_lazy("Change the company settings"),
}


MAKING = {"add", "import"}  # acts on no record that is there


@dataclass
class Line:
    """One permission of a user: its words, its reason, and how many records it reaches now."""

    label: str
    reason: reasons.Reason
    records: int | None = None

    @property
    def roles(self):
        return ", ".join(str(Role(role).label) for role in self.reason.roles)


@dataclass
class Group:
    """What a user may do with one record type."""

    label: str
    lines: list = field(default_factory=list)

    @property
    def granted(self):
        return [line for line in self.lines if line.reason.allowed]

    @property
    def refused(self):
        return [line for line in self.lines if not line.reason.allowed]


def split(permission):
    """(verb, model) of a permission; (None, None) for one about no record type."""
    app, _dot, rest = permission.partition(".")
    found = [model for model in apps.get_app_config(app).get_models() if rest.endswith(f"_{model._meta.model_name}")]
    if permission in APART or not found:
        return None, None
    model = max(found, key=lambda model: len(model._meta.model_name))
    return rest.removesuffix(f"_{model._meta.model_name}"), model


def label(permission):
    """A permission in words."""
    verb, model = split(permission)
    if model is None:
        return str(APART.get(permission, permission))
    moves = getattr(model, "MOVES", {})
    return str(moves[verb].label if verb in moves else WORDS.get(verb) or chain.verb_label(verb, model))


def overview(user):
    """All the access table says about a user, by record type; counted once per type and reach."""
    groups, counts = {}, {}
    for permission in GRANTS:
        verb, model = split(permission)
        name = hanging.name_of(model._meta.model_name) if model else _("Across record types")
        line = Line(label(permission), reasons.explain(user, permission))
        if model and line.reason.allowed:
            key = (model, line.reason.reach, verb == "view", verb in MAKING)
            if key not in counts:
                counts[key] = count(user, permission, verb, model)
            line.records = counts[key]
        groups.setdefault(model, Group(capfirst(str(name)))).lines.append(line)
    return list(groups.values())


def count(user, permission, verb, model):
    """How many records a permission reaches now; None for acts that make a record."""
    if verb in MAKING:
        return None
    rows = model._default_manager.all()
    return (access.visible if verb == "view" else access.reached)(rows, user, permission).count()


def named(text):
    """The record behind the address of its page or its number. Raises ValidationError where there is none."""
    record = _at(urlsplit(text.strip()).path) or _numbered(text.strip())
    if record is None:
        raise ValidationError(_("There is no such record. Paste the address of its page, or its number."))
    return record


class Question(forms.Form):
    """Which record is asked about. What it holds is not shown: whoever administers need not see it themselves."""

    record = forms.CharField(
        label=gettext_lazy("Which record?"),
        max_length=500,
        help_text=gettext_lazy("The address of its page, or its number, such as C-2026-00142."),
    )

    def clean_record(self):
        return named(self.cleaned_data["record"])


def _at(path):
    try:
        found = resolve(path)
    except Resolver404:
        return None
    _verb, model = split(doors.of(found.func)) if "." in (doors.of(found.func) or "") else (None, None)
    key = str(found.kwargs.get("pk", ""))
    return model._default_manager.filter(pk=key).first() if model and key.isdecimal() else None


def _numbered(number):
    for model in chain.models():
        for name in ("number", "issued_number"):
            known = any(part.name == name for part in model._meta.fields)
            if known and (record := model._default_manager.filter(**{f"{name}__iexact": number}).first()):
                return record
    return None


def about(user, record):
    """(may the user see it, lines for all that can be done with it), each with its reason."""
    kind = type(record)
    parts = {permission: split(permission) for permission in GRANTS}
    asked = [permission for permission, (verb, model) in parts.items() if model is kind and verb not in MAKING]
    lines = [Line(label(permission), reasons.explain(user, permission, record)) for permission in asked]
    view = access.name("view", kind)
    seen = next(line for line in lines if line.reason.permission == view)
    return seen, [line for line in lines if line is not seen]


def page(pages, pk):
    """What this user sees and does; with `?record=`, whether and why they see that record."""
    user = pages.get(pk)
    form = Question(pages.request.GET if "record" in pages.request.GET else None)
    roles = ", ".join(str(Role(role).label) for role in user.roles)
    context = {"person": user, "roles": roles, "groups": overview(user), "form": form}
    if form.is_valid():
        record = form.cleaned_data["record"]
        context["seen"], context["acts"] = about(user, record)
        context["what"] = f"{capfirst(str(record._meta.verbose_name))} {getattr(record, 'number', '') or record.pk}"
    return render(pages.request, "desk/sight.html", context, status=422 if form.errors else 200)
