"""What a message says: thin, so that whoever needs more reads it over the API with their own rights."""

import json

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from crm import chain, events
from crm.webhooks.kinds import TEST


def body_of(delivery):
    """The message as bytes, or None if the person the endpoint acts as may not see the event (any more)."""
    if delivery.event_id is None:
        return _encoded({"type": TEST, "timestamp": timezone.now(), "id": None, "data": {}})
    user = delivery.endpoint.acts_as
    event = events.visible_to(user, chain.all_models()).filter(pk=delivery.event_id).first()
    return None if event is None else _encoded(_told(event, delivery.kind, user))


def _told(event, kind, user):
    return {
        "type": kind,
        "timestamp": event.recorded_at,
        "id": event.pk,
        "occurred_at": event.occurred_at,
        "case": event.case_id,
        "record": _record(event),
        "from_state": event.from_state,
        "to_state": event.to_state,
        "actor": event.actor_id,
        "source": event.source,
        "reason": event.reason,
        "data": events.told([event], user)[0].data,
    }


def _record(event):
    model = chain.model_of(event.record_type)
    record = model._base_manager.filter(pk=event.record_id).first()
    return {
        "type": event.record_type,
        "id": event.record_id,
        "number": getattr(record, "issued_number", "") or getattr(record, "number", ""),
        "version": event.record_version,
        "url": settings.SITE_URL + record.get_absolute_url() if record else None,
        "api_url": _api_url(event),
    }


def _api_url(event):
    try:
        return settings.SITE_URL + reverse(f"api-{event.record_type}-detail", args=[event.record_id])
    except NoReverseMatch:
        return None


def _encoded(body):
    return json.dumps(body, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")).encode()
