"""How far orders are: what is ordered, planned, arrived and invoiced, summed by the database in the same query."""

from decimal import Decimal

from django.apps import apps
from django.db.models import DecimalField, F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from crm.models import OwnedQuerySet


def summed(rows, key, field):
    """The sum of a field over the rows that hang on the outer record by this key."""
    found = rows.filter(**{key: OuterRef("pk")}).order_by().values(key).annotate(sum=Sum(field)).values("sum")
    return Coalesce(Subquery(found, output_field=DecimalField()), Decimal(0), output_field=DecimalField())


class OrderQuerySet(OwnedQuerySet):
    def with_progress(self):
        """Each order with its quantities `ordered`, `delivered` and `unplanned`, and the gross `billed` on it."""
        lines, parts = apps.get_model("contracts.OrderLine"), apps.get_model("contracts.DeliveryLine")
        invoices, delivery = self.model.invoices.rel.related_model, self.model.deliveries.rel.related_model
        living = parts.objects.filter(delivery__status__in=delivery.LIVING)
        arrived = parts.objects.filter(delivery__status__in=delivery.ARRIVED)
        return self.annotate(
            ordered=summed(lines.objects, "order", "quantity"),
            planned=summed(living, "delivery__order", "quantity"),
            delivered=summed(arrived, "delivery__order", "quantity"),
            billed=summed(invoices.objects.filter(status__in=invoices.OWED), "order", "gross"),
        ).annotate(unplanned=F("ordered") - F("planned"))
