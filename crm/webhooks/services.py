"""What an administrator does with webhooks: register, change, rotate the secret, test, send again."""

import uuid
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import chain, events, jobs, records
from crm.access import authorize
from crm.models import WebhookDelivery, WebhookEndpoint
from crm.transitions import locked
from crm.webhooks import delivering, kinds, outbox, secrets, target

OVERLAP = timedelta(hours=24)  # both secrets sign for so long after a change
AT_A_TIME = 1000


@transaction.atomic
def save_endpoint(endpoint, *, by, seen=None):
    """Register or change an address. A new one has its secret in `shown_secret`, to be shown this once."""
    target.check(endpoint.url)
    if unknown := set(endpoint.event_types) - kinds.names():
        raise ValidationError({"event_types": _("Unknown: %(names)s.") % {"names": ", ".join(sorted(unknown))}})
    if endpoint._state.adding:
        endpoint.shown_secret = secrets.make()
        endpoint.secret, endpoint.owner = secrets.seal(endpoint.shown_secret), endpoint.owner or by
    if endpoint.active:
        endpoint.disabled_reason, endpoint.failing_since = "", None
    records.save(endpoint, by=by, seen=seen)
    return endpoint


@transaction.atomic
def rotate(endpoint, *, by):
    """A new secret, returned this once. The old one goes on signing for a day, so that nobody misses a message."""
    authorize(by, "crm.change_webhookendpoint", endpoint)
    locked(endpoint)
    fresh = secrets.make()
    endpoint.previous_secret, endpoint.secret = endpoint.secret, secrets.seal(fresh)
    endpoint.previous_until, endpoint.version = timezone.now() + OVERLAP, endpoint.version + 1
    endpoint.save(update_fields=["secret", "previous_secret", "previous_until", "version", "updated_at"])
    events.write(endpoint, "secret_rotated", by=by)
    return fresh


@transaction.atomic
def send_test(endpoint, *, by):
    """Send a message that tells of nothing but itself."""
    authorize(by, "crm.change_webhookendpoint", endpoint)
    if not endpoint.active:
        raise ValidationError(_("The webhook is switched off."))
    name = f"test_{uuid.uuid4().hex}"
    sent = WebhookDelivery.objects.create(endpoint=endpoint, kind=kinds.TEST, message_id=name, lane=name)
    transaction.on_commit(lambda: delivering.wake([(endpoint.pk, name)]))
    return sent


@transaction.atomic
def send_again(delivery, *, by):
    """Send one message again, under the same id, whatever became of it."""
    authorize(by, "crm.change_webhookendpoint", delivery.endpoint)
    _queue_again(WebhookDelivery.objects.filter(pk=delivery.pk))
    transaction.on_commit(lambda: delivering.wake([(delivery.endpoint_id, delivery.lane)]))
    delivery.refresh_from_db()
    return delivery


def _queue_again(deliveries):
    now = timezone.now()
    deliveries.update(status=WebhookDelivery.Status.QUEUED, attempts=0, due_at=now, leased_until=now, finished_at=None)


def replay(endpoint, *, from_event, by):
    """Send all events from this number on, those never sent included; the job that does it is returned."""
    authorize(by, "crm.change_webhookendpoint", endpoint)
    return jobs.enqueue("crm.replay_webhook", endpoint.pk, from_event, by=by)


@jobs.task("crm.replay_webhook", gettext_lazy("Send events to a webhook again"), queue="long")
def replay_events(job, endpoint_id, from_event):
    """Queue events in slices; the message ids stay, so that what the other side knows already does no harm."""
    endpoint = WebhookEndpoint.objects.select_related("acts_as__team").get(pk=endpoint_id)
    seen = events.visible_to(endpoint.acts_as, chain.all_models()).order_by("pk")
    todo, done, last = seen.filter(pk__gte=from_event), 0, from_event - 1
    total = todo.count()
    while found := list(todo.filter(pk__gt=last)[:AT_A_TIME]):
        last, done = found[-1].pk, done + len(found)
        with transaction.atomic():
            _queue_again(WebhookDelivery.objects.filter(endpoint=endpoint, event__in=found))
            outbox.queue([(endpoint, event) for event in found])
        jobs.progress(job, done, total)
    return {"events": done}


def forget(days=30):
    """Delete what was delivered or given up long ago; how many messages they were."""
    old = WebhookDelivery.objects.filter(finished_at__lt=timezone.now() - timedelta(days=days))
    return old.delete()[0]
