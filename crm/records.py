"""Creating and changing a record: one door for pages, API and import."""

from decimal import Decimal

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


PARTS = {"lines": _("Lines"), "instalments": _("Payment plan")}
FOLLOWS = {"id", "position", "net", "tax", "gross"}  # what a row has from its place and its price


def part_differences(before, parts):
    """{part: [old rows, new rows]} where the rows that belong to a record will not be as they are stored."""
    found = {}
    for part, rows in parts.items():
        if rows is not None:
            old, new = part_values(before, part, getattr(before, part).all()), part_values(before, part, rows)
            if old != new:
                found[part] = [old, new]
    return found


def part_values(record, part, rows):
    """What the rows say as the event log keeps it, without what follows from it."""
    relation = record._meta.get_field(part)
    fields = [field for field in relation.related_model._meta.concrete_fields if field.name not in FOLLOWS]
    own = [field for field in fields if field != relation.field]
    return [{field.name: _stored(field, getattr(row, field.attname)) for field in own} for row in rows]


def _stored(field, value):
    """A value as the event log keeps it once it is stored: 2 and 2.000 are the same quantity."""
    value = field.to_python(value)
    if isinstance(value, Decimal):
        value = value.quantize(Decimal(1).scaleb(-field.decimal_places))
    return comparable(value)


def label(model, field):
    """What people call a field or a part of a record."""
    names = {known.name: known.verbose_name for known in model._meta.concrete_fields}
    return str(names.get(field) or PARTS.get(field, field))


def refuse_stale(record, before, seen, parts):
    """Nothing is overwritten: who saw an older version is told what changed since."""
    if seen is None or int(seen) == before.version:
        return
    changed = sorted({**differences(record, before), **part_differences(before, parts)})
    labels = [label(record, field) for field in changed]
    raise Stale(
        _("Somebody changed this record meanwhile. Yours differs in: %(fields)s. Nothing was saved yet."),
        params={"fields": ", ".join(labels)},
    )


@transaction.atomic
def save(record, *, by, seen=None, **parts):
    """Create or change a record with all checks; `seen` is the version the writer was looking at.

    `parts` are the rows that belong to it as they are to be (`lines`, `instalments`): whoever changes them has changed
    the record. The caller writes them.
    """
    adding = record._state.adding
    authorize(by, access.name("add" if adding else "change", type(record)), record)
    if adding:
        return _create(record, by)
    before = type(record)._base_manager.select_for_update(of=("self",)).get(pk=record.pk)
    authorize(by, access.name("change", type(record)), before)
    refuse_stale(record, before, seen, parts)
    record.full_clean()
    changed = {**differences(record, before), **part_differences(before, parts)}
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
