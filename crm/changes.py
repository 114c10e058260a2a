"""What others changed on a record since somebody looked at it: which field, from what to what, by whom, when."""

from dataclasses import dataclass
from datetime import datetime

from crm import access, events, records


@dataclass(frozen=True)
class Change:
    """One field's values as the event log keeps them (keys of other records, texts of amounts and dates)."""

    field: str
    label: str
    old: object
    new: object
    by: str
    at: datetime


def since(record, version, user):
    """The changes after this version that the person may see, the oldest first."""
    found = events.of_record(record).filter(record_version__gt=version).select_related("actor").order_by("pk")
    hidden = set() if access.sees_money(user, record) else access.MONEY_FIELDS
    return [
        Change(field, records.label(record, field), old, new, str(event.actor or event.acting_role), event.recorded_at)
        for event in found
        for field, (old, new) in _fields(event).items()
        if field not in hidden
    ]


def _fields(event):
    changed = dict(event.data.get("changes", {}))
    if event.to_state != event.from_state:
        changed["status"] = [event.from_state, event.to_state]
    return changed


def in_words(value):
    """A value of the event log on a page; of rows that belong to a record, what is written in them."""
    if isinstance(value, list):
        value = "; ".join(_row_in_words(row) if isinstance(row, dict) else str(row) for row in value)
    return "—" if value in (None, "") else str(value)


def _row_in_words(row):
    return " · ".join(value for value in row.values() if value and isinstance(value, str))
