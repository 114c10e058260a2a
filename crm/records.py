"""Creating and changing a record: one door for pages, API and import."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from crm import access, events, money, search
from crm.access import authorize
from crm.models import Case
from crm.transitions import Stale


def comparable(value):
    """A field's value as the event log keeps it."""
    return value if isinstance(value, int | bool | list | type(None)) else str(value)


def differences(record, before):
    """{field: [old, new]} between the stored row and the record in hand."""
    fields = [field for field in record._meta.concrete_fields if field.name not in {"updated_at", "version"}]
    return {
        field.name: [comparable(getattr(before, field.attname)), comparable(getattr(record, field.attname))]
        for field in fields
        if getattr(before, field.attname) != getattr(record, field.attname)
    }


def refuse_stale(record, before, seen):
    """Nothing is overwritten: who saw an older version is told what changed since."""
    if seen is None or int(seen) == before.version:
        return
    changed = sorted(differences(record, before))
    labels = [str(record._meta.get_field(field).verbose_name) for field in changed]
    raise Stale(
        _("Somebody changed this record meanwhile. Yours differs in: %(fields)s. Nothing was saved yet."),
        params={"fields": ", ".join(labels)},
    )


@transaction.atomic
def save(record, *, by, seen=None):
    """Create or change a record with all checks; `seen` is the version the writer was looking at."""
    adding = record._state.adding
    authorize(by, access.name("add" if adding else "change", type(record)), record)
    if adding:
        return _create(record, by)
    before = type(record)._base_manager.select_for_update(of=("self",)).get(pk=record.pk)
    authorize(by, access.name("change", type(record)), before)
    refuse_stale(record, before, seen)
    record.full_clean()
    changed = differences(record, before)
    if changed:
        record.version = before.version + 1
        record.save()
        search.index(record)
        events.write(record, "changed", by=by, data={"changes": changed})
    return record


def _create(record, by):
    if hasattr(record, "created_by_id") and by.pk:
        record.created_by = by
    if getattr(record, "case_id", 0) is None and record.BEGINS_CASE:
        record.case = Case.objects.create(customer=record.customer, created_at=record.created_at)
    record.full_clean()
    record.save()
    search.index(record)
    events.write(
        record, "created", by=by, now=getattr(record, "status", ""), occurred_at=getattr(record, "created_at", None)
    )
    return record


def set_lines(document, lines):
    """Replace a document's lines: priced, numbered, and summed into its totals. Call inside a transaction."""
    kept = []
    for position, line in enumerate(lines, start=1):
        line.position = position
        money.price_line(line, document.currency)
        kept.append(line)
    money.total(document, kept)
    document.save(update_fields=["net", "tax", "gross"])
    document.lines.exclude(pk__in=[line.pk for line in kept if line.pk]).delete()
    for line in kept:
        setattr(line, document.lines.field.name, document)
        line.full_clean(exclude=["position"])
        line.save()
    return kept
