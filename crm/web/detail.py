"""The page of one record: head, acts, chain, facts, related lists, timeline."""

from django.shortcuts import redirect, render
from django.urls import reverse

from crm import access, chain, tags, verbs
from crm.models import Tag
from crm.strip import strip
from crm.web import work
from crm.web.columns import fact
from crm.web.related import RELATED, Related

LATEST = 12  # entries of the timeline at first


class DetailPages:
    """`detail`, and what a record type may put on it."""

    def detail(self, pk):
        self.may("view")
        return self.show(self.get(pk))

    def show(self, record, status=200, **changed):
        """The record's page; `changed` carries a form back with its errors."""
        labels = {column.name: column.label for column in self.columns}
        context = {
            "pages": self,
            "record": record,
            "heading": self.heading(record),
            "facts": [
                found
                for name in self.shown_facts(record)
                if (found := fact(record, name, self.request.user, labels.get(name, "")))[1]
            ],
            "moves": self.moves(record),
            **self.tag_context(record),
            "tools": self.tools(record),
            "edit_url": self.edit_url(record),
            "papers": self.papers(record),
            "chain": strip(record, self.request.user),
            **self.timeline(record),
            "related": [*self.related(record), *self.hung_on(record)],
            **work.context(record, self.request.user, self.may_follow_up),
            **self.extra(record),
            **changed,
        }
        return render(self.request, self.detail_template, context, status=status)

    def tag_context(self, record):
        """The record's tags, and where they are changed by who may."""
        if not record.may_be_tagged:
            return {}
        may = access.allows(self.request.user, access.name("change", self.model), record)
        url = reverse(self.url_name("tag"), args=[record.pk]) if may else ""
        known = Tag.objects.values_list("name", flat=True)[:200] if may else []
        return {"its_tags": tags.of(record), "tag_url": url, "known_tags": known}

    def tag(self, pk):
        """Let the record carry the tags that are written down."""
        record = self.get(pk)
        if self.request.method == "POST":
            tags.put(record, tags.split(self.request.POST.get("tags", "")), by=self.request.user)
        return redirect(record)

    def heading(self, record):
        return str(record)

    read_timeline = staticmethod(chain.timeline)

    def timeline(self, record):
        """The latest entries, and whether there are more; `?timeline=all` shows them."""
        whole = self.request.GET.get("timeline") == "all"
        found = self.read_timeline(record, self.request.user, **({} if whole else {"limit": LATEST + 1}))
        return (
            {"timeline": found, "more_timeline": False}
            if whole
            else {"timeline": found[:LATEST], "more_timeline": len(found) > LATEST}
        )

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
        next_verb = verbs.likely(record, self.request.user)
        found = [
            {
                "key": verb.name,
                "label": move.label,
                "url": self.act_url(record, verb),
                "danger": move.danger,
                "dialog": verb.form is not None,
                "primary": verb == next_verb,
            }
            for verb, move in verbs.offered(record, self.request.user)
        ]
        return sorted(found, key=lambda move: not move["primary"])

    def act_url(self, record, verb):
        return reverse(self.url_name("act"), args=[record.pk, verb.name])
