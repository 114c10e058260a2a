"""Writing and reading the one log of what happened."""

from contextlib import contextmanager
from contextvars import ContextVar

from django.apps import apps
from django.db.models import Q
from django.dispatch import Signal
from django.utils import timezone

from crm import access
from crm.models import Event, Merge

written = Signal()  # `written`: the events, sent in their transaction
_source = ContextVar("source", default=Event.Source.WEB)


@contextmanager
def source(name):
    """Everything written inside came in by this door: web, api, job or import."""
    token = _source.set(name)
    try:
        yield
    finally:
        _source.reset(token)


def build(record, verb, *, by, was="", now="", reason="", data=None, occurred_at=None):
    """An event not yet written, for those who write many at once."""
    moment = timezone.now()
    return Event(
        case_id=getattr(record, "case_id", None),
        record_type=record._meta.model_name,
        record_id=record.pk,
        verb=verb,
        from_state=was,
        to_state=now,
        actor_id=by.pk,
        acting_role=access.acting_role(by, access.name(verb, record._meta.model)),
        source=_source.get(),
        reason=reason,
        data=data or {},
        record_version=getattr(record, "version", None),
        occurred_at=occurred_at or moment,
        recorded_at=moment,
    )


def write(record, verb, **details):
    """Log a business act, in the same transaction as its change."""
    event = build(record, verb, **details)
    event.save()
    written.send(Event, written=[event])
    return event


def write_all(built):
    """Log many acts at once."""
    found = Event.objects.bulk_create(built)
    written.send(Event, written=found)
    return found


def told(found, user):
    """These events as the person may read them: without amounts on records whose money they do not see."""
    blind = _blind(found, user)
    for event in found:
        if (event.record_type, event.record_id) in blind:
            event.data = _without_money(event.data)
    return found


def _blind(found, user):
    """The (record type, key) of records with amounts this person may not see."""
    blind = set()
    for kind, permission in access.MONEY_APART.items():
        keys = {event.record_id for event in found if event.record_type == kind}
        if keys:
            rows = apps.get_model(permission.partition(".")[0], kind).objects.filter(pk__in=keys)
            keys -= set(access.visible(rows, user, permission).values_list("pk", flat=True))
        blind |= {(kind, key) for key in keys}
    return blind


def _without_money(data):
    hidden = (
        access.MONEY_FIELDS | {"text"} if "amount" in data else access.MONEY_FIELDS
    )  # the text of an amount names it
    kept = {key: value for key, value in data.items() if key not in hidden}
    if changes := kept.get("changes"):
        kept["changes"] = {field: values for field, values in changes.items() if field not in access.MONEY_FIELDS}
    return kept


def of_record(record):
    return Event.objects.filter(record_type=record._meta.model_name, record_id=record.pk)


def of_pasts(record):
    """The events of the records that were merged into this one."""
    keys = Merge.objects.pasts_of(record)
    return Event.objects.filter(record_type=record._meta.model_name, record_id__in=keys)


def visible_to(user, models):
    """The events of those records that the user may see."""
    condition = Q(pk__in=[])
    for model in models:
        rows = model.objects.visible_to(user)
        if rows.query.is_empty():
            continue
        mine = Q(record_type=model._meta.model_name)
        if access.scope(user, access.name("view", model)) != access.ALL:
            mine &= Q(record_id__in=rows.values("pk"))
        condition |= mine
    return Event.objects.filter(condition)
