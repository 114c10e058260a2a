"""The company that runs this CRM: one row of settings, and its exchange rates."""

from datetime import time
from decimal import Decimal
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import Role


class Currency(models.TextChoices):
    CNY = "CNY", _("Chinese yuan")
    USD = "USD", _("US dollar")
    EUR = "EUR", _("Euro")
    GBP = "GBP", _("Pound sterling")
    JPY = "JPY", _("Japanese yen")
    HKD = "HKD", _("Hong Kong dollar")
    SGD = "SGD", _("Singapore dollar")


def default_time_zone():
    return settings.TIME_ZONE


class Company(models.Model):
    """Settings an administrator makes for everybody."""

    name = models.CharField(_("company name"), max_length=200, default="LTC CRM")
    logo = models.FileField(_("logo"), upload_to="company/", blank=True)
    address = models.CharField(_("address"), max_length=300, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    tax_number = models.CharField(_("tax number"), max_length=40, blank=True)
    bank_account = models.CharField(_("bank and account"), max_length=200, blank=True)
    base_currency = models.CharField(_("base currency"), max_length=3, choices=Currency, default=Currency.CNY)
    time_zone = models.CharField(_("business time zone"), max_length=50, default=default_time_zone)
    open_leads_limit = models.PositiveIntegerField(_("open leads a rep may hold"), default=50)
    lead_cooldown_days = models.PositiveIntegerField(_("days before the last owner may claim a lead again"), default=7)
    lead_recycle_days = models.PositiveIntegerField(
        _("days without follow-up before a lead returns to the pool"), default=30
    )
    stale_opportunity_days = models.PositiveIntegerField(
        _("days without movement before a deal counts as stale"), default=21
    )
    sales_discount_limit = models.DecimalField(
        _("discount sales may give without approval (%)"),
        max_digits=5,
        decimal_places=2,
        default=Decimal("10"),
        validators=[MinValueValidator(0)],
    )
    quote_valid_days = models.PositiveIntegerField(_("days a quote is valid"), default=30)
    payment_days = models.PositiveIntegerField(_("days to pay an invoice"), default=30)
    reminder_days = models.PositiveIntegerField(_("days before a due instalment to remind"), default=3)
    survey_valid_days = models.PositiveIntegerField(_("days a survey can be answered"), default=30)
    business_hours_start = models.TimeField(_("business hours begin"), default=time(9))
    business_hours_end = models.TimeField(_("business hours end"), default=time(18))
    yearly_churn = models.DecimalField(
        _("yearly customer churn assumed until measured (%)"), max_digits=5, decimal_places=2, default=Decimal("20"),
        validators=[MinValueValidator(Decimal("0.01"))],
    )  # fmt: skip

    second_factor_roles = ArrayField(
        models.CharField(max_length=20, choices=Role.choices),
        verbose_name=_("roles that need two-factor login"), default=list, blank=True,
    )  # fmt: skip

    class Meta:
        verbose_name = _("company")

    CACHE_KEY = "company"

    def __str__(self):
        return self.name

    @classmethod
    def current(cls):
        company = cache.get(cls.CACHE_KEY)
        if company is None:
            company = cls.objects.first() or cls.objects.create()
            cache.set(cls.CACHE_KEY, company, 30)
        return company

    def clean(self):
        if self.time_zone not in available_timezones():
            raise ValidationError({"time_zone": _("This time zone is not known.")})

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        cache.delete(self.CACHE_KEY)


class ExchangeRate(models.Model):
    """What one unit of a currency is worth in the base currency from a day on."""

    currency = models.CharField(_("currency"), max_length=3, choices=Currency)
    rate = models.DecimalField(
        _("rate"), max_digits=18, decimal_places=8, validators=[MinValueValidator(Decimal("0.00000001"))]
    )
    valid_from = models.DateField(_("valid from"))

    class Meta:
        ordering = ["currency", "-valid_from"]
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        constraints = [models.UniqueConstraint(fields=["currency", "valid_from"], name="one_rate_per_day")]

    def __str__(self):
        return f"{self.currency} {self.rate}"
