"""Deleting records with all that hangs on them, and bringing them back for 30 days."""

from dataclasses import dataclass
from datetime import timedelta

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm import access, events, hanging, merging, snapshots
from crm.access import authorize
from crm.models import BinEntry
from crm.transitions import IllegalMove, legal_verbs

KEPT_DAYS = 30
WORK = tuple(f"crm.{work}.customer" for work in ("FollowUp", "Task", "Comment", "Attachment"))
DELETABLE = {}  # model -> Deletable


@dataclass(frozen=True)
class Deletable:
    """`states` in which a record may go (any where it has none), `parts` that go along, links emptied meanwhile."""

    states: tuple = ()
    parts: tuple = ()  # labels of foreign keys, such as crm.Contact.customer
    loose: tuple = ()

    def may_go(self, record):
        return not self.states or record.status in self.states


class InTheWay(IllegalMove):
    """Something points at the record; `records` are what does, as far as one may see it, `unseen` how many more."""

    def __init__(self, record, blockers, by):
        self.records = seen_of(blockers, by)
        self.unseen = len(blockers) - len(self.records)
        names = [hanging.titled(found) for found in self.records[:5]]
        more = len(blockers) - len(names)
        names += [ngettext("%(more)d more record", "%(more)d more records", more) % {"more": more}] if more else []
        super().__init__(
            _("%(record)s is in use and cannot be deleted: %(names)s"),
            legal=legal_verbs(record) if hasattr(record, "MOVES") else (),
            params={"record": record, "names": "; ".join(names)},
        )


def deletable(model, **rules):
    """Declare that records of this type can be deleted, and under which rules."""
    DELETABLE[model] = Deletable(**rules)


def may_delete(record, user):
    """Would deleting be accepted by role and state? What is in the way may still refuse."""
    rules = DELETABLE.get(type(record))
    return bool(rules and rules.may_go(record) and access.allows(user, access.name("delete", type(record)), record))


def bundle_of(record):
    """What would go along with a record, and what is in the way."""
    rules = DELETABLE[type(record)]
    bundle = hanging.gather(type(record), [record.pk], rules.parts, rules.loose)
    for model, keys in bundle.rows.items():
        if model in DELETABLE and DELETABLE[model].states and model is not type(record):
            bundle.blockers += model._base_manager.filter(pk__in=keys).exclude(status__in=DELETABLE[model].states)
    bundle.blockers = _whole(bundle.blockers)
    return bundle


def seen_of(records, user):
    """Those of the records that this person may see."""
    return [
        record
        for record in records
        if hasattr(type(record).objects, "visible_to")
        and type(record).objects.visible_to(user).filter(pk=record.pk).exists()
    ]


def _whole(rows):
    """A line in the way stands for its document; what has no page of its own is told only if nothing else is."""
    found = []
    for row in rows:
        while not hasattr(row, "get_absolute_url") and (above := _above(row)):
            row = above
        if row not in found:
            found.append(row)
    return [row for row in found if hasattr(row, "get_absolute_url")] or found


def _above(row):
    links = [link for link in row._meta.concrete_fields if isinstance(link, models.ForeignKey)]
    owning = next((link for link in links if link.remote_field.on_delete is models.CASCADE), None)
    return getattr(row, owning.name) if owning else None


@transaction.atomic
def delete(record, *, by):
    """Put a record into the bin with everything that hangs on it. Deleting twice deletes once.

    Raises InTheWay where something later in the chain points at it, IllegalMove where its state keeps it."""
    model = type(record)
    if model not in DELETABLE:
        raise ValidationError(_("Records of this kind are never deleted."))
    authorize(by, access.name("delete", model), record)
    held = model._base_manager.select_for_update(of=("self",)).filter(pk=record.pk).first()
    if held is None:
        return _gone(record)
    authorize(by, access.name("delete", model), held)
    _refuse_state(held)
    bundle = bundle_of(held)
    if bundle.blockers:
        raise InTheWay(held, bundle.blockers, by)
    entry = _put_away(held, bundle, by)
    told = {"text": entry.title, "bin": entry.pk}
    events.write(held, "deleted", by=by, was=getattr(held, "status", ""), data=told)
    return entry


