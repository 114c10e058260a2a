"""One act on many records: each judged by itself, each in a transaction of its own, none twice.

What came of a record is written together with the act, so a run that was interrupted goes on where it stood.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.models import BulkOutcome, BulkRun

logger = logging.getLogger(__name__)
Result = BulkOutcome.Result
AT_ONCE = 50  # records dealt with while the person waits; more are a job
CHUNK = 5000


@dataclass(frozen=True)
class BulkAct:
    """An act a list offers for many records. `service(record, by=…, **values)` does it and refuses by itself."""

    name: str
    label: str
    service: Callable
    form: type | None = None  # takes data, `record` and `by`, as verbs' forms do
    danger: bool = False


@transaction.atomic
def start(*, list_key, act, values, by, keys=None, query=""):
    """Write down what is asked for: on these keys, or on all that match the query when the work begins."""
    run = BulkRun.objects.create(owner=by, list_key=list_key, act=act, values=values, query=query)
    if keys is not None:
        write_down(run, sorted(set(keys)))
    return run


def write_down(run, keys):
    """Note the records of the run, once."""
    rows = [BulkOutcome(run=run, record_id=key) for key in keys]
    BulkOutcome.objects.bulk_create(rows, batch_size=CHUNK)
    run.listed_at = timezone.now()
    run.save(update_fields=["listed_at"])


def do(run, act, rows, values, *, told=lambda done, total: None):
    """Do the act on each record that still waits, in the order of their keys.

    `rows` are those the person may see; `told(done, total)` hears how far it is and may raise to call it off.
    """
    total = run.outcomes.count()
    done = total - run.outcomes.filter(result=Result.WAITING).count()
    told(done, total)
    while waiting := list(run.outcomes.filter(result=Result.WAITING).values_list("pk", flat=True)[:AT_ONCE]):
        for key in waiting:
            _do_one(key, act, rows, values, run.owner)
        done += len(waiting)
        told(done, total)
    run.finished_at = timezone.now()
    run.save(update_fields=["finished_at"])


@transaction.atomic
def _do_one(key, act, rows, values, by):
    outcome = BulkOutcome.objects.select_for_update().get(pk=key)
    if outcome.result != Result.WAITING:
        return
    record = rows.filter(pk=outcome.record_id).first()
    outcome.label = str(record)[:200] if record else f"#{outcome.record_id}"
    outcome.reason = _refusal(act, record, values, by)
    outcome.result = Result.REFUSED if outcome.reason else Result.DONE
    outcome.save()


def _refusal(act, record, values, by):
    """Do it; why it was not done, empty where it was."""
    if record is None:
        return _("There is no such record, or you may not see it.")
    try:
        with transaction.atomic():
            act.service(record, by=by, **values)
    except PermissionDenied as refusal:
        return str(refusal)
    except ValidationError as refusal:
        return " ".join(refusal.messages)
    except Exception:
        logger.exception("%s failed on %s %s.", act.name, record._meta.label, record.pk)
        return _("Something went wrong here; nothing was changed.")
    return ""
