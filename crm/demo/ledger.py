"""Where the story is written down: rows wait until nothing earlier can come, then go out in bulk, in order of time.

So keys, numbers and invoice numbers rise with time whatever the size, and memory holds only what is under way.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from crm import events, search
from crm.access import Actor
from crm.demo.copying import copy_rows, new_keys, settle, take_keys
from crm.models import Event, SearchEntry, StageRecord
from crm.models.stage import assign_numbers

AHEAD = 50  # keys reserved at a time


@dataclass
class Act:
    """Something that happened to a record, not yet in the event log."""

    at: datetime
    record: object
    verb: str
    by: object
    was: str = ""
    now: str = ""
    reason: str = ""
    data: dict = field(default_factory=dict)
    source: str = ""


def moment(record):
    return record.told_at


class Ledger:
    def __init__(self, recently):
        self.recently, self.recent = recently, []  # acts since that moment are kept after they are written
        self.waiting = defaultdict(list)  # model -> records in the order they were told
        self.acts = []
        self.finishers = {}  # model -> function(records), called once they have keys and numbers
        self.keys = defaultdict(list)  # reserved ahead, the next one last
        self.written = 0

    def add(self, record, at, *, parts=()):
        """Keep a record and its lines until their time; `parts` point at the record."""
        record.told_at, record.parts = at, list(parts)
        self.waiting[type(record)].append(record)
        return record

    def add_ahead(self, record, at):
        """Keep a record that earlier ones will point at: it has its key at once and goes out with the next flush."""
        record.pk = self.next_key(type(record))
        return self.add(record, at)

    def next_key(self, model):
        if not self.keys[model]:
            self.keys[model] = new_keys(model, AHEAD)[::-1]
        return self.keys[model].pop()

    def log(self, act):
        self.acts.append(act)

    def flush(self, until=None):
        """Write everything that happened before this moment; everything there is when none is given."""
        due = {model: self._due(model, until) for model in list(self.waiting)}
        for model, records in due.items():
            _number(model, records)
            if model in self.finishers:
                self.finishers[model](records)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            for model, records in due.items():
                self._write(model, records)
            self._write_acts(until)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def _due(self, model, until):
        rows = self.waiting[model]
        due = [row for row in rows if until is None or row.pk or row.told_at < until]
        self.waiting[model] = [] if until is None else [row for row in rows if not row.pk and row.told_at >= until]
        return sorted(due, key=moment)

    def _write(self, model, records):
        parts = defaultdict(list)
        for record in records:
            settle(record, record.told_at)
            for part in record.parts:
                parts[type(part)].append(part)
        self._copy(model, records)
        if model in search.FIELDS:
            self._copy(SearchEntry, [search.entry(record) for record in records])
        for part_model, rows in parts.items():
            take_keys(part_model, rows)
            for row in rows:
                settle(row)
            self._copy(part_model, rows)

    def _copy(self, model, records):
        copy_rows(model, records)
        self.written += len(records)

    def _write_acts(self, until):
        due = [act for act in self.acts if act.record.pk and (until is None or act.at < until)]
        self.acts = [act for act in self.acts if not (act.record.pk and (until is None or act.at < until))]
        due.sort(key=lambda act: act.at)
        self.recent += [act for act in due if act.at >= self.recently]
        self._copy(Event, [event_of(act) for act in due])


def _number(model, records):
    if issubclass(model, StageRecord):
        assign_numbers(model, records)
    else:
        take_keys(model, [record for record in records if record.pk is None])


def event_of(act):
    data = {key: getattr(value, "pk", value) for key, value in act.data.items()}
    event = events.build(
        act.record, act.verb, by=act.by, was=act.was, now=act.now, reason=act.reason, data=data, occurred_at=act.at
    )
    event.source = act.source or source_of(act.by)
    event.recorded_at = act.at
    return event


def source_of(by):
    return Event.Source.JOB if isinstance(by, Actor) and by.name == "system" else Event.Source.WEB
