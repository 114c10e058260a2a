"""Time and chance in the demo company, and the threads its story is told along."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from crm import clock
from crm.access import SYSTEM
from crm.demo.ledger import Act, Ledger
from crm.models import Case, FollowUp, Task
from crm.transitions import require

MONTHS = 24
RECENT = timedelta(days=4)  # what happened since is still in people's bells
SEASON = (0.85, 0.5, 1.2, 1.15, 1.05, 1.1, 0.9, 0.95, 1.25, 0.85, 1.2, 1.0)  # January to December
GROWTH = 0.7  # how much more comes in at the end than at the beginning


class Today(Exception):
    """This thread of the story has come to the present day; what waits then, waits for its users."""


@dataclass
class Fate:
    """What is decided of a chain beforehand; None leaves it to chance."""

    goes_well: bool = False
    knows_us: bool = False  # who has bought before decides for us more often
    rep: object = None
    stop: tuple = ()  # (record type, state) at which the chain waits for somebody's act
    stopped_at: datetime | None = None


class Story:
    """Everything the tellers share: the calendar, the dice, the people and the ledger."""

    def __init__(self, leads, seed):
        self.leads, self.random = leads, Random(seed)  # noqa: S311 - a story, not a secret
        self.today = clock.today()
        self.zone = clock.business_zone()
        self.end = clock.day_start(self.today)
        self.first_day = months_before(self.today, MONTHS)
        self.start = clock.day_start(self.first_day)
        self.ledger = Ledger(self.end - RECENT)
        self.people = self.catalogue = self.market = None
        self.counters = {}

    def chance(self, share):
        return self.random.random() < share

    def weight(self, day):
        """How busy a day is: seasons, growth, and hardly anything at weekends."""
        age = (day - self.first_day).days / (self.today - self.first_day).days
        return SEASON[day.month - 1] * (1 + GROWTH * age) * (0.08 if day.weekday() > 4 else 1)

    def days(self):
        return [self.first_day + timedelta(days=n) for n in range((self.today - self.first_day).days)]

    def day(self, moment):
        return moment.astimezone(self.zone).date()

    def at_work(self, moment):
        """The same moment if somebody works then, else early on the next working day."""
        local = moment.astimezone(self.zone)
        if local.hour >= 18 or local.weekday() > 4:
            local = local.replace(hour=8) + timedelta(days=1)
        while local.weekday() > 4:
            local += timedelta(days=1)
        if local.hour < 9:
            local = local.replace(hour=9, minute=0) + timedelta(minutes=self.random.randrange(150))
        return local.replace(second=self.random.randrange(60), microsecond=0)

    def next(self, name):
        """1, 2, 3 … by name."""
        self.counters[name] = self.counters.get(name, 0) + 1
        return self.counters[name]


def months_before(day, count):
    """The first day of the month so many months before."""
    months = day.year * 12 + day.month - 1 - count
    return day.replace(year=months // 12, month=months % 12 + 1, day=1)


def month_end(day):
    return day.replace(day=monthrange(day.year, day.month)[1])


class Thread:
    """One line of events: each happens after the one before, until it stops at the present day."""

    def __init__(self, story, at, fate=None):
        self.story, self.at, self.fate = story, at, fate or Fate()

    @property
    def day(self):
        return self.story.day(self.at)

    def fork(self):
        """A second line that begins now and goes its own way."""
        return Thread(self.story, self.at, self.fate)

    def wait(self, low, high=None):
        """Let between `low` and `high` days pass, up to the next working hour."""
        days = low if high is None else self.story.random.uniform(low, high)
        self.sleep_until(self.at + timedelta(days=days, minutes=1))

    def sleep_until(self, moment, *, working=True):
        """Go on at that moment, if it is still to come; a job does not mind the hour."""
        moment = max(moment, self.at + timedelta(seconds=1))
        self.at = self.story.at_work(moment) if working else moment
        if self.at >= self.story.end:
            raise Today

    def wins(self, share):
        """Does it go well? Always where that is decided beforehand."""
        luck = self.story.chance(share**0.5 if self.fate.knows_us else share)
        return self.fate.goes_well or luck

    def suffers(self, share):
        """Does something go wrong? Never where it is decided that all goes well."""
        return self.story.chance(share) and not self.fate.goes_well

    # Writing down

    def case(self, customer=None):
        return self.story.ledger.add(Case(customer=customer, created_at=self.at), self.at)

    def create(self, record, by, *, parts=(), source="", data=None):
        """A record is born, with its event."""
        if hasattr(record, "created_by_id") and by.pk:
            record.created_by = by
        record.created_at = record.updated_at = self.at
        if hasattr(record, "status_since"):
            record.status_since = self.at
        self.story.ledger.add(record, self.at, parts=parts)
        self.log(record, "created", by, now=getattr(record, "status", ""), source=source, data=data)
        self._halt(record)
        return record

    def move(self, record, verb, by, *, to=None, reason="", data=None):
        """A transition of the record's own table, and nothing else, changes its state."""
        move = require(record, verb)
        was, now = record.status, to or move.target or record.status
        record.version, record.updated_at = record.version + 1, self.at
        if now != was:
            record.status, record.status_since = now, self.at
        self.log(record, verb, by, was=was, now=now, reason=reason, data=data)
        self._halt(record)

    def log(self, record, verb, by, **details):
        self.story.ledger.log(Act(self.at, record, verb, by, **{key: value for key, value in details.items() if value}))

    def aside(self, teller, *details):
        """Tell a side line that begins now: the moment it ended, or None while it is still going on."""
        side = self.fork()
        try:
            teller(side, *details)
        except Today:
            return None
        return side.at

    def bound_for(self, record_type):
        """Is it decided that the chain waits at such a record?"""
        return self.fate.stop[:1] == (record_type,)

    def _halt(self, record):
        self.reach(record._meta.model_name, getattr(record, "status", ""))

    def reach(self, record_type, point):
        """A chain that is to wait at a certain point goes no further."""
        if self.fate.stop == (record_type, point) and not self.fate.stopped_at:
            self.fate.stopped_at = self.at
            raise Today

    def follow_up(self, record, by, kind, summary):
        note = FollowUp(kind=kind, summary=summary, happened_at=self.at, author=by, created_at=self.at)
        note.about = record
        self.story.ledger.add(note, self.at)
        self.log(record, "follow_up", by, data={"kind": kind, "summary": summary})
        for field in ("last_contact_at", "last_activity_at"):
            if hasattr(record, field):
                setattr(record, field, self.at)

    def promise(self, record, owner, title, days):
        """A task, due in so many days; it stays open until `keep`."""
        task = Task(title=title[:200], owner=owner, due_on=self.day + timedelta(days=days), created_at=self.at)
        task.about, task.updated_at = record, self.at
        self.story.ledger.add(task, self.at)
        self.log(task, "created", owner)
        return task

    def keep(self, task, by=None):
        """The task is done, if there was one."""
        if task is None:
            return
        task.done_at = task.updated_at = self.at
        self.log(task, "completed", by or task.owner)

    def by_job(self, low=0.0, high=0.0):
        """Some time later, at any hour: what a job does."""
        self.sleep_until(self.at + timedelta(days=self.story.random.uniform(low, high)), working=False)
        return SYSTEM
