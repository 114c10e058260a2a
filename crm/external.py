"""The names by which other systems know a record: read, written, and found by."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crm import access, events
from crm.models import ExternalId

LONGEST_SYSTEM, LONGEST_ID = 50, 200


def of(record):
    """{system: id} of a record."""
    if not hasattr(record, "known_elsewhere"):
        attach([record])
    return record.known_elsewhere


def attach(records):
    """Bring the external ids of many records of one type along, in one query."""
    for record in records:
        record.known_elsewhere = {}
    by_key = {record.pk: record for record in records}
    if by_key:
        record_type = records[0]._meta.model_name
        for known in ExternalId.objects.filter(record_type=record_type, record_id__in=by_key):
            by_key[known.record_id].known_elsewhere[known.system] = known.external_id


def keys(model, ids):
    """The keys of the records of this type that any of {system: id} names."""
    found = ExternalId.objects.none()
    for system, external_id in ids.items():
        found |= ExternalId.objects.filter(system=system, external_id=external_id)
    return found.filter(record_type=model._meta.model_name).values("record_id")


@transaction.atomic
def link(record, ids, *, by):
    """Let other systems' names {system: id} stand for this record; None takes a name away.

    A system knows a record by one name. Whoever may create or change the record may do this; a name that stands for
    another record is refused.
    """
    model = type(record)
    if not any(access.allows(by, access.name(verb, model), record) for verb in ("change", "add")):
        raise PermissionDenied(_("Your role does not allow this."))
    _refuse_odd(ids)
    attach([record])
    changed = {system: name for system, name in ids.items() if record.known_elsewhere.get(system) != name}
    if changed:
        _write(record, changed)
        told = ", ".join(f"{system}: {name or '—'}" for system, name in changed.items())
        events.write(record, "linked", by=by, data={"text": told, "external_ids": changed})
        attach([record])
    return record


def _refuse_odd(ids):
    for system, name in ids.items():
        if not 1 <= len(system) <= LONGEST_SYSTEM or (name is not None and not 1 <= len(name) <= LONGEST_ID):
            limits = {"system": LONGEST_SYSTEM, "id": LONGEST_ID}
            words = _("Name the system in up to %(system)s and the record in up to %(id)s characters.") % limits
            raise ValidationError({"external_ids": words})


def _write(record, changed):
    record_type = record._meta.model_name
    mine = {"record_type": record_type, "record_id": record.pk}
    ExternalId.objects.filter(**mine, system__in=changed).delete()
    kept = [ExternalId(**mine, system=system, external_id=name) for system, name in changed.items() if name]
    try:
        with transaction.atomic():
            ExternalId.objects.bulk_create(kept)
    except IntegrityError as error:
        raise ValidationError({"external_ids": _("This name already stands for another record.")}) from error
