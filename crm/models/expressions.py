"""Expressions that indexes and lookups share."""

from django.db.models import F, Func, Value
from django.db.models.functions import Right

ENDING = 8  # digits by which phones are looked up; the whole number then decides


def phone_ending(field):
    """The last digits of a phone."""
    return Right(Func(F(field), Value(r"\D"), Value(""), Value("g"), function="regexp_replace"), ENDING)
