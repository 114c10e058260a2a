"""Dunning (催收): the levels a company chases by, and the letters that went out."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Exists, Max, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from billing.letters import LEVELS, PLACES
from billing.models.disputes import Dispute
from billing.models.invoices import Invoice
from billing.models.promises import Promise
from billing.models.sums import AMOUNT
from crm import clock
from crm.models import OwnedQuerySet, StageRecord
from crm.models.company import Currency
from crm.models.shared import Shared
from crm.transitions import Move


def to_chase(invoices, day):
    """Of these invoices: past due, not disputed, and not promised for a day still to come."""
    mine = {"invoice": OuterRef("pk")}
    disputed = Dispute.objects.filter(status=Dispute.Status.OPEN, **mine)
    promised = Promise.objects.filter(status=Promise.Status.GIVEN, promised_on__gte=day, **mine)
    return invoices.past_due(day).exclude(Exists(disputed)).exclude(Exists(promised))


def with_history(invoices, day):
    """Each invoice with the highest level it was reminded at (in days), when last, and its latest broken promise."""
    sent = ReminderItem.objects.filter(invoice=OuterRef("pk")).order_by().values("invoice")
    broken = Promise.objects.in_state(Promise.Outcome.BROKEN, day).filter(invoice=OuterRef("pk"))
    last_broken = broken.order_by().values("invoice").annotate(last=Max("promised_on")).values("last")
    return invoices.annotate(
        reached=Subquery(sent.annotate(top=Max("reminder__level__days")).values("top")),
        reminded_on=Subquery(sent.annotate(last=Max("day")).values("last")),
        broken_on=Subquery(last_broken),
    )


class DunningLevel(Shared):
    """From so many days overdue, and so much of it, a customer is reminded in these words (催收级别)."""

    days = models.PositiveIntegerField(_("days overdue"), unique=True)
    name = models.CharField(_("name"), max_length=60)
    minimum = models.DecimalField(
        _("from this amount"), max_digits=16, decimal_places=2, default=0, validators=[MinValueValidator(0)],
        help_text=_("What the customer owes past due in the currency, in the base currency."),
    )  # fmt: skip
    again_after = models.PositiveIntegerField(
        _("again after days"), null=True, blank=True, validators=[MinValueValidator(1)],
        help_text=_("Left empty, this letter goes out once."),
    )  # fmt: skip
    automatic = models.BooleanField(
        _("send by itself"), default=False, help_text=_("Otherwise finance looks at each letter first.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    subject_zh = models.CharField(_("subject in Chinese"), max_length=200)
    text_zh = models.TextField(_("text in Chinese"))
    subject_en = models.CharField(_("subject in English"), max_length=200)
    text_en = models.TextField(_("text in English"))

    TEXTS = ("subject_zh", "text_zh", "subject_en", "text_en")

    class Meta:
        ordering = ["days"]
        verbose_name = _("dunning level")
        verbose_name_plural = _("dunning levels")

    def __str__(self):
        return self.name

    def clean(self):
        """Only the known places may stand in the texts, so that no customer reads a bare one."""
        wrong = {name: set(re.findall(r"\{([^{}]*)\}", getattr(self, name))) - PLACES.keys() for name in self.TEXTS}
        errors = {
            name: _("This place is not known: %(places)s.") % {"places": ", ".join(sorted(found))}
            for name, found in wrong.items() if found
        }  # fmt: skip
        if errors:
            raise ValidationError(errors)

    @classmethod
    def fill(cls):
        """The levels everybody has until somebody changes them."""
        if not cls.objects.exists():
            with translation.override(settings.LANGUAGE_CODE):
                rows = [cls(**level | {"name": str(level["name"])}) for level in LEVELS]
            cls.objects.bulk_create(rows, ignore_conflicts=True)


class ReminderQuerySet(OwnedQuerySet):
    def with_balance(self, day=None):
        """Each letter with its `balance`: what it asked for; of one not sent yet, what there is to ask for now."""
        mine = {"customer": OuterRef("customer"), "currency": OuterRef("currency")}
        rows = to_chase(Invoice.objects.filter(**mine), day or clock.today()).order_by()
        sums = rows.values("customer").annotate(sum=Sum("balance")).values("sum")
        return self.annotate(balance=Coalesce("amount", Subquery(sums, output_field=AMOUNT), 0, output_field=AMOUNT))

    def waiting(self, day=None):
        """Proposed, and something in it is still to be chased."""
        return self.with_balance(day).filter(status=Reminder.Status.PROPOSED, balance__gt=0)


class Reminder(StageRecord):
    """One letter to one customer over all that is overdue in a currency (催款函). What it lists is settled on
    sending."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        SENT = "sent", _("Sent")
        DROPPED = "dropped", _("Dropped")

    class Language(models.TextChoices):
        ZH = "zh", _("Simplified Chinese")
        EN = "en", _("English")

    PREFIX = "E"
    BEGINS_CASE = False  # it is about invoices of many cases
    MOVES = {
        "send": Move(_("Send reminder"), (Status.PROPOSED,), Status.SENT),
        "drop": Move(_("Do not send"), (Status.PROPOSED,), Status.DROPPED, danger=True),
    }
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.PROPOSED, editable=False)
    level = models.ForeignKey(DunningLevel, models.PROTECT, related_name="reminders", verbose_name=_("level"))
    currency = models.CharField(_("currency"), max_length=3, choices=Currency, default=Currency.CNY)
    language = models.CharField(_("language"), max_length=2, choices=Language, blank=True, editable=False)
    to = models.EmailField(_("to"), blank=True, editable=False)
    subject = models.CharField(_("subject"), max_length=200, blank=True, editable=False)
    message = models.TextField(_("message"), blank=True, editable=False)
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=2, null=True, blank=True, editable=False)
    sent_on = models.DateField(_("sent on"), null=True, blank=True, editable=False)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        indexes = [models.Index(fields=["status", "-id"]), models.Index(fields=["customer", "-id"])]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "currency"], condition=Q(status="proposed"), name="one_letter_proposed_at_a_time",
                violation_error_message=_("A letter to this customer already waits to be sent."),
            )
        ]  # fmt: skip

    def invoices(self):
        """What it is about: as sent, or as it stands now."""
        if self.status == self.Status.SENT:
            return Invoice.objects.filter(pk__in=self.items.values("invoice"))
        found = Invoice.objects.filter(customer=self.customer_id, currency=self.currency)
        return to_chase(found, clock.today()).order_by("due_on", "pk")


class ReminderItem(models.Model):
    """An invoice in a letter that was sent, or that somebody decided not to send, with what was owed on it then."""

    reminder = models.ForeignKey(Reminder, models.CASCADE, related_name="items")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="reminded")
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=2)
    days_late = models.PositiveIntegerField(_("days overdue"))
    day = models.DateField(_("day"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reminder", "invoice"], name="invoice_once_in_a_letter")]

    def __str__(self):
        return f"{self.invoice}: {self.amount}"
