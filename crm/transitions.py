"""The one place where a state is written, and the table that says which moves exist."""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import events


class IllegalMove(ValidationError):
    """A move the record's state does not allow; `legal` lists the verbs it does."""

    def __init__(self, message, legal=(), params=None):
        super().__init__(message, code="illegal_move", params=params)
        self.legal = list(legal)


class Stale(ValidationError):
    """Somebody else changed the record meanwhile."""


@dataclass(frozen=True)
class Move:
    """A named transition. `target` None means the state stays (booking spend, logging a call)."""

    label: str
    sources: tuple
    target: str | None = None
    danger: bool = False  # destructive: shown apart
    aside: bool = False  # back or sideways: possible, but never proposed as the next step
    when: Callable | None = None  # a cheap further condition on the record for offering the button

    @property
    def onward(self):
        """Does it lead on towards cash, so that it may be the likely next step?"""
        return not (self.danger or self.aside)


def legal_verbs(record):
    """The verbs the record's present state allows, whoever asks."""
    return [verb for verb, move in record.MOVES.items() if record.status in move.sources]


def require(record, verb):
    """Raise IllegalMove unless the record's state allows the verb."""
    move = record.MOVES[verb]
    if record.status not in move.sources:
        raise IllegalMove(
            _("%(record)s is %(state)s; this step is not possible now."),
            legal=legal_verbs(record),
            params={"record": record, "state": record.get_status_display()},
        )
    return move


def advance(record, verb, *, by, to=None, reason="", data=None, occurred_at=None):
    """Make a move: check it, write the state, log the event. Somebody faster wins; the other gets IllegalMove."""
    move = require(record, verb)
    was, now = record.status, to or move.target or record.status
    moment = occurred_at or timezone.now()
    changes = {"version": F("version") + 1, "updated_at": timezone.now()}
    if now != was:
        changes |= {"status": now, "status_since": moment}
    if not type(record).objects.filter(pk=record.pk, status=was).update(**changes):
        record.refresh_from_db()
        require(record, verb)
        raise IllegalMove(_("%(record)s was changed by someone else."), legal_verbs(record), {"record": record})
    record.version += 1
    if now != was:
        record.status, record.status_since = now, moment
    return events.write(record, verb, by=by, was=was, now=now, reason=reason, data=data, occurred_at=occurred_at)


def locked(record):
    """Bring the record up to date and hold its row until the transaction ends."""
    record.refresh_from_db(from_queryset=type(record)._base_manager.select_for_update(of=("self",)))
    return record
