"""Which columns a list shows, and in which order: the address says so, the export follows."""

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.shortcuts import redirect

from crm.models import Tag
from crm.web import paging
from crm.web.columns import TAGS, Column

USEFUL = ("number", "status", "owner", "created_by", "status_since", "created_at", "updated_at")
PLAIN = "pick"  # the parameter by which the chooser's form is known


class ChosenColumns:
    """A record type's columns are shown unless the address names others of those on offer (`columns=a,b,c`)."""

    def offered_columns(self):
        """The usual columns, then the record's facts and what every record has."""
        found = {column.name: column for column in self.columns}
        for name in (*self.facts, *USEFUL):
            if name not in found and _is_readable(self.model, name):
                found[name] = Column(name, sort=name if name in self.filterset_class.ORDERING else "")
        if self.model.may_be_tagged:
            found[TAGS] = Column(TAGS, label=Tag._meta.verbose_name_plural)
        return list(found.values())

    def shown_columns(self):
        """The chosen columns; the usual ones where none that exists is named."""
        offered = {column.name: column for column in self.offered_columns()}
        names = dict.fromkeys(self.request.GET.get("columns", "").split(","))
        return [offered[name] for name in names if name in offered] or list(self.columns)

    def with_relations(self, rows, columns):
        """The rows together with the records that these columns name."""
        paths = [path for column in columns if (path := _relation(self.model, column.name))]
        return rows.select_related(*paths) if paths else rows

    def choose_columns(self):
        """The chooser's form becomes a short address; with numbers beside the columns, these give the order."""
        query = paging.without_place(self.request.GET)
        chosen = [name for name in query.getlist("col") if "," not in name]
        chosen.sort(key=lambda name: _number(query.get(f"at_{name}", "")))
        for name in [key for key in query if key in (PLAIN, "col", "columns") or key.startswith("at_")]:
            del query[name]
        if chosen and chosen != [column.name for column in self.columns]:
            query["columns"] = ",".join(chosen)
        return redirect(f"{self.request.path}?{query.urlencode(safe=',')}")

    def column_choices(self, shown):
        """What the chooser lists: (name, label, is shown), the shown ones first and in their order."""
        names = [column.name for column in shown]
        others = [column for column in self.offered_columns() if column.name not in names]
        return [(column.name, column.title(self.model), column.name in names) for column in (*shown, *others)]


def _number(text):
    return int(text) if text.isdecimal() and len(text) < 6 else 0


def _field(model, path):
    """The field at the end of a path, None where a step is no field."""
    found = None
    for step in path.split("__"):
        try:
            found = model._meta.get_field(step)
        except (FieldDoesNotExist, AttributeError):
            return None
        model = found.related_model
    return found


def _is_readable(model, name):
    found = _field(model, name)
    return found is not None and found.concrete and not isinstance(found, models.JSONField)


def _relation(model, name):
    """The path of records one must have at hand to show this column."""
    found = _field(model, name)
    if found is None or not found.concrete:
        return None
    return name if found.is_relation else name.rpartition("__")[0] or None
