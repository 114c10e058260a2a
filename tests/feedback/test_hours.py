"""The service clock runs in business hours of the company's time zone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crm.models import Company
from feedback import hours

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text, zone=SHANGHAI):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2026-03-04T10:00", 4, "2026-03-04T14:00"),
        ("2026-03-04T16:00", 4, "2026-03-05T11:00"),
        ("2026-03-04T07:00", 1, "2026-03-04T10:00"),
        ("2026-03-04T20:00", 1, "2026-03-05T10:00"),
        ("2026-03-06T17:00", 2, "2026-03-09T10:00"),  # over a weekend
        ("2026-03-07T12:00", 1, "2026-03-09T10:00"),  # begun on a Saturday
        ("2026-03-04T09:00", 9, "2026-03-04T18:00"),  # to the last minute of the day
    ],
)
def test_business_time_passes_in_business_hours_only(start, duration, end):
    assert hours.after(at(start), timedelta(hours=duration)) == at(end)


def test_time_between_two_moments_leaves_nights_and_weekends_out():
    assert hours.between(at("2026-03-06T17:00"), at("2026-03-09T10:30")) == timedelta(hours=2, minutes=30)
    assert hours.between(at("2026-03-07T10:00"), at("2026-03-08T10:00")) == timedelta(0)
    assert hours.between(at("2026-03-05T10:00"), at("2026-03-04T10:00")) == timedelta(0)


def test_the_clock_follows_the_companys_zone_over_a_change_of_the_clocks():
    Company.objects.create(time_zone="Europe/Berlin")
    berlin = ZoneInfo("Europe/Berlin")
    end = hours.after(at("2026-03-27T17:00", berlin), timedelta(hours=2))
    assert end == at("2026-03-30T10:00", berlin)
