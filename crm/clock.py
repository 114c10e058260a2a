"""Days in the business time zone of the company, whatever the reader's own zone is."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone


def business_zone():
    """The company's time zone."""
    from crm.models import Company

    return ZoneInfo(Company.current().time_zone)


def today():
    """The current business day."""
    return timezone.now().astimezone(business_zone()).date()


def business_day(moment):
    """The business day on which a moment falls."""
    return moment.astimezone(business_zone()).date()


def day_start(day):
    """The moment a business day begins."""
    return datetime.combine(day, time.min, tzinfo=business_zone())


def days_ago(count):
    """The start of the business day `count` days before today."""
    return day_start(today() - timedelta(days=count))
