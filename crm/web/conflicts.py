"""Two people edit the same record: what the other has changed, field by field, for the second to choose."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from crm import changes
from crm.records import comparable, part_values
from crm.web.columns import Column, show

KEEP = "keep_{}"  # the choice beside each field: "theirs" or "mine"


@dataclass(frozen=True)
class Conflict:
    """One field that somebody else changed while the form was open."""

    name: str
    label: str
    theirs: str
    mine: str
    by: str
    at: object
    touched: bool  # the person changed it as well, so that theirs is not simply the newer

    @property
    def key(self):
        return KEEP.format(self.name)


def found(form, rows, record, user):
    """What others changed since the form was opened and what is typed differs from; `record` is as it is now, `rows`
    those typed beneath it.

    The form then stands for the present version: saved again, it overwrites what it shows.
    """
    seen = form.cleaned_data.get("seen") or 0
    told = changes.since(record, seen, user)
    first, last = {change.field: change for change in reversed(told)}, {change.field: change for change in told}
    form.data["seen"] = str(record.version)
    conflicts = [_conflict(form, record, name, first[name].old, last[name]) for name in form.fields if name in last]
    return [
        *(conflict for conflict in conflicts if conflict.theirs != conflict.mine),
        *(
            _row_conflict(record, part, typed, first[part].old, last[part])
            for part, typed in rows.items()
            if part in last
        ),
    ]


def _row_conflict(record, part, rows, old, change):
    mine = None if rows is None else part_values(record, part, rows)
    return Conflict(
        name=part,
        label=change.label,
        theirs=changes.in_words(change.new),
        mine=_("as in the form below"),
        by=change.by,
        at=change.at,
        touched=mine not in (None, old),
    )


def without_theirs(data, rows):
    """The rows typed; None, which leaves what is stored, for the parts of which "theirs" was chosen."""
    return {part: None if data.get(KEEP.format(part)) == "theirs" else typed for part, typed in rows.items()}


def _conflict(form, record, name, old, change):
    typed = form.cleaned_data.get(name)
    column = Column(name)
    return Conflict(
        name=name,
        label=str(form.fields[name].label or name),
        theirs=show(column.value(record)) or "—",
        mine=show(column.value(form.instance)) or "—",
        by=change.by,
        at=change.at,
        touched=comparable(getattr(typed, "pk", typed)) != old and (typed or old) not in (None, ""),
    )


def resolved(data, form):
    """What was posted, with the stored value wherever "theirs" was chosen; `form` is the record's, not yet filled."""
    data = data.copy()
    for name in form.fields:
        if data.get(KEEP.format(name)) == "theirs":
            _take(data, form[name])
    return data


def _take(data, bound):
    value = bound.field.widget.format_value(bound.value())
    if isinstance(bound.value(), bool):
        data.pop(bound.html_name, None)
        if bound.value():
            data[bound.html_name] = "on"
    elif isinstance(value, list | tuple | set):
        data.setlist(bound.html_name, list(value))
    else:
        data[bound.html_name] = "" if value is None else value
