"""The receivables ledger: what every money act did to which account, kept for ever."""

from django.db import models
from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import money


class LedgerQuerySet(models.QuerySet):
    def owed(self):
        """The entries that move what customers owe on invoices."""
        return self.filter(account=LedgerEntry.Account.RECEIVABLE)

    def held(self):
        """The entries that move what customers have paid in advance; a credit is negative."""
        return self.filter(account=LedgerEntry.Account.ADVANCE)

    def until(self, day):
        return self.filter(day__lte=day)

    def balance(self):
        """(Σ amount, Σ in the base currency); ask it of entries in one currency."""
        sums = self.aggregate(amount=Coalesce(Sum("amount"), money.ZERO), base=Coalesce(Sum("base"), money.ZERO))
        return sums["amount"], sums["base"]


class LedgerEntry(models.Model):
    """One line of a voucher (凭证分录): debits are positive, credits negative, and a voucher's lines sum to zero in the
    base currency. Rows are only ever added; the database refuses anything else, but that they follow a customer who is
    merged into another."""

    class Account(models.TextChoices):
        RECEIVABLE = "receivable", _("Accounts receivable")
        ADVANCE = "advance", _("Advances from customers")
        BANK = "bank", _("Bank")
        REVENUE = "revenue", _("Revenue")
        OUTPUT_TAX = "output_tax", _("Output VAT")
        BANK_FEE = "bank_fee", _("Bank fees")
        EXCHANGE = "exchange", _("Exchange differences")
        BAD_DEBT = "bad_debt", _("Bad debts")

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("Invoice issued")
        VOID = "void", _("Invoice voided")
        CREDIT_NOTE = "credit_note", _("Credit note issued")
        PAYMENT = "payment", _("Payment received")
        ALLOCATION = "allocation", _("Payment allocated")
        DEALLOCATION = "deallocation", _("Allocation undone")
        BOUNCE = "bounce", _("Payment bounced")
        REVERSAL = "reversal", _("Payment reversed")
        REFUND = "refund", _("Payment refunded")
        WRITE_OFF = "write_off", _("Invoice written off")
        RECOVERY = "recovery", _("Write-off taken back")

    voucher = models.BigIntegerField()  # from the same sequence as the keys
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    account = models.CharField(_("account"), max_length=12, choices=Account)
    day = models.DateField(_("business day"))
    customer = models.ForeignKey("crm.Customer", models.PROTECT, related_name="+", verbose_name=_("customer"))
    invoice = models.ForeignKey(
        "billing.Invoice", models.PROTECT, null=True, db_index=False, related_name="entries", verbose_name=_("invoice")
    )
    payment = models.ForeignKey(
        "billing.Payment", models.PROTECT, null=True, db_index=False, related_name="entries", verbose_name=_("payment")
    )
    credit_note = models.ForeignKey(
        "billing.CreditNote", models.PROTECT, null=True, related_name="entries", verbose_name=_("credit note")
    )
    tax_rate = models.DecimalField(_("tax rate %"), max_digits=5, decimal_places=2, null=True)
    currency = models.CharField(_("currency"), max_length=3)
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=2)
    base = models.DecimalField(_("in base currency"), max_digits=18, decimal_places=2)
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now)
    actor = models.ForeignKey("crm.User", models.PROTECT, null=True, db_index=False, related_name="+")
    event = models.ForeignKey("crm.Event", models.PROTECT, null=True, db_index=False, related_name="+")

    objects = LedgerQuerySet.as_manager()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        indexes = [
            models.Index(fields=["invoice", "account"], name="ledger_of_invoice"),
            models.Index(fields=["payment", "account"], name="ledger_of_payment"),
            models.Index(fields=["account", "day"], name="ledger_of_account"),
            models.Index(fields=["day", "voucher"], name="ledger_by_day"),
        ]

    def __str__(self):
        return f"{self.voucher} {self.account} {self.amount} {self.currency}"
