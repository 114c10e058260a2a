"""Products from files."""

from django.utils.translation import gettext_lazy as _

from crm.imports import kinds
from crm.imports.fields import Field, names
from crm.imports.kinds import EXTERNAL_ID, Kind
from crm.models import Product
from crm.models.company import Currency

CURRENCIES = {
    "CNY": names("rmb|人民币|¥|￥|元|cny - chinese yuan"), "USD": names("美元|$|us$|us dollar"),
    "EUR": names("欧元|€"), "GBP": names("英镑|£"), "JPY": names("日元"), "HKD": names("港币|港元|hk$"),
    "SGD": names("新加坡元|新币"),
}  # fmt: skip
CURRENCY = Field(
    "currency", _("currency"), names("currency|currency iso code|deal - currency|product - currency|币种|"
              "货币"), "choice",
    choices=lambda: dict(Currency.choices), words=CURRENCIES, new_only=True,
)  # fmt: skip


@kinds.register
class ProductKind(Kind):
    key, model = "products", Product
    keys, identity = ("sku", "name", "external_id"), ("sku",)
    fields = (
        Field("sku", _("SKU"), names("product code|product sku|code|product - product code|产品编号|产品编码|"
              "商品编码|物料编码|"
              "货号|编码|型号"), required=True),
        Field("name", _("name"), names("product name|product|product - name|产品名称|商品名称|名称|品名|"
              "产品"), required=True),
        Field("kind", _("kind"), names("product type|type|product family|类型|产品类型|类别"), "choice",
              choices=lambda: dict(Product.Kind.choices),
              words={"goods": names("商品|实物|产品|货物|inventory|physical"),
                     "service": names("服务|非库存|services|non-inventory")}),
        Field("unit", _("unit"), names("quantity unit of measure|unit of measure|product - unit|单位|计量单位")),
        Field("price", _("list price"), names("price|unit price|list price|standard price|product - price|单价|价格|"
              "标准价|"
              "销售价|定价"), "amount", required=True),
        CURRENCY,
        Field("tax_rate", _("tax rate %"), names("tax|tax rate|product - tax|税率"), "rate"),
        Field("gross_margin", _("gross margin %"), names("margin|gross margin|毛利率"), "rate"),
        Field("is_active", _("on sale"), names("active|is active|product - active flag|状态|是否启用|在售|"
              "上架"), "yes"),
        EXTERNAL_ID.named("product id|product - id"),
    )  # fmt: skip
