"""What is to become of each row: created, updated, skipped or refused, and why. Nothing is written here."""

from copy import copy

from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from crm import duplicates, records, search
from crm.imports import answers, looking
from crm.imports.batches import Outcome, units_of
from crm.imports.fields import READERS, SkipRow
from crm.models import ImportRow

Decision = ImportRow.Decision
ROW = "row"  # the type of a likely duplicate that is a row further up in the same file


def judge(batch, rows):
    """The rows as units, each with its record in hand or with the reason why there is none."""
    batch.next_chunk()
    units = units_of(rows)
    _read(batch, units)
    _find_known(batch, _open(units))
    _find_duplicates(batch, _open(units))
    batch.kind.prepare(batch, _open(units))
    for unit in _open(units):
        _describe(batch, unit)
    return units


def _open(units):
    return [unit for unit in units if unit.open]


# Reading


def _read(batch, units):
    columns = [(batch.kind.by_key[key], at) for key, at in batch.answers.columns.items()]
    words = {
        column.key: {cell for unit in units for row in unit.rows if (cell := cell_of(row, at))}
        for column, at in columns
        if column.refers is not None
    }
    batch.look_up([column for column, _at in columns], words)
    for unit in units:
        for row in unit.rows:
            _read_row(batch, unit, row, columns)
        for values in reversed(unit.read):
            unit.values |= values


def cell_of(row, at):
    return row.cells[at] if at < len(row.cells) else ""


def _read_row(batch, unit, row, columns):
    values, errors = {}, {}
    for column, at in columns:
        if not (cell := cell_of(row, at)):
            continue
        try:
            values[column.key] = READERS[column.kind](cell, column, batch)
        except SkipRow as left_out:
            return unit.turn_away(Outcome.SKIPPED, left_out, row)
        except ValidationError as refusal:
            errors[column.key] = refusal
    unit.read.append(values)
    if errors:
        unit.turn_away(Outcome.REFUSED, in_words(batch.kind, ValidationError(errors)), row)


def in_words(kind, refusal):
    """A refusal in one line: each field by name with what is wrong with it."""
    if not hasattr(refusal, "error_dict"):
        return " ".join(refusal.messages)
    return "; ".join(
        f"{_label(kind, key)}{' '.join(lines).rstrip('.。')}" for key, lines in refusal.message_dict.items()
    )


def _label(kind, key):
    column = kind.by_key.get(key) or next((column for column in kind.fields if column.fills == key), None)
    if column is not None:
        return f"{capfirst(str(column.label))}: "
    names = {field.name: str(field.verbose_name) for field in kind.model._meta.concrete_fields}
    return f"{capfirst(names[key])}: " if key in names else ""


# Known records


def _find_known(batch, units):
    """What is here already, by the column chosen for it and by what names only one record."""
    for key in dict.fromkeys([batch.answers.key, "external_id", *batch.kind.identity]):
        if key not in batch.answers.columns:
            continue
        words = {str(unit.values[key]) for unit in units if unit.values.get(key)}
        found = batch.kind.find(key, words, batch) if words else {}
        for unit in units:
            if unit.known is None and unit.values.get(key):
                _recognise(batch, unit, key, found)
    for unit in units:
        if unit.open:
            _follow_mode(batch, unit)


def _recognise(batch, unit, key, found):
    word = str(unit.values[key])
    try:
        unit.known = looking.found_or_refused(found.get(search.normalise(word)), word)
    except ValidationError as refusal:
        return unit.turn_away(Outcome.REFUSED, in_words(batch.kind, refusal))
    if unit.known is None and (key in batch.kind.identity or key == "external_id"):
        _refuse_twice(batch, unit, (key, word))


def _refuse_twice(batch, unit, what):
    if batch.seen.setdefault(what, unit.number) != unit.number:
        unit.turn_away(Outcome.REFUSED, _("The same as row %(row)s.") % {"row": batch.seen[what]})


