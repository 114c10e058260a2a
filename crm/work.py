"""What can be done on any record: log a follow-up, note a task, comment, attach a file, tell somebody."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import access, events, uploads
from crm.access import authorize
from crm.models import Attachment, Comment, FollowUp, Notification, Task


def belongs_to(record):
    """The columns that tie a piece of work to its record."""
    customer = record if record._meta.model_name == "customer" else getattr(record, "customer", None)
    return {
        "record_type": record._meta.model_name,
        "record_id": record.pk,
        "case_id": getattr(record, "case_id", None),
        "customer_id": customer and customer.pk,
    }


def require_sight(by, record):
    """Work on a record is open to whoever sees it."""
    if not type(record).objects.visible_to(by).filter(pk=record.pk).exists():
        raise PermissionDenied(_("You may not see this record."))


@transaction.atomic
def log_follow_up(record, *, kind, summary, by, next_step="", next_on=None, happened_at=None):
    """Note what was said (跟进). A next step becomes a task of the writer's, with its date."""
    authorize(by, "crm.add_followup")
    require_sight(by, record)
    follow_up = FollowUp(
        kind=kind, summary=summary, author=by, happened_at=happened_at or timezone.now(), **belongs_to(record)
    )
    follow_up.full_clean()
    follow_up.save()
    events.write(record, "follow_up", by=by, occurred_at=follow_up.happened_at, data={"kind": kind, "summary": summary})
    touch(record, follow_up.happened_at)
    if next_step:
        add_task(title=next_step, due_on=next_on, owner=by, by=by, record=record)
    return follow_up


def touch(record, moment):
    """Records that watch for silence (leads, opportunities) remember the last contact."""
    for field in ("last_contact_at", "last_activity_at"):
        if hasattr(record, field):
            type(record).objects.filter(pk=record.pk).update(**{field: moment})
            setattr(record, field, moment)


@transaction.atomic
def add_task(*, title, owner, by, due_on=None, record=None):
    """Promise something, oneself or for a colleague, who is then told."""
    authorize(by, "crm.add_task")
    task = Task(title=title, due_on=due_on, owner=owner, **(belongs_to(record) if record else {}))
    task.full_clean(exclude=["record_type"])
    task.save()
    events.write(task, "created", by=by)
    if owner != by:
        notify(owner, "%(who)s gave you a task: %(task)s", url="/tasks/", who=str(by), task=title)
    return task


@transaction.atomic
def complete_task(task, *, by):
    """Tick off a task; ticking twice changes nothing."""
    authorize(by, "crm.complete_task", task)
    if Task.objects.filter(pk=task.pk, done_at=None).update(done_at=timezone.now()):
        events.write(task, "completed", by=by)
    return task


@transaction.atomic
def comment(record, *, text, by):
    """Say something to colleagues; the owner is told."""
    require_sight(by, record)
    if not text.strip():
        raise ValidationError({"text": _("Write something first.")})
    written = Comment.objects.create(text=text, author=by, **belongs_to(record))
    events.write(record, "commented", by=by, data={"text": text})
    owner = getattr(record, "owner", None)
    if owner and owner != by:
        notify(owner, "%(who)s commented on %(record)s", url=record.get_absolute_url(), who=str(by), record=str(record))
    return written


@transaction.atomic
def attach(record, *, file, by):
    """Keep a file with the record. Only documents and pictures that are what they say are taken."""
    require_sight(by, record)
    try:
        uploads.accept(file)
    except ValidationError as refusal:
        raise ValidationError({"file": refusal}) from refusal
    kept = Attachment.objects.create(
        file=file, name=file.name[:255], size=file.size, uploaded_by=by, **belongs_to(record)
    )
    events.write(record, "attached", by=by, data={"text": kept.name})
    return kept


def notify(user, text, *, url="", **values):
    """Put a line in somebody's bell. `text` is a gettext message with %(name)s places."""
    if user is not None and not isinstance(user, access.Actor):
        Notification.objects.create(user=user, text=text, values=values, url=url)


def follow_ups_visible_to(user):
    """The follow-ups on records this person may see."""
    from crm.chain import all_models

    condition = Q(pk__in=[])
    for model in all_models():
        rows = model.objects.visible_to(user)
        if not rows.query.is_empty():
            condition |= Q(record_type=model._meta.model_name, record_id__in=rows.values("pk"))
    return FollowUp.objects.filter(condition)
