"""Products and what they cost."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.models.company import Currency
from crm.models.shared import OwnedQuerySet, Shared


class TaxRate(models.TextChoices):
    """Chinese VAT rates in per cent."""

    STANDARD = "13", "13 %"
    REDUCED = "9", "9 %"
    SERVICES = "6", "6 %"
    SIMPLIFIED = "3", "3 %"
    MINIMAL = "1", "1 %"
    ZERO = "0", "0 %"


class ProductQuerySet(OwnedQuerySet):
    SETS = ("on_sale",)

    def on_sale(self):
        return self.filter(is_active=True)


class Product(Shared):
    """What we sell: goods, or a service delivered by checklist."""

    class Kind(models.TextChoices):
        GOODS = "goods", _("Goods")
        SERVICE = "service", pgettext_lazy("a kind of product", "Service")

    sku = models.CharField(_("SKU"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.GOODS)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    price = models.DecimalField(_("list price"), max_digits=16, decimal_places=4, validators=[MinValueValidator(0)])
    currency = models.CharField(_("currency"), max_length=3, choices=Currency, default=Currency.CNY)
    tax_rate = models.DecimalField(
        _("tax rate %"), max_digits=5, decimal_places=2, default=Decimal("13"),
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )  # fmt: skip
    gross_margin = models.DecimalField(
        _("gross margin %"), max_digits=5, decimal_places=2, null=True, blank=True,
        validators=[MaxValueValidator(100)],
    )  # fmt: skip
    is_active = models.BooleanField(_("on sale"), default=True)
    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ["sku"]
        verbose_name = _("product")
        verbose_name_plural = _("products")

    def __str__(self):
        return self.name


class PriceList(Shared):
    """Prices other than the list price, for some customers, in some currency, for some time."""

    name = models.CharField(_("name"), max_length=100)
    currency = models.CharField(_("currency"), max_length=3, choices=Currency, default=Currency.CNY)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("price list")
        verbose_name_plural = _("price lists")

    def __str__(self):
        return self.name


class PriceListItem(models.Model):
    """The price of one product on a price list."""

    price_list = models.ForeignKey(PriceList, models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, models.PROTECT, verbose_name=_("product"))
    price = models.DecimalField(_("price"), max_digits=16, decimal_places=4, validators=[MinValueValidator(0)])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["price_list", "product"], name="one_price_per_product")]

    def __str__(self):
        return f"{self.product} {self.price}"
