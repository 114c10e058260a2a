"""The rows in hand: some of them at a time, those of one record together."""

from itertools import groupby

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm import money, search
from crm.imports import looking
from crm.imports.answers import Answers
from crm.models import ImportRow

CHUNK = 1000  # rows dealt with at a time: one transaction each, so that a stop costs little
Outcome = ImportRow.Outcome


class Unit:
    """The rows of one record, what was read from them, and what is to become of them."""

    def __init__(self, rows):
        self.rows = rows
        self.number = rows[0].number
        self.read = []  # the values of each row
        self.values = {}  # of the record: the first one given in its rows
        self.record = self.known = self.before = self.holder = None
        self.above = None  # the row further up with the same phone or e-mail
        self.more = []  # what the type wants to save besides
        self.outcome, self.reasons = Outcome.CREATED, {}

    @property
    def open(self):
        """Is it still to be taken in?"""
        return self.outcome in (Outcome.CREATED, Outcome.UPDATED)

    @property
    def decision(self):
        return next((row.decision for row in self.rows if row.decision), "")

    def turn_away(self, outcome, reason, row=None):
        """Skip or refuse all rows of the record; the reason stands at the row it is about."""
        self.outcome = outcome
        self.reasons.setdefault((row or self.rows[0]).number, str(reason))


class Batch:
    """What one job knows while it goes through a file."""

    def __init__(self, run, by, *, write):
        self.run, self.by, self.kind, self.write = run, by, run.type, write
        self.answers = Answers(run)
        self.seen = {}  # what was taken in so far -> its row number
        self.memory = {}  # what types keep from row to row; of one chunk while writing, of all while looking ahead
        self._supplied, self._found, self._chosen, self._rates = {}, {}, {}, {}

    def next_chunk(self):
        """Forget what the database knows better by now."""
        self._found = {}
        if self.write:
            self.memory, self._supplied = {}, {}

    def whole(self, name):
        """What was said for all rows."""
        return self.answers.whole.get(name) or None

    def whole_record(self, name, model):
        """The record that was said for all rows."""
        key = self.whole(name)
        if key and ("whole", name) not in self._chosen:
            self._chosen["whole", name] = model.objects.filter(pk=key).first()
        return self._chosen.get(("whole", name))

    def rate(self, currency, day):
        """The rate to freeze on a document of this day."""
        if (currency, day) not in self._rates:
            self._rates[currency, day] = money.rate_to_base(currency, day)
        return self._rates[currency, day]

    # Records that words stand for

    def look_up(self, columns, words):
        """Find what the words {field: [word]} stand for, a few queries for all of them."""
        for column in columns:
            if column.refers is not None and words.get(column.key):
                self._found[column.key] = column.refers.find(words[column.key], self)

    def referred(self, column, word):
        found = self._found.get(column.key, {}).get(search.normalise(word))
        return looking.found_or_refused(found, word)

    def chosen(self, column, key):
        """The record that the person chose for a word."""
        if (column.key, key) not in self._chosen:
            rows = column.refers.model.objects
            rows = rows.visible_to(self.by) if column.refers.options is None else rows.all()
            self._chosen[column.key, key] = rows.filter(pk=key).first()
        if self._chosen[column.key, key] is None:
            raise ValidationError(_("What was chosen for this word is no longer there."))
        return self._chosen[column.key, key]

    def supplied(self, model, name, make):
        """A new record that several rows share."""
        if (model, name) not in self._supplied:
            self._supplied[model, name] = make()
        return self._supplied[model, name]


def units_of(rows):
    return [Unit(list(some)) for _first, some in groupby(rows, key=lambda row: row.first)]


def chunks(run, *, only_open):
    """The rows of a file in chunks that never part the rows of one record, never all in memory."""
    rows = run.rows.filter(done=False) if only_open else run.rows.all()
    rows, after = rows.order_by("first", "number"), 0
    while some := list(rows.filter(first__gt=after)[: CHUNK + 1]):
        if len(some) > CHUNK:
            cut = some[-1].first
            whole = [row for row in some if row.first != cut]
            some = whole or list(rows.filter(first=cut))
        after = some[-1].first
        yield some
