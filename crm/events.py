"""Writing and reading the one log of what happened."""

from contextlib import contextmanager
from contextvars import ContextVar

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


def shown_data(event, user):
    """What the event says besides, unless it may name amounts that the person is not to see."""
    return event.data if access.sees_money_wherever_seen(user, event.record_type) else {}
