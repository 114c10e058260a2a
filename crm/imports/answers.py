"""What the person said about a file: which column holds what, and how its words and days are meant.

{"columns": {field: position}, "days": {field: "dmy"}, "words": {field: {word: value}}, "system": "salesforce",
 "mode": "create", "key": field, "duplicates": "skip", "whole": {name: value for all rows}}
"""

import hashlib

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import search, sheets
from crm.access import authorize
from crm.imports import days
from crm.models import ImportRow, ImportRun, ImportTemplate

CREATE, UPDATE, BOTH = "create", "update", "both"
MODES = {
    CREATE: gettext_lazy("Only create what is not here yet"),
    BOTH: gettext_lazy("Create what is new, update what is here"),
    UPDATE: gettext_lazy("Only update what is here"),
}
NO_SYSTEM = "file"  # the system of ids whose origin nobody named
PARTS = {"columns": {}, "days": {}, "words": {}, "system": "", "mode": CREATE, "key": "", "duplicates": "skip",
         "whole": {}}  # fmt: skip


class Answers:
    """The answers of one run, with the defaults for what was not said."""

    def __init__(self, run):
        self.columns, self.days, self.words, self.system, self.mode, self.key, self.duplicates, self.whole = (
            run.answers.get(part, default) for part, default in PARTS.items()
        )
        self.system = self.system or NO_SYSTEM
        self._words = {key: {search.normalise(word): value for word, value in said.items()}
                       for key, said in self.words.items()}  # fmt: skip

    def day_order(self, key):
        return self.days.get(key, "")

    def word(self, key, cell):
        return self._words.get(key, {}).get(search.normalise(cell), "")


def propose(kind, headers, by):
    """The answers to begin with: those given last for a file with these headers, else the columns by their names."""
    known = ImportTemplate.objects.filter(kind=kind.key, headers=digest(headers))
    last = known.order_by("-saved_at").filter(saved_by=by).first() or known.order_by("-saved_at").first()
    if last:
        return last.answers
    return {"columns": match(kind, headers), "system": origin(headers)}


def match(kind, headers):
    return sheets.match_columns(headers, {column.key: column.known_headers for column in kind.fields})


SIGNS = {  # headers that only one system writes
    "salesforce": {"lead id", "account id", "opportunity id", "last activity", "lead owner", "account owner",
                   "opportunity owner", "fiscal period"},
    "hubspot": {"record id", "create date", "lifecycle stage", "contact owner", "company owner", "deal stage",
                "deal owner"},
    "pipedrive": {"deal - id", "person - id", "organization - id", "deal - title", "lead - id", "person - name",
                  "organization - name"},
    "jiandaoyun": {"数据id", "提交人", "提交时间", "更新时间", "当前节点/当前负责人"},
}  # fmt: skip


def origin(headers):
    """The system that writes such headers, if at least two of them are its own; else empty."""
    plain = {search.normalise(header) for header in headers}
    system, signs = max(SIGNS.items(), key=lambda item: len(item[1] & plain))
    return system if len(signs & plain) >= 2 else ""


def digest(headers):
    return hashlib.sha256("\n".join(headers).encode()).hexdigest()


@transaction.atomic
def give(run, *, by, **said):
    """Take over answers, checked; what is not named stays as it is. Only as long as nothing was imported."""
    authorize(by, run.type.permission)
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    if not run.matchable:
        raise ValidationError(_("This file is imported already, or an import of it is under way."))
    run.answers = {**run.answers, **said}
    check(run)
    run.step = ImportRun.Step.COLUMNS
    run.save(update_fields=["answers", "step"])
    ImportTemplate.objects.update_or_create(
        kind=run.kind, headers=digest(run.headers), saved_by=by, defaults={"answers": run.answers}
    )
    return run


def check(run):
    """Raises ValidationError with the parts at fault."""
    said, kind = {**PARTS, **run.answers}, run.type
    columns, errors = said["columns"], {}
    if not isinstance(columns, dict) or any(
        key not in kind.by_key or not isinstance(at, int) or not 0 <= at < len(run.headers)
        for key, at in columns.items()
    ):
        raise ValidationError({"columns": _("Name fields of this type and columns the file has.")})
    for column in kind.fields:
        if column.required and column.key not in columns and said["mode"] != UPDATE:
            errors[column.key] = _("Say which column holds this.")
    if said["mode"] not in MODES or (said["mode"] != CREATE and not kind.keys):
        errors["mode"] = _("There is no such choice.")
    if said["mode"] != CREATE and (said["key"] not in kind.keys or said["key"] not in columns):
        errors["key"] = _("Choose a column by which known records are found, and say where it is.")
    if any(order not in (days.DAY_FIRST, days.MONTH_FIRST) for order in said["days"].values()):
        errors["days"] = _("There is no such choice.")
    if said["duplicates"] not in ImportRow.Decision.values:
        errors["duplicates"] = _("There is no such choice.")
    if not isinstance(said["words"], dict) or not all(isinstance(words, dict) for words in said["words"].values()):
        errors["words"] = _("There is no such choice.")
    errors |= kind.wrong_for_all(said["whole"], run)
    if errors:
        raise ValidationError(errors)
