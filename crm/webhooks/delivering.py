"""Sending what is queued: in order within a lane, again and again over three days, never two workers on one message.

A delivery's row is the job: a message to the workers only wakes them, and the sweep wakes them again.
"""

import logging
import random
import time
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_noop as noop
from kombu.exceptions import OperationalError

from crm import work
from crm.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from crm.webhooks import messages, secrets, target

logger = logging.getLogger(__name__)
Status = WebhookDelivery.Status
LEASE = timedelta(seconds=60)
AT_A_TIME = 30  # seconds a worker stays with one lane before others get their turn
GONE = 410
WAITS = [
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5),
    timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
]  # fmt: skip
SWEPT = 500


def wake(lanes):
    """Ask workers to look after these (endpoint, lane); a broker that is away is no error, the sweep asks again."""
    try:
        for endpoint_id, lane in lanes:
            deliver.apply_async([endpoint_id, lane], queue="webhooks")
    except OperationalError:
        logger.warning("Broker out of reach; webhooks wait for the sweep.")


@shared_task(name="crm.webhooks.sweep")
def sweep():
    """Wake the lanes whose first message is due: retries, lost wake-ups, dead workers."""
    now = timezone.now()
    queued = WebhookDelivery.objects.filter(status=Status.QUEUED, endpoint__active=True)
    earlier = queued.filter(endpoint=OuterRef("endpoint"), lane=OuterRef("lane"), event__lt=OuterRef("event"))
    due = queued.filter(~Exists(earlier), due_at__lte=now, leased_until__lte=now).order_by("due_at")
    wake(due.values_list("endpoint", "lane")[:SWEPT])


@shared_task(name="crm.webhooks.deliver")
def deliver(endpoint_id, lane):
    """Send a lane's messages one after the other, until none is left or one has to wait."""
    until = time.monotonic() + AT_A_TIME
    while delivery := lease(endpoint_id, lane):
        attempt(delivery)
        if time.monotonic() > until:
            return wake([(endpoint_id, lane)])


@transaction.atomic
def lease(endpoint_id, lane):
    """The lane's first message, to be sent now and by nobody else; None if there is none or it has to wait."""
    rows = WebhookDelivery.objects.filter(endpoint=endpoint_id, lane=lane, status=Status.QUEUED, endpoint__active=True)
    rows = rows.select_related("endpoint__acts_as__team", "endpoint__owner")
    first = rows.select_for_update(of=("self",)).order_by("event_id", "pk").first()
    now = timezone.now()
    if first is None or first.due_at > now or first.leased_until > now:
        return None
    first.leased_until, first.attempts = now + LEASE, first.attempts + 1
    first.save(update_fields=["leased_until", "attempts"])
    return first


def attempt(delivery):
    """Send one message and note what came back. It is signed anew each time; its id stays the same."""
    started, body, code, text, error = time.monotonic(), None, None, "", ""
    try:
        body = messages.body_of(delivery)
        if body is None:
            return finish(delivery, Status.IGNORED)
        headers = secrets.headers(delivery.endpoint, delivery.message_id, body)
        answer = target.post(delivery.endpoint.url, body, {**headers, **PLAIN})
        code, text = answer.code, answer.text
    except (target.Unreachable, ValueError) as refusal:
        error = str(refusal)[:300]
    took = int(1000 * (time.monotonic() - started))
    note(delivery, body=(body or b"").decode(), code=code, answer=text, error=error, duration_ms=took)


PLAIN = {"Content-Type": "application/json", "User-Agent": "LTC-CRM-Webhooks/1"}


@transaction.atomic
def note(delivery, **told):
    """Write the attempt down, and what follows from it."""
    WebhookAttempt.objects.create(delivery=delivery, **told)
    code = told["code"]
    if code is not None and 200 <= code < 300:
        WebhookEndpoint.objects.filter(pk=delivery.endpoint_id).exclude(failing_since=None).update(failing_since=None)
        finish(delivery, Status.SUCCEEDED)
    else:
        put_off(delivery)
        mark_failing(delivery.endpoint_id, gone=code == GONE)


def put_off(delivery):
    """Try again later; after the last time give up and tell the endpoint's owner."""
    if delivery.attempts > len(WAITS):
        finish(delivery, Status.FAILED)
        text = noop("The webhook %(webhook)s could not be told of %(kind)s; nothing more is tried.")
        endpoint = delivery.endpoint
        url = delivery.get_absolute_url()
        return work.notify(endpoint.owner, text, url=url, webhook=str(endpoint), kind=delivery.kind)
    wait = WAITS[delivery.attempts - 1] * random.uniform(1, 1.1)  # noqa: S311 (spreads the load, keeps no secret)
    delivery.due_at = delivery.leased_until = timezone.now() + wait
    delivery.save(update_fields=["due_at", "leased_until"])


def finish(delivery, status):
    delivery.status, delivery.finished_at = status, timezone.now()
    delivery.save(update_fields=["status", "finished_at"])


def mark_failing(endpoint_id, gone):
    """Remember since when; whoever is gone, or fails for days on end, is switched off, and the owner told."""
    endpoint = WebhookEndpoint.objects.select_for_update(of=("self",)).select_related("owner").get(pk=endpoint_id)
    now = timezone.now()
    endpoint.failing_since = endpoint.failing_since or now
    if endpoint.active and (gone or now - endpoint.failing_since > timedelta(days=settings.WEBHOOK_FAILING_DAYS)):
        endpoint.active = False
        endpoint.version += 1
        endpoint.disabled_reason = "410 Gone" if gone else f"{settings.WEBHOOK_FAILING_DAYS} d"
        text = noop("The webhook %(webhook)s was switched off: it no longer answers.")
        work.notify(endpoint.owner, text, url=endpoint.get_absolute_url(), webhook=str(endpoint))
    endpoint.save(update_fields=["failing_since", "active", "disabled_reason", "version", "updated_at"])
