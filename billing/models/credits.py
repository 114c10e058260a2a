"""Credit notes: what takes an invoice back."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.invoices import Invoice
from crm.models import OwnedQuerySet, StageRecord
from crm.transitions import Move


class CreditNoteQuerySet(OwnedQuerySet):
    def effective(self):
        """The credit notes that reduce what is owed."""
        return self.filter(status__in=CreditNote.EFFECTIVE)


class CreditNote(StageRecord):
    """Takes back an invoice in whole or part (红字发票)."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ISSUED = "issued", _("Issued")
        APPLIED = "applied", _("Applied")

    EFFECTIVE = (Status.ISSUED, Status.APPLIED)
    PREFIX = "N"
    SERIES = "CN"
    MOVES = {"issue": Move(_("Issue"), (Status.DRAFT,), Status.APPLIED)}
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.DRAFT, editable=False)
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="credit_notes", verbose_name=_("invoice"))
    amount = models.DecimalField(
        _("amount including tax"), max_digits=16, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )
    net = models.DecimalField(_("net"), max_digits=16, decimal_places=2, default=0, editable=False)
    tax = models.DecimalField(_("tax"), max_digits=16, decimal_places=2, default=0, editable=False)
    reason = models.CharField(_("reason"), max_length=300)
    issue_year = models.PositiveIntegerField(null=True, blank=True, editable=False)
    sequence = models.PositiveIntegerField(null=True, blank=True, editable=False)
    issued_number = models.CharField(_("credit note number"), max_length=40, blank=True, editable=False)
    issued_on = models.DateField(_("issued on"), null=True, blank=True, editable=False)

    objects = CreditNoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit note")
        verbose_name_plural = _("credit notes")
        constraints = [models.UniqueConstraint(fields=["issue_year", "sequence"], name="credit_note_number_once")]

    def __str__(self):
        return self.issued_number or self.number

    @property
    def currency(self):
        return self.invoice.currency
