"""The list page of a record type, and its export."""

from django.shortcuts import redirect, render
from django.urls import get_resolver, reverse

from crm import queues, tags
from crm.web import chosen, exports, paging, table
from crm.web.bulk import BulkPages
from crm.web.chosen import ChosenColumns
from crm.web.columns import TAGS
from crm.web.picker import ViewPicker
from crm.web.responses import respond

PAGE_SIZES = (25, 50, 100)
LISTS = {}  # the label of a model -> the pages that list it


def pages_of(list_key):
    """The pages that list this kind of record, None for an unknown one; workers know them by the addresses."""
    get_resolver().url_patterns  # noqa: B018 - reading it fills LISTS
    return LISTS.get(list_key)


class ListPages(ChosenColumns, ViewPicker, BulkPages):
    """`list` and `export`; the state of both is the address."""

    @classmethod
    def list_key(cls):
        return cls.model._meta.label_lower

    def list(self):
        self.may("view")
        if chosen.PLAIN in self.request.GET:
            return self.choose_columns()
        if "panel" in self.request.GET and self.request.htmx and not self.request.htmx.boosted:
            return render(self.request, "_filter_fields.html", {"filter": self.found()})
        views = self.views()
        if (favourite := self.favourite(views)) and not self.request.GET:
            return redirect(self.view_address(favourite))
        return respond(self.request, self.list_template, self.list_context(views), partial="_list_rows.html")

    def list_context(self, views):
        found, columns = self.found(), self.shown_columns()
        rows = self.with_relations(found.qs, columns)
        page = paging.page_of(rows, *found.ordering(), self.page_size(), self.request.GET)
        if any(column.name == TAGS for column in columns):
            tags.attach(page.rows)
        return {
            "pages": self,
            "filter": found,
            "chips": found.chips(self.request),
            "columns": [self.head(column) for column in columns],
            "column_choices": self.column_choices(columns),
            "picker": self.picker(views),
            "rows": page.rows,
            "body": table.body([self.row(record, columns) for record in page.rows], columns, self.request),
            "page": page,
            "total": page.total_text,
            "page_sizes": PAGE_SIZES,
            "export_urls": self.export_urls(),
            "bulk_acts": self.bulk_acts(),
            "bulk_url": reverse(self.url_name("bulk")),
            **self.list_extra(found),
        }

    def page_size(self):
        asked = self.request.GET.get("size", "")
        return int(asked) if asked in map(str, PAGE_SIZES) else PAGE_SIZES[0]

    def list_extra(self, found):
        """More context for the list page."""
        return {}

    def head(self, column):
        """(name, label, align, sort address, sorted) of a column."""
        term, asked = column.sort, self.request.GET.get("o", "")
        if not term or term not in self.filterset_class.ORDERING:
            return column.name, column.title(self.model), column.at, None, None
        query = paging.without_place(self.request.GET)
        query["o"] = f"-{term}" if asked == term else term
        order = {term: "asc", f"-{term}": "desc"}.get(asked)
        return column.name, column.title(self.model), column.at, f"?{query.urlencode()}", order

    def row(self, record, columns):
        return {
            "record": record,
            "url": record.get_absolute_url(),
            "cells": [column.cell(record, self.request.user) for column in columns],
            "action": self.action(record),
        }

    def action(self, record):
        """The one quick act of a row: the likely next step."""
        return queues.next_act(record, type(self), self.request.user)

    def export_urls(self):
        query = paging.without_place(self.request.GET).urlencode()
        return [(label, self.export_url(kind, query)) for kind, label in exports.Export.Kind.choices]

    def export_url(self, kind, query, keys=None):
        """Where a list is exported: what the query finds, of that only these keys where some are given."""
        picked = f"&ids={','.join(map(str, keys))}" if keys is not None else ""
        return f"{reverse(self.url_name('export'), args=[kind])}?{query}{picked}"

    def exported(self):
        """(columns, rows) of the export: exactly what is filtered, in the chosen columns."""
        columns = self.shown_columns()
        rows = self.with_relations(self.found().qs, columns)
        if "ids" in self.request.GET:
            rows = rows.filter(pk__in=[key for key in self.request.GET["ids"].split(",") if key.isdecimal()])
        return columns, rows

    def export(self, kind):
        """The list as a file: at once, or by a job that is asked for first."""
        self.may("view")
        columns, rows = self.exported()
        query, user = paging.without_place(self.request.GET).urlencode(), self.request.user
        number = rows.order_by().values("pk")[: exports.AT_ONCE + 1].count()
        if number <= exports.AT_ONCE:
            exports.note(self.list_key(), query, kind, number, user)
            headers, lines = exports.headers_of(self.model, columns), exports.cells(columns, rows, user)
            return exports.rows_response(headers, lines, exports.file_name(self.model), kind)
        if self.request.method == "POST":
            return redirect("crm:export_detail", exports.start(self.list_key(), query, kind, number, user).pk)
        return render(self.request, "desk/export_ask.html", {"pages": self, "kind": kind, "most": exports.AT_ONCE})
