"""Sums of rows that point at a record, as part of its query."""

from decimal import Decimal

from django.apps import apps
from django.db import models
from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

AMOUNT = models.DecimalField(max_digits=16, decimal_places=2)


def summed(model_name, link, field="amount", **conditions):
    """A subquery: Σ of a field of the rows of a billing model that point at the outer row."""
    rows = apps.get_model("billing", model_name).objects.filter(**{link: OuterRef("pk")}, **conditions)
    totals = rows.order_by().values(link).annotate(sum=Sum(field)).values("sum")
    return Coalesce(Subquery(totals, output_field=AMOUNT), Decimal("0.00"), output_field=AMOUNT)
