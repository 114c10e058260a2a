"""Amounts in the base currency, inside queries."""

from babel.numbers import get_currency_precision
from django.db.models import DecimalField, F, Sum
from django.db.models.functions import Coalesce, Round

from crm import money
from crm.models import Company

BASE = DecimalField(max_digits=20, decimal_places=2)


def in_base(amount="balance", rate="rate"):
    """An amount in the base currency, rounded per row."""
    places = get_currency_precision(Company.current().base_currency)
    return Round(F(amount) * F(rate), places, output_field=BASE)


def total(field):
    """Σ of a field, 0 where there are no rows."""
    return Coalesce(Sum(field), money.ZERO, output_field=BASE)


def sum_in_base(rows, amount="balance", rate="rate"):
    return rows.aggregate(sum=total(in_base(amount, rate)))["sum"]