def _gone(record):
    entry = BinEntry.objects.of(type(record), record.pk).first()
    if entry is None:
        raise ValidationError(_("This record is no longer there."))
    return entry


def _refuse_state(record):
    if not DELETABLE[type(record)].may_go(record):
        raise IllegalMove(
            _("%(record)s is %(state)s and cannot be deleted."),
            legal=legal_verbs(record),
            params={"record": record, "state": record.get_status_display()},
        )


def _put_away(record, bundle, by):
    moves = [found for link, keys in bundle.loose for found in snapshots.move(link.model, keys, link.attname, None)]
    rows = [snapshots.take_out(model, keys) for model, keys in bundle.rows.items() if keys]
    try:
        snapshots.check_links()
    except IntegrityError as error:
        raise ValidationError(_("Somebody has just added something to this record. Look at it again.")) from error
    return BinEntry.objects.create(
        record_type=record._meta.model_name,
        key=record.pk,
        title=hanging.plain_title(record)[:300],
        counts=bundle.counts(record._meta.model_name),
        rows=rows,
        moves=moves,
        deleted_by_id=by.pk,
        until=timezone.now() + timedelta(days=KEPT_DAYS),
    )


@transaction.atomic
def restore(entry, *, by):
    """Bring a deleted record back as it was, with all that went along. Restoring twice restores once."""
    authorize(by, "crm.restore_binentry", entry)
    entry = BinEntry.objects.select_for_update(of=("self",)).select_related("deleted_by__team").get(pk=entry.pk)
    if entry.restored_at:
        return record_of(entry)
    if entry.until <= timezone.now():
        raise ValidationError(_("It was kept for %(days)d days, which have passed."), params={"days": KEPT_DAYS})
    _put_back(entry)
    entry.restored_at, entry.restored_by_id = timezone.now(), by.pk
    entry.save(update_fields=["restored_at", "restored_by"])
    record = record_of(entry)
    events.write(record, "restored", by=by, now=getattr(record, "status", ""), data={"text": entry.title})
    return record


def _put_back(entry):
    try:
        with transaction.atomic():
            snapshots.put_back(entry.rows)
    except IntegrityError as error:
        raise ValidationError(_("Something else has taken its number or name meanwhile.")) from error
    for model, keys in snapshots.keys(entry.rows).items():
        merging.follow_merged(model, keys)
        _refuse_orphans(model, keys)
    snapshots.take_back(entry.moves)


def _refuse_orphans(model, keys):
    """What a record points at must be there: whatever was deleted after it comes back first."""
    for link in model._meta.concrete_fields:
        if not isinstance(link, models.ForeignKey):
            continue
        wanted = (
            model._base_manager.filter(pk__in=keys).exclude(**{link.name: None}).values_list(link.attname, flat=True)
        )
        missing = set(wanted) - set(
            link.related_model._base_manager.filter(pk__in=set(wanted)).values_list("pk", flat=True)
        )
        if missing:
            above = BinEntry.objects.of(link.related_model, missing.pop()).first()
            if above:
                above = f"{hanging.kind_of(above.record_type)} {above}"
                raise ValidationError(_("Restore %(above)s first."), params={"above": above})
            raise ValidationError(_("What it belonged to is no longer there."))


def model_of(entry):
    return next((model for model in apps.get_models() if model._meta.model_name == entry.record_type), None)


def record_of(entry):
    """The record an entry was made of; None while it is deleted."""
    return model_of(entry)._base_manager.filter(pk=entry.key).first()


def purge():
    """Forget what was kept long enough, files too; returns how many records."""
    old = BinEntry.objects.filter(until__lte=timezone.now())
    for entry in old.filter(restored_at=None):
        _delete_files(entry)
    return old.delete()[0]


def _delete_files(entry):
    for label, text in entry.rows:
        model = apps.get_model(label)
        for field in model._meta.concrete_fields:
            if isinstance(field, models.FileField):
                for name in {row[field.column] for row in snapshots.values(text) if row.get(field.column)}:
                    field.storage.delete(name)
