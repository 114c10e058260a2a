"""What others changed on a record since somebody looked at it: which field, from what to what, by whom, when."""

from dataclasses import dataclass
from datetime import datetime

from crm import access, events


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
        Change(field, _label(record, field), old, new, str(event.actor or event.acting_role), event.recorded_at)
        for event in found
        for field, (old, new) in _fields(event).items()
        if field not in hidden
    ]


def _fields(event):
    changed = dict(event.data.get("changes", {}))
    if event.to_state != event.from_state:
        changed["status"] = [event.from_state, event.to_state]
    return changed


def _label(record, field):
    names = {known.name: known.verbose_name for known in record._meta.concrete_fields}
    return str(names.get(field, field))
