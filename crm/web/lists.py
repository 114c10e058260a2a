"""The list page of a record type, and its export."""

from django.urls import reverse

from crm import queues
from crm.web import exports, paging
from crm.web.responses import respond

PAGE_SIZES = (25, 50, 100)


class ListPages:
    """`list` and `export`; the state of both is the address."""

    def list(self):
        self.may("view")
        found = self.found()
        page = paging.page_of(found.qs, *found.ordering(), self.page_size(), self.request.GET)
        context = {
            "pages": self,
            "filter": found,
            "chips": found.chips(self.request),
            "columns": [self.head(column) for column in self.columns],
            "rows": [self.row(record) for record in page.rows],
            "page": page,
            "total": page.total_text,
            "page_sizes": PAGE_SIZES,
            "export_urls": self.export_urls(),
            **self.list_extra(found),
        }
        return respond(self.request, self.list_template, context, partial="_list_rows.html")

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
        query = paging.without_place(self.request.GET)
        return [
            (label, f"{reverse(self.url_name('export'), args=[kind])}?{query.urlencode()}")
            for kind, label in (("csv", "CSV"), ("xlsx", "XLSX"))
        ]

    def export(self, kind):
        """Exactly what is filtered, as a file."""
        self.may("view")
        columns = [column for column in self.columns if column.name != "select"]
        return exports.file_response(self.model, columns, self.found().qs, kind, self.request.user)
