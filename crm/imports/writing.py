"""Writing what a chunk brings: records with case, number, search entry, events and ids, a few queries in all."""

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import events, records, search
from crm.imports.batches import Outcome
from crm.models import Case, ExternalId, ImportTrace
from crm.models.stage import StageRecord, assign_numbers

Act = ImportTrace.Act


class Book:
    """Collects what one chunk writes, and leaves a trace of every row, by which it can be taken back."""

    def __init__(self, batch):
        self.batch, self.traces, self.events = batch, [], []

    def add(self, pairs, state=None):
        """Save new records [(unit, record)]; `state` gives the one they were created in, if it was another."""
        pairs = list(pairs)
        if not pairs:
            return
        model, new = type(pairs[0][1]), [record for _unit, record in pairs]
        self._supply(pairs)
        if issubclass(model, StageRecord):
            self._begin(model, pairs)
        model.objects.bulk_create(new)
        search.index(*new)
        self._trace(pairs, Act.CREATED)
        for unit, record in pairs:
            self.tell(
                unit, record, "created", now=getattr(record, "status", ""), at=getattr(record, "created_at", None)
            )

    def _supply(self, pairs):
        """Save the customers that the old system knew and we did not, before what points at them."""
        wanted = {}
        for unit, record in pairs:
            customer = getattr(record, "customer", None)
            if customer is not None and customer.pk is None:
                wanted.setdefault(id(customer), (unit, customer))
        self.add(wanted.values())
        for _unit, record in pairs:
            if getattr(record, "customer", None) is not None:
                record.customer = record.customer  # takes over the key it has got

    def _begin(self, model, pairs):
        """Number the records, and begin the chain of those that stand in none."""
        if model.BEGINS_CASE:
            free = [(unit, record) for unit, record in pairs if record.case_id is None]
            cases = [Case(customer=record.customer, created_at=record.created_at) for _unit, record in free]
            for (_unit, record), case in zip(free, Case.objects.bulk_create(cases), strict=True):
                record.case = case
            self._trace([(unit, record.case) for unit, record in free], Act.ATTACHED)
        for _unit, record in pairs:
            record.created_by = record.created_by or self.batch.by
        unnumbered = [record for _unit, record in pairs if not record.number]
        assign_numbers(model, unnumbered)

    def attach(self, pairs):
        """Save parts of new records: lines, and whatever has no events of its own."""
        pairs = list(pairs)
        if pairs:
            type(pairs[0][1]).objects.bulk_create([part for _unit, part in pairs])
            self._trace(pairs, Act.ATTACHED)

    def change(self, pairs):
        """Save changed records [(unit, record)]; `unit.before` has the values they had."""
        self.change_from([(unit, record, unit.before) for unit, record in pairs])

    def change_from(self, changes):
        """Save changed records of one type [(unit, record, the record as it was)]."""
        found = [
            (unit, record, before, changed)
            for unit, record, before in changes
            if (changed := records.differences(record, before))
        ]
        if not found:
            return
        moment, names = timezone.now(), {"version", "updated_at"}
        for unit, record, before, changed in found:
            record.version, record.updated_at = before.version + 1, moment
            names |= changed.keys()
            self._trace([(unit, record)], Act.CHANGED, before=kept(before, changed))
            self.tell(unit, record, "changed", data={"changes": changed})
        rows = [record for _unit, record, _before, _changed in found]
        type(rows[0]).objects.bulk_update(rows, sorted(names), batch_size=500)
        search.index(*rows)

    def tell(self, unit, record, verb, *, was="", now="", at=None, data=None):
        """Log what happened in the other system, as it was told by this row."""
        text = _("%(file)s, row %(row)s") % {"file": self.batch.run.name, "row": unit.number}
        more = {"text": text, "import": self.batch.run.pk, **(data or {})}
        self.events.append(events.build(record, verb, by=self.batch.by, was=was, now=now, occurred_at=at, data=more))

    def _trace(self, pairs, act, before=None):
        self.traces += [
            ImportTrace(
                run=self.batch.run, row=unit.number, act=act, model=record._meta.label_lower, record_id=record.pk,
                before=before or {},
            )
            for unit, record in pairs
        ]  # fmt: skip

    def name(self, units):
        """Keep the ids that the records have in the other system."""
        pairs = [
            (unit, ExternalId(system=self.batch.answers.system, external_id=str(unit.values["external_id"])[:200],
                              record_type=unit.record._meta.model_name, record_id=unit.record.pk))
            for unit in units
            if unit.values.get("external_id") and not self._named(unit)
        ]  # fmt: skip
        self.attach(pairs)

    def _named(self, unit):
        """A record found by its id has it already."""
        if unit.outcome == Outcome.CREATED:
            return False
        ids = ExternalId.objects.filter(record_type=unit.record._meta.model_name, system=self.batch.answers.system)
        same = ids.filter(external_id=str(unit.values["external_id"])[:200]) | ids.filter(record_id=unit.record.pk)
        return same.exists()

    def close(self):
        """Write the events, and the traces as the rows now are."""
        events.write_all(self.events)
        prints = prints_of(self.traces)
        for trace in self.traces:
            trace.print = prints[trace.model, trace.record_id]
        ImportTrace.objects.bulk_create(self.traces)


def kept(before, changed):
    """The values to put back, as JSON keeps them."""
    names = {*changed, "version", "updated_at"} & {field.name for field in before._meta.concrete_fields}
    return {
        field.attname: field.value_to_string(before) if getattr(before, field.attname) is not None else None
        for field in before._meta.concrete_fields
        if field.name in names
    }


def prints_of(traces):
    """{(model, key): fingerprint} of the rows as they are in the database now."""
    wanted, found = {}, {}
    for trace in traces:
        wanted.setdefault(trace.model, set()).add(trace.record_id)
    for label, keys in wanted.items():
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, {PRINT} FROM {table_of(label)} AS stored WHERE id = ANY(%s)",  # noqa: S608 - our own table's name
                [list(keys)],
            )
            found |= {(label, key): print_ for key, print_ in cursor.fetchall()}
    return found


# Columns that a later version of the product adds are empty and leave the print as it is.
PRINT = "md5(jsonb_strip_nulls(to_jsonb(stored))::text)"


def table_of(label):
    from django.apps import apps

    return connection.ops.quote_name(apps.get_model(label)._meta.db_table)
