"""The lines of contracts and invoices: one per row, priced as their documents are."""

from decimal import ROUND_HALF_UP, Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from crm import money
from crm.imports import looking
from crm.imports.fields import Field, names
from crm.models import TaxRate

FIELDS = (
    Field("product", _("product"), names("product name|product code|line item|产品|产品名称|商品名称|品名|货物名称|"
              "服务名称"),
          "record", attr=None, refers=looking.PRODUCTS),
    Field("description", _("description"), names("line description|item description|明细|明细说明|规格型号|"
              "摘要"), attr=None),
    Field("quantity", _("quantity"), names("qty|数量"), "amount", attr=None),
    Field("unit_price", _("unit price"), names("sales price|price|单价|不含税单价"), "amount", attr=None),
    Field("discount_percent", _("discount %"), names("discount|折扣|折扣率"), "rate", attr=None),
    Field("tax_rate", _("tax rate %"), names("tax rate|vat rate|税率"), "rate", attr=None),
    Field("net_amount", _("net amount"), names("net|net amount|subtotal|amount|不含税金额|未税金额|净额"), "amount",
          attr=None),
    Field("gross_amount", _("amount with tax"), names("total|gross|grand total|total amount|contract amount|"
              "invoice amount|"
          "合同金额|合同总额|签约金额|含税金额|价税合计|发票金额|开票金额|总金额|金额"), "amount", attr=None),
)  # fmt: skip
UNIT = Decimal("0.0001")
USUAL_RATE = Decimal(TaxRate.STANDARD.value)


def of(model, unit, currency, title):
    """The lines that the rows of a unit describe, priced. Raises ValidationError with the field at fault."""
    return [_line(model, values, currency, title, place) for place, values in enumerate(unit.read, start=1)]


def _line(model, values, currency, title, place):
    product, gross = values.get("product"), values.get("gross_amount")
    rate = values.get("tax_rate", product.tax_rate if product else USUAL_RATE)
    quantity, discount = values.get("quantity", Decimal(1)), values.get("discount_percent", Decimal(0))
    words = values.get("description") or (product.name if product else title)
    line = model(position=place, product=product, description=words[:300], quantity=quantity, tax_rate=rate,
                 discount_percent=discount)  # fmt: skip
    line.unit_price = (
        values["unit_price"] if "unit_price" in values else _price(values, gross, rate, quantity, discount)
    )
    if gross is not None:
        line.agreed_gross = gross
    relations = {field.name for field in line._meta.concrete_fields if field.is_relation}
    line.clean_fields(exclude=relations)
    money.price_line(line, currency)
    _refuse_other_sum(line, values)
    return line


def _price(values, gross, rate, quantity, discount):
    """The price of one piece, from what the line comes to."""
    if not quantity or discount >= 100:
        raise ValidationError({"quantity": _t("Give an amount above zero.")})
    if values.get("net_amount") is not None:
        net = values["net_amount"]
    elif gross is not None:
        net = gross * 100 / (100 + rate)
    else:
        raise ValidationError({"gross_amount": _t("There is neither a price nor an amount.")})
    return (net * 100 / (100 - discount) / quantity).quantize(UNIT, ROUND_HALF_UP)


def _refuse_other_sum(line, values):
    """What the file says the line comes to must be what its price comes to."""
    for key, found in (("net_amount", line.net), ("gross_amount", line.gross)):
        said = values.get(key)
        if said is not None and abs(said - found) > Decimal("0.02"):
            raise ValidationError(
                {key: _t("%(said)s does not go with the price, which comes to %(found)s.")
                 % {"said": said, "found": found}}
            )  # fmt: skip
