"""Every event is put into the outbox of the endpoints that want it, in the transaction that writes the event."""

from django.db import transaction
from django.dispatch import receiver

from crm import chain, events
from crm.models import WebhookDelivery, WebhookEndpoint
from crm.webhooks import delivering
from crm.webhooks.kinds import kind_of


@receiver(events.written)
def announce(sender, written, **kwargs):
    """Queue a delivery for each endpoint and event, and wake the workers after commit."""
    endpoints = list(WebhookEndpoint.objects.filter(active=True))
    if not endpoints:
        return
    told = {model._meta.model_name for model in chain.all_models()}
    queue([(endpoint, event) for event in written if event.record_type in told for endpoint in endpoints])


def queue(pairs):
    """Write the deliveries of (endpoint, event); what is queued or done already stays as it is."""
    made = [delivery_of(endpoint, event) for endpoint, event in pairs if wants(endpoint, event)]
    WebhookDelivery.objects.bulk_create(made, ignore_conflicts=True, batch_size=1000)
    lanes = {(delivery.endpoint_id, delivery.lane) for delivery in made}
    transaction.on_commit(lambda: delivering.wake(lanes))
    return made


def wants(endpoint, event):
    return not endpoint.event_types or kind_of(event.record_type, event.verb) in endpoint.event_types


def delivery_of(endpoint, event):
    lane = f"case:{event.case_id}" if event.case_id else f"{event.record_type}:{event.record_id}"
    kind = kind_of(event.record_type, event.verb)
    return WebhookDelivery(endpoint=endpoint, event=event, kind=kind, message_id=f"evt_{event.pk}", lane=lane)
