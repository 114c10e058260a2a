"""Write-offs: what is no longer expected to be paid."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.invoices import Invoice
from crm.models import StageRecord
from crm.transitions import Move


class WriteOff(StageRecord):
    """What is given up of an invoice as a bad debt (坏账核销): finance asks, a manager decides."""

    class Status(models.TextChoices):
        ASKED = "asked", _("Asked for")
        APPROVED = "approved", _("Written off")
        DECLINED = "declined", _("Declined")
        REVERSED = "reversed", _("Taken back")

    PREFIX = "W"
    BEGINS_CASE = False  # it belongs to the case of its invoice
    MOVES = {
        "approve": Move(_("Approve write-off"), (Status.ASKED,), Status.APPROVED),
        "decline": Move(_("Decline write-off"), (Status.ASKED,), Status.DECLINED, aside=True),
        "reverse": Move(_("Take write-off back"), (Status.APPROVED,), Status.REVERSED, danger=True),
    }
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.ASKED, editable=False)
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="write_offs", verbose_name=_("invoice"))
    amount = models.DecimalField(
        _("amount"), max_digits=16, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )
    reason = models.CharField(_("reason"), max_length=500)
    written_off_on = models.DateField(_("written off on"), null=True, blank=True, editable=False)
    reversed_on = models.DateField(_("taken back on"), null=True, blank=True, editable=False)
    submitted_by = models.ForeignKey(
        "crm.User", models.PROTECT, null=True, blank=True, editable=False, related_name="+",
        verbose_name=_("asked for by"),
    )  # fmt: skip
    decided_by = models.ForeignKey(
        "crm.User", models.PROTECT, null=True, blank=True, editable=False, related_name="+",
        verbose_name=_("decided by"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("write-off")
        verbose_name_plural = _("write-offs")
        indexes = [models.Index(fields=["status", "-id"]), models.Index(fields=["owner", "-id"])]
        constraints = [
            models.UniqueConstraint(
                fields=["invoice"], condition=models.Q(status="asked"), name="one_write_off_asked_at_a_time"
            )
        ]

    @property
    def currency(self):
        return self.invoice.currency
