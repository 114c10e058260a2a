"""Disputes: invoices a customer objects to."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.invoices import Invoice
from crm.models import StageRecord
from crm.transitions import Move


class Dispute(StageRecord):
    """A customer's objection to an invoice (争议). While it is open, no reminder of that invoice goes out."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        RESOLVED = "resolved", _("Resolved")

    class Kind(models.TextChoices):
        AMOUNT = "amount", _("Price or amount")
        GOODS = "goods", _("Goods or service")
        DELIVERY = "delivery", _("Not delivered or too late")
        PAPERS = "papers", _("Invoice or billing title wrong")
        PAID = "paid", _("Says it is paid")
        OTHER = "other", _("Other")

    class Outcome(models.TextChoices):
        OURS = "ours", _("The invoice stands")
        THEIRS = "theirs", _("The customer is right")
        AGREED = "agreed", _("Agreed half-way")

    OWNER_PATHS = (*StageRecord.OWNER_PATHS, "handler")
    PREFIX = "Z"
    BEGINS_CASE = False  # it belongs to the case of its invoice
    MOVES = {
        "resolve": Move(_("Resolve"), (Status.OPEN,), Status.RESOLVED),
        "hand_over": Move(_("Hand over"), (Status.OPEN,), aside=True),
    }
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.OPEN, editable=False)
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="disputes", verbose_name=_("invoice"))
    kind = models.CharField(_("about"), max_length=10, choices=Kind)
    reason = models.CharField(_("what the customer says"), max_length=1000)
    handler = models.ForeignKey("crm.User", models.PROTECT, related_name="+", verbose_name=_("to be resolved by"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True, editable=False)
    resolution = models.CharField(_("resolution"), max_length=1000, blank=True, editable=False)
    resolved_on = models.DateField(_("resolved on"), null=True, blank=True, editable=False)
    resolved_by = models.ForeignKey(
        "crm.User", models.PROTECT, null=True, blank=True, editable=False, related_name="+",
        verbose_name=_("resolved by"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        indexes = [models.Index(fields=["status", "-id"]), models.Index(fields=["handler", "-id"])]
        constraints = [
            models.UniqueConstraint(
                fields=["invoice"], condition=models.Q(status="open"), name="one_open_dispute_of_an_invoice",
                violation_error_message=_("This invoice is already disputed."),
            )
        ]  # fmt: skip
