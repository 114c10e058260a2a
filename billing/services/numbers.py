"""The next number of an unbroken series."""

from billing.models import NumberSeries


def give_number(record, day):
    """Number a document in its series and the year of this day: INV-2026-00001. Only one issuer at a time gets here;
    should the act fail after it, the number is free again."""
    NumberSeries.objects.get_or_create(series=record.SERIES, year=day.year)
    counter = NumberSeries.objects.select_for_update().get(series=record.SERIES, year=day.year)
    counter.last += 1
    counter.save(update_fields=["last"])
    record.issue_year, record.sequence = day.year, counter.last
    record.issued_number = f"{record.SERIES}-{day.year}-{counter.last:05d}"
