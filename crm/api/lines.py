"""Documents with lines over the API: the lines are written as one list."""

from django.utils.translation import gettext as _
from rest_framework import serializers

from crm.api.records import RecordViewSet

LINE_FIELDS = (
    "id", "product", "description", "quantity", "unit_price", "discount_percent", "tax_rate", "net", "tax", "gross",
)  # fmt: skip


class LineSerializer(serializers.ModelSerializer):
    """Base of line serializers; give the model in Meta. `id` keeps an existing line, without it a line is new.

    A product fills in what is left out: description, price, tax rate.
    """

    id = serializers.IntegerField(required=False)

    class Meta:
        fields = LINE_FIELDS
        read_only_fields = ("net", "tax", "gross")
        extra_kwargs = {"unit_price": {"required": False}}

    def validate(self, values):
        if "unit_price" not in values and not values.get("product") and "id" not in values:
            raise serializers.ValidationError({"unit_price": [_("Give a price or a product.")]})
        return values


class DocumentViewSet(RecordViewSet):
    """Hands the record and its lines to the one verb that saves both: `store(record, lines=..., by=...)`."""

    line_model = None

    def write(self, record, values):
        lines = values.pop("lines", None)
        for field, value in values.items():
            setattr(record, field, value)
        if record._state.adding and "owner" not in values:
            record.owner = self.request.user
        built = None if lines is None else [self.line(record, line) for line in lines]
        return self.store(record, lines=built, by=self.request.user)

    def line(self, record, values):
        """A line from its values; one that exists is changed, a foreign id starts a new line."""
        known = record.lines.filter(pk=values.pop("id", None)).first() if record.pk else None
        line = known or self.line_model()
        product = values.get("product")
        if product and not known:
            line.tax_rate = product.tax_rate
        for field, value in values.items():
            setattr(line, field, value)
        if line.unit_price is None and line.product:
            line.unit_price = line.product.price
        line.description = line.description or (line.product.name if line.product else "")
        return line
