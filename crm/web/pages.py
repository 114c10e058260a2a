"""The pages of one record type: list, export, record, form, acts, and the work hung on it."""

from dataclasses import dataclass, field

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from crm import access, chain, frame, queues, records, verbs
from crm.transitions import IllegalMove
from crm.verbs import add_refusal
from crm.web import exports, work
from crm.web.columns import fact
from crm.web.forms import narrowed

PAGE_SIZES = (25, 50, 100)
RELATED = {}  # model -> [function(pages, record) -> Related or None]


def relate(model, function):
    """Hang a list of a later stage on an earlier record's page, so that the earlier need not know the later."""
    RELATED.setdefault(model, []).append(function)


@dataclass
class Related:
    """A list shown on another record's page."""

    label: str
    columns: list
    rows: list = field(default_factory=list)
    create_url: str = ""
    create_label: str = ""


def respond(request, template, context, *, partial=None, status=200):
    """A whole page, or the fragment htmx asked for; caches are told that the two differ."""
    fragment = partial and request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request
    response = render(request, partial if fragment else template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def back(request, otherwise):
    """Where an act returns to: the list or home it was clicked in, else the record."""
    came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if came_from and url_has_allowed_host_and_scheme(came_from, {request.get_host()}) and request.path not in came_from:
        return came_from
    return otherwise


def go(request, address):
    """Redirect, in the way the asker understands."""
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


class RecordPages:
    """Declare model, filter, columns and form; override a method where a record type differs."""

    model = None
    filterset_class = None
    form_class = None
    columns = ()
    facts = ()
    section = (
        ""  # the chain's place in the navigation: leads, opportunities, contracts, billing, feedback, customers, admin
    )
    icon = "file"
    select_related = ()
    list_template = "_list.html"
    detail_template = "_record.html"
    form_template = "_form.html"
    quick_create = False
    may_follow_up = True
    empty_text = ""
    import_url = None
    store = staticmethod(records.save)  # the verb that creates and changes; a record type may have its own

    def __init__(self, request=None):
        self.request = request

    # What it is called and where it lives

    @classmethod
    def url_name(cls, page):
        return f"{cls.model._meta.app_label}:{cls.model._meta.model_name}_{page}"

    @property
    def title(self):
        return capfirst(self.model._meta.verbose_name)

    @property
    def title_plural(self):
        return capfirst(self.model._meta.verbose_name_plural)

    @property
    def create_url(self):
        allowed = self.form_class and access.allows(self.request.user, access.name("add", self.model))
        return reverse(self.url_name("new")) if allowed else None

    # Rows

    def rows(self):
        """The rows this person may see, with what the list shows."""
        return self.model.objects.visible_to(self.request.user).select_related(*self.select_related)

    def found(self):
        """The rows the address asks for, as a filter."""
        return self.filterset_class(self.request.GET, self.rows(), request=self.request)

    def get(self, pk):
        return get_object_or_404(self.rows(), pk=pk)

    # List

    def list(self):
        self.may("view")
        found = self.found()
        size = int(size) if (size := self.request.GET.get("size", "")) in map(str, PAGE_SIZES) else PAGE_SIZES[0]
        page = Paginator(found.qs, size).get_page(self.request.GET.get("page"))
        context = {
            "pages": self,
            "filter": found,
            "chips": found.chips(self.request),
            "columns": [self.head(column) for column in self.columns],
            "rows": [self.row(record) for record in page],
            "page": page,
            "total": page.paginator.count,
            "page_sizes": PAGE_SIZES,
            "export_urls": self.export_urls(),
            **self.list_extra(found),
        }
        return respond(self.request, self.list_template, context, partial="_list_rows.html")

    def list_extra(self, found):
        """More context for the list page."""
        return {}

    def head(self, column):
        """(name, label, align, sort address, sorted) of a column."""
        term, asked = column.sort, self.request.GET.get("o", "")
        if not term or term not in self.filterset_class.ORDERING:
            return column.name, column.title(self.model), column.at, None, None
        query = self.request.GET.copy()
        query["o"] = f"-{term}" if asked == term else term
        query.pop("page", None)
        order = {term: "asc", f"-{term}": "desc"}.get(asked)
        return column.name, column.title(self.model), column.at, f"?{query.urlencode()}", order

    def row(self, record):
        return {
            "record": record,
            "url": record.get_absolute_url(),
            "cells": [column.cell(record, self.request.user) for column in self.columns],
            "action": self.action(record),
        }

    def action(self, record):
        """The one quick act of a row: the likely next step."""
        return queues.next_act(record, type(self), self.request.user)

    def export_urls(self):
        query = self.request.GET.copy()
        query.pop("page", None)
        return [
            (label, f"{reverse(self.url_name('export'), args=[kind])}?{query.urlencode()}")
            for kind, label in (("csv", "CSV"), ("xlsx", "XLSX"))
        ]

    def export(self, kind):
        """Exactly what is filtered, as a file."""
        self.may("view")
        columns = [column for column in self.columns if column.name != "select"]
        return exports.file_response(self.model, columns, self.found().qs, kind, self.request.user)

    # Record

    def detail(self, pk):
        self.may("view")
        return self.show(self.get(pk))

    def show(self, record, status=200, **changed):
        """The record's page; `changed` carries a form back with its errors."""
        context = {
            "pages": self,
            "record": record,
            "heading": self.heading(record),
            "facts": [
                found for name in self.shown_facts(record) if (found := fact(record, name, self.request.user))[1]
            ],
            "moves": self.moves(record),
            "edit_url": self.edit_url(record),
            "papers": self.papers(record),
            "chain": chain.strip(record, self.request.user),
            "timeline": chain.timeline(record, self.request.user),
            "related": [*self.related(record), *self.hung_on(record)],
            **work.context(record, self.request.user, self.may_follow_up),
            **self.extra(record),
            **changed,
        }
        return render(self.request, self.detail_template, context, status=status)

    def heading(self, record):
        return str(record)

    def shown_facts(self, record):
        return self.facts

    def related(self, record):
        """Lists of what hangs on this record."""
        return []

    def hung_on(self, record):
        """The lists that later stages have hung on this record type."""
        return filter(None, [function(self, record) for function in RELATED.get(self.model, ())])

    def papers(self, record):
        """(label, address) of its PDFs."""
        return []

    def extra(self, record):
        """More context for the record's page."""
        return {}

    def related_list(self, label, pages_class, rows, create_url="", create_label="", columns=None):
        """Another record type's rows, with its own columns, as far as this person may see them."""
        user, wanted = self.request.user, columns or pages_class.columns
        seen = rows.filter(pk__in=pages_class.model.objects.visible_to(user).values("pk"))
        seen = seen.select_related(*pages_class.select_related)[:50]
        return Related(
            label=label,
            columns=[(c.name, c.title(pages_class.model), c.at) for c in wanted],
            rows=[{"record": r, "url": r.get_absolute_url(), "cells": [c.cell(r, user) for c in wanted]} for r in seen],
            create_url=create_url,
            create_label=create_label,
        )

    def moves(self, record):
        """The acts this person may do now; the likely next one first and primary."""
        if not hasattr(record, "MOVES"):
            return []
        found = [
            {
                "key": verb.name,
                "label": move.label,
                "url": self.act_url(record, verb),
                "danger": move.danger,
                "dialog": verb.form is not None,
                "primary": False,
            }
            for verb, move in verbs.offered(record, self.request.user)
        ]
        for move in found:
            if not move["danger"]:
                move["primary"] = True
                break
        return sorted(found, key=lambda move: not move["primary"])

    def act_url(self, record, verb):
        return reverse(self.url_name("act"), args=[record.pk, verb.name])

    # Form

    def edit_url(self, record):
        allowed = (
            self.form_class
            and self.editable(record)
            and access.allows(self.request.user, access.name("change", self.model), record)
        )
        return reverse(self.url_name("edit"), args=[record.pk]) if allowed else None

    def editable(self, record):
        """May the record be edited in its present state?"""
        return True

    def new(self):
        self.may("add")
        return self.edit_form(self.blank(), capfirst(_("New %(what)s") % {"what": self.model._meta.verbose_name}))

    def blank(self):
        """A new record with what the address says about it (`?customer=3`)."""
        known = {key: value for key, value in self.request.GET.items() if key in self.form_class.base_fields}
        record = self.model()
        for key, value in known.items():
            model_field = self.model._meta.get_field(key)
            if not model_field.is_relation:
                setattr(record, key, value)
            elif value.isdigit():
                seen = narrowed(model_field.related_model.objects.all(), self.request.user)
                setattr(record, key, get_object_or_404(seen, pk=value))
        return record

    def edit(self, pk):
        record = self.get(pk)
        access.authorize(self.request.user, access.name("change", self.model), record)
        if not self.editable(record):
            raise PermissionDenied(_("This record can no longer be edited."))
        return self.edit_form(record, _("Edit %(record)s") % {"record": record})

    def edit_form(self, record, heading):
        data = (self.request.POST, self.request.FILES) if self.request.method == "POST" else (None, None)
        form = self.form_class(*data, instance=record, by=self.request.user)
        parts = self.form_parts(record)
        if self.request.method == "POST" and form.is_valid() and self.parts_valid(parts):
            try:
                saved = self.save(form, parts)
                return redirect(saved)
            except ValidationError as refusal:
                add_refusal(form, refusal)
        context = {
            "form": form,
            "heading": heading,
            "submit_label": _("Save"),
            "cancel_url": self.cancel_url(record),
            "pages": self,
            **parts,
        }
        return render(self.request, self.form_template, context, status=422 if self.request.method == "POST" else 200)

    def form_parts(self, record):
        """Formsets and other context beside the form (`lines`)."""
        return {}

    def parts_valid(self, parts):
        return all(part.is_valid() for part in parts.values() if hasattr(part, "is_valid"))

    def save(self, form, parts):
        """Hand the filled form to the one door for changes; documents call their own verb."""
        return self.store(form.save(commit=False), by=self.request.user, seen=form.cleaned_data.get("seen"))

    def cancel_url(self, record):
        return record.get_absolute_url() if record.pk else reverse(self.url_name("list"))

    # Acts

    def act(self, pk, verb):
        """One verb on one record: its form in a dialog where it needs input, then the service."""
        record, verb = self.get(pk), self.verb(verb)
        access.authorize(self.request.user, access.name(verb.name, self.model), record)
        if self.request.method != "POST":
            return self.act_form(record, verb, verb.bind(record, self.request.user))
        form = verb.bind(record, self.request.user, self.request.POST, self.request.FILES)
        if form is not None and not form.is_valid():
            return self.act_form(record, verb, form, status=422)
        try:
            result = verbs.perform(verb, record, self.request.user, form)
        except ValidationError as refusal:
            if form is None:
                raise
            return self.act_form(record, verb, form, status=409 if isinstance(refusal, IllegalMove) else 422)
        return self.acted(record, result)

    def acted(self, record, result):
        """Go on to what the act led to, else stay where one was."""
        led_on = hasattr(result, "get_absolute_url") and (type(result), result.pk) != (type(record), record.pk)
        return go(self.request, result.get_absolute_url() if led_on else back(self.request, record.get_absolute_url()))

    def verb(self, name):
        from django.http import Http404

        found = verbs.of(self.model).get(name)
        if found is None:
            raise Http404
        return found

    def act_form(self, record, verb, form, status=200):
        move = self.model.MOVES[verb.name]
        context = {
            "form": form or verbs.VerbForm(record=record, by=self.request.user),
            "heading": f"{move.label} · {record}",
            "submit_label": move.label,
            "action": self.act_url(record, verb),
            "cancel_url": record.get_absolute_url(),
        }
        return respond(self.request, "_form.html", context, partial="_dialog.html", status=status)

    # Doors

    def may(self, verb):
        if not access.allows(self.request.user, access.name(verb, self.model)):
            raise PermissionDenied(_("Your role does not allow this."))

    @classmethod
    def view(cls, method):
        def page(request, **kwargs):
            return getattr(cls(request), method)(**kwargs)

        page.__name__ = f"{cls.__name__}.{method}"
        return page

    @classmethod
    def urls(cls, prefix):
        """All addresses of this record type under `prefix`, and its place in the navigation."""
        name = cls.model._meta.model_name
        frame.place(cls)
        found = [
            path(f"{prefix}/", cls.view("list"), name=f"{name}_list"),
            path(f"{prefix}/export.<str:kind>", cls.view("export"), name=f"{name}_export"),
            path(f"{prefix}/<int:pk>/", cls.view("detail"), name=f"{name}_detail"),
            *work.urls(cls, prefix, name),
        ]
        if cls.form_class:
            found += [
                path(f"{prefix}/new/", cls.view("new"), name=f"{name}_new"),
                path(f"{prefix}/<int:pk>/edit/", cls.view("edit"), name=f"{name}_edit"),
            ]
        if hasattr(cls.model, "MOVES"):
            found.append(path(f"{prefix}/<int:pk>/<str:verb>/", cls.view("act"), name=f"{name}_act"))
        return found