def _follow_mode(batch, unit):
    if unit.known is None:
        if batch.answers.mode == answers.UPDATE:
            unit.turn_away(Outcome.SKIPPED, _("Not here yet."))
    elif batch.answers.mode == answers.CREATE:
        unit.turn_away(Outcome.SKIPPED, _("Already here: %(what)s.") % {"what": told(unit.known)})
    else:
        _refuse_twice(batch, unit, ("known", unit.known.pk))


def told(record):
    """What may be said of a record to somebody who cannot see it: that it exists, and whose it is."""
    what = f"{record._meta.verbose_name} {getattr(record, 'number', '') or record.pk}"
    owner = next((owner for owner in record.owners() if owner), None)
    return _("%(what)s of %(owner)s") % {"what": what, "owner": owner} if owner else what


# Likely duplicates


def _find_duplicates(batch, units):
    """Phones, e-mails and company names that somebody already has, or that stood further up in the file."""
    new = [unit for unit in units if unit.known is None]
    persons = {unit: batch.kind.persons(unit) for unit in new}
    taken = duplicates.Taken.among([pair for pairs in persons.values() for pair in pairs])
    same = looking.same_customers({name for unit in new if (name := batch.kind.company(unit))})
    for unit in new:
        holder = next((found for pair in persons[unit] if (found := taken.holder(*pair))), None)
        above = _above(batch, unit, persons[unit])
        unit.holder = batch.kind.holder(holder) or same.get(batch.kind.company(unit))
        unit.above = above
        if unit.holder is not None or above:
            _decide(batch, unit, above)


def _above(batch, unit, pairs):
    """The row further up that brought the same phone or e-mail."""
    words = {word for phone, email in pairs for word in (duplicates.digits(phone), email) if word}
    numbers = [batch.seen.setdefault(("person", word), unit.number) for word in sorted(words)]
    return next((number for number in numbers if number != unit.number), None)


def _decide(batch, unit, above):
    decision = unit.decision or batch.answers.duplicates
    mine = isinstance(unit.holder, batch.kind.model)
    if decision == Decision.UPDATE and mine and batch.kind.keys:
        unit.known = unit.holder
        return _refuse_twice(batch, unit, ("known", unit.known.pk))
    if decision == Decision.CREATE:
        return None
    if above:
        return unit.turn_away(Outcome.SKIPPED, _("Same phone or e-mail as row %(row)s.") % {"row": above})
    return unit.turn_away(Outcome.SKIPPED, _("Likely known already: %(what)s.") % {"what": told(unit.holder)})


# Describing


def _describe(batch, unit):
    kind = batch.kind
    if unit.known is not None:
        unit.outcome, unit.before = Outcome.UPDATED, copy(unit.known)
        if not kind.may_change(unit.known, batch.by):
            return unit.turn_away(Outcome.REFUSED, _("Not yours to change: %(what)s.") % {"what": told(unit.known)})
    try:
        _require(kind, unit)
        unit.record = kind.describe(unit, batch)
    except ValidationError as refusal:
        return unit.turn_away(Outcome.REFUSED, in_words(kind, refusal))
    if hasattr(unit.record, "owner_id") and not _may_own(batch, unit):
        return unit.turn_away(Outcome.REFUSED, _("You may not give it to %(who)s.") % {"who": unit.record.owner})
    if unit.known is not None and not unit.more and not records.differences(unit.record, unit.before):
        unit.turn_away(Outcome.SKIPPED, _("Nothing to change."))
    return None


def _require(kind, unit):
    if unit.known is not None:
        return
    missing = [column for column in kind.fields if column.required and unit.values.get(column.key) in (None, "")]
    if missing:
        raise ValidationError({column.key: _("This is needed.") for column in missing})


def _may_own(batch, unit):
    if unit.known is not None and unit.record.owner_id == unit.before.owner_id:
        return True
    return batch.kind.may_own(unit.record, batch.by)
