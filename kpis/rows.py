"""The rows behind a number: what it is summed from, as far as the viewer may see it."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, IntegerField, Sum, Value

from crm.models import User

SHOWN = ("from_source", "pk", "on_day", "counts", "of_person")


@dataclass
class Row:
    """One record that counts, with its day and amount."""

    record: object
    on_day: object
    counts: Decimal
    person: User | None
    url: str = ""

    @property
    def kind(self):
        return self.record._meta.verbose_name

    @property
    def label(self):
        number = getattr(self.record, "number", "")
        return f"{number} {self.record}" if number and number != str(self.record) else str(self.record)

    @property
    def customer(self):
        return getattr(self.record, "customer", None) or getattr(self.record, "company_name", "")


class Rows:
    """A measure's rows in a period and a cut; `count` and `total` are those the viewer may see."""

    def __init__(self, measure, period, cut, user):
        self.measure = measure
        self.all = [source.counted(cut, period.first, period.last) for source in measure.sources]
        self.seen = [
            source.seen(rows, user, money=measure.money) for source, rows in zip(measure.sources, self.all, strict=True)
        ]
        self.count, self.total = _sum(self.seen)

    def hidden(self):
        """(count, total) of the rows that count but are not the viewer's to see."""
        count, total = _sum(self.all)
        return count - self.count, total - self.total

    def page(self, start, end):
        """The rows from one place to another, newest first."""
        listed = [
            rows.annotate(from_source=Value(kind, output_field=IntegerField())).values_list(*SHOWN)
            for kind, rows in enumerate(self.seen)
        ]
        found = listed[0].union(*listed[1:], all=True) if len(listed) > 1 else listed[0]
        picked = list(found.order_by("-on_day", "from_source", "-pk")[start:end])
        records = self._records(picked)
        people = User.objects.in_bulk({person for *_rest, person in picked if person})
        return [
            self._row(kind, records[kind, key], day, counts, people.get(person))
            for kind, key, day, counts, person in picked
        ]

    def every(self):
        """All rows the viewer may see, for a file."""
        people = {user.pk: user for user in User.objects.all()}
        for kind, rows in enumerate(self.seen):
            full = rows.select_related(*self._links(kind)).order_by(F("on_day").desc(), "-pk")
            for record in full.iterator(chunk_size=1000):
                yield self._row(kind, record, record.on_day, record.counts, people.get(record.of_person))

    def _row(self, kind, record, day, counts, person):
        through = self.measure.sources[kind].seen_through
        return Row(record, day, counts, person, getattr(record, through, record).get_absolute_url())

    def _records(self, picked):
        found = {}
        for kind, rows in enumerate(self.seen):
            keys = [key for at, key, *_rest in picked if at == kind]
            model = rows.model._base_manager.select_related(*self._links(kind))
            found |= {(kind, key): record for key, record in model.in_bulk(keys).items()}
        return found

    def _links(self, kind):
        source, model = self.measure.sources[kind], self.seen[kind].model
        names = {field.name for field in model._meta.get_fields()}
        return [name for name in (source.seen_through, "customer") if name in names]


def _sum(querysets):
    sums = [rows.aggregate(count=Count("pk"), total=Sum("counts")) for rows in querysets]
    return sum(found["count"] for found in sums), sum((found["total"] or Decimal(0) for found in sums), Decimal(0))
