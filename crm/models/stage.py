"""What every record of the chain has in common: number, owner, case, state, version, external ids."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.company import Currency
from crm.models.shared import OwnedQuerySet, Reachable


class Owned(Reachable, models.Model):
    """A record that somebody owns; the owner decides who else may see it."""

    OWNER_PATHS = ("owner",)
    owner = models.ForeignKey(
        "crm.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, db_index=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        abstract = True


class StageRecord(Owned):
    """A record of the chain. Its state is written by `crm.transitions` alone."""

    OWNER_PATHS = ("owner", "customer__owner")
    PREFIX = ""  # of the number: C in C-2026-00142
    BEGINS_CASE = True  # its first record gives the chain its case
    MOVES = {}  # verb -> crm.transitions.Move
    number = models.CharField(_("number"), max_length=40, unique=True, editable=False)
    case = models.ForeignKey("crm.Case", models.PROTECT, null=True, blank=True, editable=False)
    customer = models.ForeignKey(
        "crm.Customer", models.PROTECT, null=True, blank=True, related_name="%(class)ss", verbose_name=_("customer")
    )
    status = models.CharField(_("status"), max_length=20, editable=False)
    status_since = models.DateTimeField(_("in this state since"), default=timezone.now, editable=False)
    created_by = models.ForeignKey("crm.User", models.PROTECT, null=True, blank=True, editable=False, related_name="+")

    class Meta:
        abstract = True

    def __str__(self):
        return self.number

    def save(self, *args, **kwargs):
        if self._state.adding and not self.number:
            assign_numbers(type(self), [self])
        super().save(*args, **kwargs)


def assign_numbers(model, records):
    """Give new records their key and number (`L-2026-00318`) from the table's own sequence: no lock, no double.

    Numbers may have gaps; only invoices need an unbroken series and have their own.
    """
    from crm import clock

    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, len(records)]
        )
        keys = [row[0] for row in cursor.fetchall()]
    for record, key in zip(records, keys, strict=True):
        record.pk = record.pk or key
        record.number = f"{model.PREFIX}-{clock.business_day(record.created_at).year}-{record.pk:05d}"


class Money(models.Model):
    """A document with amounts: currency, the rate frozen on it, and the sums of its rounded lines."""

    currency = models.CharField(_("currency"), max_length=3, choices=Currency, default=Currency.CNY)
    rate = models.DecimalField(_("rate to base currency"), max_digits=18, decimal_places=8, default=1, editable=False)
    net = models.DecimalField(_("net"), max_digits=16, decimal_places=2, default=0, editable=False)
    tax = models.DecimalField(_("tax"), max_digits=16, decimal_places=2, default=0, editable=False)
    gross = models.DecimalField(_("total"), max_digits=16, decimal_places=2, default=0, editable=False)

    class Meta:
        abstract = True


class MoneyLine(models.Model):
    """A line of such a document; net, tax and gross are rounded here, once (`crm.money.price_line`)."""

    position = models.PositiveIntegerField(default=0, editable=False)
    product = models.ForeignKey("crm.Product", models.PROTECT, null=True, blank=True, verbose_name=_("product"))
    description = models.CharField(_("description"), max_length=300, blank=True)
    quantity = models.DecimalField(
        _("quantity"), max_digits=12, decimal_places=3, default=1, validators=[MinValueValidator(Decimal("0.001"))]
    )
    unit_price = models.DecimalField(
        _("unit price"), max_digits=16, decimal_places=4, validators=[MinValueValidator(0)]
    )
    discount_percent = models.DecimalField(
        _("discount %"), max_digits=5, decimal_places=2, default=0,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )  # fmt: skip
    tax_rate = models.DecimalField(
        _("tax rate %"), max_digits=5, decimal_places=2, default=13,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )  # fmt: skip
    net = models.DecimalField(_("net"), max_digits=16, decimal_places=2, default=0, editable=False)
    tax = models.DecimalField(_("tax"), max_digits=16, decimal_places=2, default=0, editable=False)
    gross = models.DecimalField(_("total"), max_digits=16, decimal_places=2, default=0, editable=False)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]

    def __str__(self):
        return self.description or str(self.product or "")


class ExternalId(models.Model):
    """The name another system knows a record by; unique per system and record type."""

    system = models.CharField(_("system"), max_length=50)
    external_id = models.CharField(_("id there"), max_length=200)
    record_type = models.CharField(max_length=40)
    record_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "record_type", "external_id"], name="external_id_once")
        ]
        indexes = [models.Index(fields=["record_type", "record_id"])]

    def __str__(self):
        return f"{self.system}:{self.external_id}"
