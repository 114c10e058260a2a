"""The service clock: it runs in business hours, Monday to Friday, in the company's time zone."""

from datetime import datetime, timedelta

from crm import clock
from crm.models import Company

SATURDAY = 5


def opening(day, company):
    """The moments business opens and closes on a day; None on a weekend."""
    if day.weekday() >= SATURDAY:
        return None
    zone = clock.business_zone()
    return (
        datetime.combine(day, company.business_hours_start, tzinfo=zone),
        datetime.combine(day, company.business_hours_end, tzinfo=zone),
    )


def windows(moment):
    """The (from, to) stretches of business time from a moment on."""
    company = Company.current()
    day = clock.business_day(moment)
    while True:
        if hours := opening(day, company):
            begin = max(hours[0], moment)
            if begin < hours[1]:
                yield begin, hours[1]
        day += timedelta(days=1)


def after(moment, duration):
    """The moment at which `duration` of business time has passed since `moment`."""
    for begin, end in windows(moment):
        if _length(begin, end) >= duration:
            return begin + duration
        duration -= _length(begin, end)
    raise AssertionError("Business never ends.")


def between(start, end):
    """How much business time lies between two moments."""
    passed = timedelta(0)
    if end <= start:
        return passed
    for begin, close in windows(start):
        if begin >= end:
            return passed
        passed += _length(begin, min(close, end))
    return passed


def _length(begin, end):
    """Elapsed time: by UTC, so that a change of the clocks in between counts rightly."""
    return timedelta(seconds=end.timestamp() - begin.timestamp())
