"""Promises to pay: what a customer said, and whether it came true."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from billing.models.invoices import Invoice
from billing.models.payments import Allocation
from billing.models.sums import AMOUNT
from crm import clock
from crm.models import OwnedQuerySet, StageRecord
from crm.transitions import Move


class PromiseQuerySet(OwnedQuerySet):
    def with_received(self):
        """Each promise with what has come in for it: paid since it was given, dated by the promised day."""
        since = Q(created_at__gte=OuterRef("created_at"), allocated_on__lte=OuterRef("promised_on"))
        rows = Allocation.objects.filter(since, invoice=OuterRef("invoice")).order_by()
        sums = rows.values("invoice").annotate(sum=Sum("amount")).values("sum")
        return self.annotate(received=Coalesce(Subquery(sums, output_field=AMOUNT), Decimal("0.00")))

    def in_state(self, state, day):
        """The promises that stand so on this day."""
        given = self.with_received().filter(status=Promise.Status.GIVEN)
        standing, states = given.filter(invoice__status__in=Invoice.OWED), Promise.Outcome
        short = standing.filter(received__lt=F("amount"))
        found = {
            states.WITHDRAWN: self.exclude(status=Promise.Status.GIVEN),
            states.LAPSED: given.exclude(invoice__status__in=Invoice.OWED),
            states.KEPT: standing.filter(received__gte=F("amount")),
            states.OPEN: short.filter(promised_on__gte=day),
            states.BROKEN: short.filter(promised_on__lt=day),
        }
        return found[state]


class Promise(StageRecord):
    """What a customer said they would pay of an invoice by a day (付款承诺). Kept and broken are derived."""

    class Status(models.TextChoices):
        GIVEN = "given", _("Given")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Outcome(models.TextChoices):
        OPEN = "open", _("Open")
        KEPT = "kept", _("Kept")
        BROKEN = "broken", _("Broken")
        LAPSED = "lapsed", _("No longer owed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    PREFIX = "Y"
    BEGINS_CASE = False  # it belongs to the case of its invoice
    MOVES = {"withdraw": Move(_("Withdraw"), (Status.GIVEN,), Status.WITHDRAWN, danger=True)}
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.GIVEN, editable=False)
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="promises", verbose_name=_("invoice"))
    amount = models.DecimalField(
        _("amount"), max_digits=16, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )
    promised_on = models.DateField(_("promised for"))
    note = models.CharField(_("who said what"), max_length=300, blank=True)

    objects = PromiseQuerySet.as_manager()

    class Meta:
        verbose_name = _("promise to pay")
        verbose_name_plural = _("promises to pay")
        indexes = [models.Index(fields=["promised_on", "-id"]), models.Index(fields=["owner", "-id"])]

    @property
    def currency(self):
        return self.invoice.currency

    @property
    def outcome(self):
        """How it stands today; asks the database unless `with_received` did."""
        if self.status == self.Status.WITHDRAWN:
            return self.Outcome.WITHDRAWN
        if self.invoice.status not in Invoice.OWED:
            return self.Outcome.LAPSED
        if "received" not in self.__dict__:
            self.received = Promise.objects.with_received().values_list("received", flat=True).get(pk=self.pk)
        if self.received >= self.amount:
            return self.Outcome.KEPT
        return self.Outcome.BROKEN if self.promised_on < clock.today() else self.Outcome.OPEN

    def refresh_from_db(self, *args, **kwargs):
        self.__dict__.pop("received", None)
        super().refresh_from_db(*args, **kwargs)
