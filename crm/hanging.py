"""What points at a record: by foreign key, or by its type and key. Read off the models, so that new ones count too."""

from dataclasses import dataclass, field

from django.apps import apps
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from crm import chain

NAMES = {
    "followup": _("follow-ups"), "comment": _("comments"), "attachment": _("files"), "externalid": _("external ids"),
    "instalment": _("instalments"), "moneycheck": _("checks of the money"), "job": _("background jobs"),
}  # fmt: skip
KINDS = {"followup": _("follow-up"), "comment": _("comment"), "attachment": _("file")}
UNSEEN = {"searchentry", "case"}  # of no interest to people


def links(model):
    """The foreign keys of other types that point at this one."""
    relations = model._meta.get_fields(include_hidden=True)
    return [found.field for found in relations if found.auto_created and (found.one_to_many or found.one_to_one)]


def label(link):
    """`crm.Contact.customer`"""
    return f"{link.model._meta.label}.{link.name}"


def work_types():
    """The types whose rows hang on any record by `record_type` and `record_id`; the log does not follow anything."""
    return [
        model
        for model in apps.get_models()
        if {"record_type", "record_id"} <= {column.name for column in model._meta.concrete_fields}
        and not getattr(model, "APPEND_ONLY", False)
    ]


def work_on(work_type, model, keys):
    return work_type._base_manager.filter(record_type=model._meta.model_name, record_id__in=list(keys))


def named(counts):
    """[(name, number)] of {record type: number}, for people; the largest first."""
    found = [(name_of(kind), number) for kind, number in counts.items() if kind not in UNSEEN]
    return sorted(found, key=lambda pair: -pair[1])


def name_of(kind):
    """A record type's name in the plural."""
    model = next((model for model in apps.get_models() if model._meta.model_name == kind), None)
    return str(NAMES.get(kind) or (model._meta.verbose_name_plural if model else kind))


def plain_title(record):
    """A record's number and name, to be kept: the same in every language."""
    number = getattr(record, "number", "")
    words = [number if number and number not in str(record) else "", str(record)]
    return " ".join(filter(None, words))


def titled(record):
    """What tells a record from all others: its kind, number and name."""
    return f"{kind_of(record._meta.model_name)} {plain_title(record)}"


def kind_of(record_type):
    """A record type's name, for one."""
    model = next((model for model in apps.get_models() if model._meta.model_name == record_type), None)
    return capfirst(str(KINDS.get(record_type) or (model._meta.verbose_name if model else record_type)))


@dataclass
class Bundle:
    """Rows that go together, what is emptied meanwhile, and what is in the way."""

    rows: dict = field(default_factory=dict)  # {model: keys}
    loose: list = field(default_factory=list)  # [(foreign key, keys of the rows whose link is emptied)]
    blockers: list = field(default_factory=list)

    def counts(self, besides):
        """{record type: number} of what goes along with a record; lines and the like count with their document."""
        found = {model._meta.model_name: len(keys) for model, keys in self.rows.items() if model in counted()}
        found[besides] = found.get(besides, 1) - 1
        return {kind: number for kind, number in found.items() if number and kind not in UNSEEN}


def counted():
    """The types that people know by name."""
    return {*chain.all_models(), apps.get_model("crm.BillingTitle"), *work_types()}


def gather(model, keys, parts=(), loose=()):
    """Everything that would go with these rows: cascades, `parts`, and work on any of them.

    `parts` and `loose` are labels of foreign keys; what points here by any other one is a blocker."""
    bundle, pointing = Bundle(), []
    _gather(bundle, pointing, model, list(keys), parts)
    for link, found in pointing:
        left = sorted(set(found) - set(bundle.rows.get(link.model, ())))
        if left and (label(link) in loose or link.remote_field.on_delete is models.SET_NULL):
            bundle.loose.append((link, left))
        elif left:
            bundle.blockers += link.model._base_manager.filter(pk__in=left)
    return bundle


def _gather(bundle, pointing, model, keys, parts):
    known = bundle.rows.setdefault(model, [])
    keys = [key for key in keys if key not in known]
    known += keys
    if not keys:
        return
    for link in links(model):
        found = list(link.model._base_manager.filter(**{f"{link.name}__in": keys}).values_list("pk", flat=True))
        if link.remote_field.on_delete is models.CASCADE or label(link) in parts:
            _gather(bundle, pointing, link.model, found, parts)
        else:
            pointing.append((link, found))
    for work_type in work_types():
        found = list(work_on(work_type, model, keys).values_list("pk", flat=True))
        _gather(bundle, pointing, work_type, found, parts)
