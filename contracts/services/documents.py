"""What saving contracts, amendments, orders and deliveries has in common."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import access, clock, work
from crm.access import authorize
from crm.transitions import IllegalMove, legal_verbs

LINE_FIELDS = ("product_id", "description", "quantity", "unit_price", "discount_percent", "tax_rate")


def open_for_writing(record, by, *states):
    """May this person write, and does the stored state still allow it? Holds and returns the stored row, if any."""
    adding = record._state.adding
    authorize(by, access.name("add" if adding else "change", type(record)), record)
    if adding:
        return None
    stored = type(record)._base_manager.select_for_update(of=("self",)).get(pk=record.pk)
    if stored.status not in states:
        raise IllegalMove(
            _("%(record)s is %(state)s and can no longer be edited."),
            legal=legal_verbs(stored),
            params={"record": stored, "state": stored.get_status_display()},
        )
    return stored


def copied(line, into, **more):
    """Give a line the product, text, quantity and price of another one."""
    for field in LINE_FIELDS:
        setattr(into, field, getattr(line, field))
    for field, value in more.items():
        setattr(into, field, value)
    return into


def stand_on(record, earlier):
    """A new record of the chain takes over customer, case and owner from the one it stands on."""
    if record._state.adding:
        record.customer, record.case, record.owner = earlier.customer, earlier.case, earlier.owner


def refuse_future(day, field):
    """What is reported as done has happened today at the latest."""
    if day > clock.today():
        raise ValidationError({field: _("This day is still to come.")})


def moment_of(day):
    """When an act reported today took place: now, or during the earlier day it is dated."""
    if day == clock.today():
        return timezone.now()
    return min(timezone.now(), clock.day_start(day) + timedelta(hours=12))


def tell(record, people, text, by, **values):
    """Put a line into the bell of each of these people, but not of who acted."""
    for person in {person for person in people if person and person != by}:
        work.notify(person, text, url=record.get_absolute_url(), who=getattr(by, "name", ""), **values)
