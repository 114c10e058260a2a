"""Credit: how much a customer may owe, and orders let through above it."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import OwnedQuerySet, StageRecord
from crm.models.customers import OfCustomer
from crm.transitions import Move


class CreditLimit(OfCustomer):
    """How much a customer may owe, in the base currency, and whether deliveries are on hold (信用额度)."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        ON_HOLD = "on_hold", _("On hold")

    MOVES = {
        "hold": Move(_("Put on credit hold"), (Status.OPEN,), Status.ON_HOLD, danger=True),
        "lift": Move(_("Lift the hold"), (Status.ON_HOLD,), Status.OPEN),
    }
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.OPEN, editable=False)
    status_since = models.DateTimeField(_("in this state since"), auto_now_add=True)
    customer = models.OneToOneField(
        "crm.Customer", models.PROTECT, related_name="credit_limit", verbose_name=_("customer"),
        error_messages={"unique": _("This customer has a credit limit already.")},
    )  # fmt: skip
    limit = models.DecimalField(
        _("credit limit"), max_digits=16, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)],
        help_text=_("In the base currency. Left empty, there is none."),
    )  # fmt: skip
    note = models.CharField(_("note"), max_length=300, blank=True)
    hold_reason = models.CharField(_("on hold because"), max_length=500, blank=True, editable=False)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit limit")
        verbose_name_plural = _("credit limits")

    def __str__(self):
        return str(self.customer)


class CreditRelease(StageRecord):
    """An order let through although its customer is above the limit or on hold: sales ask, a manager decides."""

    class Status(models.TextChoices):
        ASKED = "asked", _("Asked for")
        APPROVED = "approved", _("Released")
        DECLINED = "declined", _("Declined")

    PREFIX = "K"
    BEGINS_CASE = False  # it belongs to the case of its order
    MOVES = {
        "approve": Move(_("Release order"), (Status.ASKED,), Status.APPROVED),
        "decline": Move(_("Decline release"), (Status.ASKED,), Status.DECLINED, aside=True),
    }
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.ASKED, editable=False)
    order = models.ForeignKey(
        "contracts.Order", models.PROTECT, related_name="credit_releases", verbose_name=_("order")
    )
    reason = models.CharField(_("reason"), max_length=500)
    limit = models.DecimalField(_("credit limit"), max_digits=16, decimal_places=2, null=True, editable=False)
    exposure = models.DecimalField(_("exposure"), max_digits=16, decimal_places=2, default=0, editable=False)
    submitted_by = models.ForeignKey(
        "crm.User", models.PROTECT, null=True, blank=True, editable=False, related_name="+",
        verbose_name=_("asked for by"),
    )  # fmt: skip
    decided_by = models.ForeignKey(
        "crm.User", models.PROTECT, null=True, blank=True, editable=False, related_name="+",
        verbose_name=_("decided by"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("credit release")
        verbose_name_plural = _("credit releases")
        indexes = [models.Index(fields=["status", "-id"]), models.Index(fields=["owner", "-id"])]
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=models.Q(status="asked"), name="one_release_asked_at_a_time",
                violation_error_message=_("A release of this order already waits for a decision."),
            )
        ]  # fmt: skip
