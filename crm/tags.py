"""Tags on records: one vocabulary for the company, put on by whoever may change the record."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from crm import access, events, records
from crm.access import authorize
from crm.models import Tag, Tagged

LONGEST = 40
MOST = 20  # tags on one record


def of(record):
    """The tags of a record, by name."""
    if not hasattr(record, "its_tags"):
        attach([record])
    return record.its_tags


def attach(found):
    """Bring the tags of many records of one type along, in one query."""
    by_key = {}
    for record in found:
        record.its_tags = []
        by_key[record.pk] = record
    if by_key:
        uses = Tagged.objects.filter(record_type=found[0]._meta.model_name, record_id__in=by_key)
        for use in uses.select_related("tag").order_by("tag__name"):
            by_key[use.record_id].its_tags.append(use.tag)


def keys(model, tag):
    """The keys of the records of a type that carry the tag."""
    return Tagged.objects.filter(tag=tag, record_type=model._meta.model_name).values("record_id")


def split(text):
    """The names in a line of text: separated by commas, Chinese ones too."""
    return [name.strip() for name in text.replace("，", ",").replace("、", ",").split(",") if name.strip()]


@transaction.atomic
def put(record, names, *, by):
    """Let a record carry exactly these tags; names not yet in the vocabulary are added to it."""
    before = _held(record, by)
    wanted = _named(names, by)
    return _change(record, before, wanted, by)


@transaction.atomic
def change(record, *, by, add="", remove=""):
    """Add some tags to a record and take others off; names as a line of text."""
    before = _held(record, by)
    away = {name.lower() for name in split(remove)}
    kept = [tag for tag in before if tag.name.lower() not in away]
    return _change(record, before, {*kept, *_named(split(add), by)}, by)


def _held(record, by):
    """The tags the record carries, held against others who change them."""
    authorize(by, access.name("change", type(record)), record)
    type(record)._base_manager.select_for_update(of=("self",)).get(pk=record.pk)
    attach([record])
    return record.its_tags


def _named(names, by):
    """The tags of these names, whatever the case."""
    clean = {name.lower(): name for name in map(str.strip, names) if name}
    if too_long := next((name for name in clean.values() if len(name) > LONGEST), None):
        raise ValidationError({"tags": _("“%(name)s…” is too long for a tag.") % {"name": too_long[:LONGEST]}})
    known = Tag.objects.annotate(lower=Lower("name")).filter(lower__in=list(clean))
    found = {tag.lower: tag for tag in known}
    for lower, name in clean.items():
        if lower not in found:
            found[lower] = records.save(Tag(name=name), by=by)
    return set(found.values())


def _change(record, before, wanted, by):
    wanted = set(wanted)
    if len(wanted) > MOST:
        raise ValidationError({"tags": _("A record carries %(most)d tags at most.") % {"most": MOST}})
    added, removed = wanted - set(before), set(before) - wanted
    if added or removed:
        mine = {"record_type": record._meta.model_name, "record_id": record.pk}
        Tagged.objects.filter(**mine, tag__in=removed).delete()
        Tagged.objects.bulk_create([Tagged(tag=tag, **mine) for tag in added], ignore_conflicts=True)
        signs = [f"+{tag}" for tag in sorted(added, key=str)] + [f"−{tag}" for tag in sorted(removed, key=str)]
        told = {"text": " ".join(signs), "added": _names(added), "removed": _names(removed)}
        events.write(record, "tagged", by=by, data=told)
    record.its_tags = sorted(wanted, key=str)
    return record


def _names(found):
    return sorted(tag.name for tag in found)
