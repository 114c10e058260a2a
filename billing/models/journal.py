"""How the ledger is handed to an accounting system: its account codes, and its columns."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.ledger import LedgerEntry
from crm.models import Shared

CODES = {  # by the Chinese standard chart of accounts
    LedgerEntry.Account.RECEIVABLE: ("1122", "应收账款"),
    LedgerEntry.Account.ADVANCE: ("2203", "预收账款"),
    LedgerEntry.Account.BANK: ("1002", "银行存款"),
    LedgerEntry.Account.REVENUE: ("6001", "主营业务收入"),
    LedgerEntry.Account.OUTPUT_TAX: ("22210105", "应交税费-应交增值税（销项税额）"),
    LedgerEntry.Account.BANK_FEE: ("660301", "财务费用-手续费"),
    LedgerEntry.Account.EXCHANGE: ("660302", "财务费用-汇兑损益"),
    LedgerEntry.Account.BAD_DEBT: ("6702", "信用减值损失"),
}
COLUMNS = {  # what a line of a journal can say
    "day": _("day of the voucher"),
    "year": _("financial year"),
    "month": _("month within the year"),
    "word": _("kind of voucher (记)"),
    "number": _("number of the voucher in the period"),
    "line": _("number of the line in the voucher"),
    "summary": _("what happened"),
    "code": _("account code"),
    "name": _("account name"),
    "debit": _("debit in the base currency"),
    "credit": _("credit in the base currency"),
    "direction": _("借 or 贷"),
    "currency": _("currency"),
    "amount": _("amount in its own currency"),
    "rate": _("rate to the base currency"),
    "customer_code": _("key of the customer"),
    "customer": _("customer"),
    "invoice": _("invoice number"),
    "payment": _("payment number"),
    "tax_rate": _("tax rate %"),
    "voucher": _("key of the voucher in this system"),
    "attachments": _("number of papers attached (0)"),
}
KINGDEE = """凭证日期 = day
会计年度 = year
会计期间 = month
凭证字 = word
凭证号 = number
分录号 = line
摘要 = summary
科目代码 = code
科目名称 = name
币别 = currency
汇率 = rate
原币金额 = amount
借方 = debit
贷方 = credit
核算项目-客户 = customer
附件数 = attachments"""
YONYOU = """制单日期 = day
凭证类别字 = word
凭证号 = number
附单据数 = attachments
摘要 = summary
科目编码 = code
科目名称 = name
借方金额 = debit
贷方金额 = credit
外币币种 = currency
外币金额 = amount
汇率 = rate
客户编码 = customer_code
客户名称 = customer
票据号 = invoice"""
FORMATS = {"kingdee": ("金蝶 Kingdee", KINGDEE), "yonyou": ("用友 Yonyou", YONYOU)}


class AccountCode(Shared):
    """What an account of the ledger is called in the company's own chart of accounts."""

    account = models.CharField(_("account"), max_length=12, choices=LedgerEntry.Account, unique=True, editable=False)
    code = models.CharField(_("account code"), max_length=40)
    name = models.CharField(_("account name"), max_length=100)

    class Meta:
        ordering = ["code"]
        verbose_name = _("account code")
        verbose_name_plural = _("account codes")

    def __str__(self):
        return f"{self.code} {self.name}"

    @classmethod
    def fill(cls):
        """Every account has a code, that of the standard chart until somebody changes it."""
        known = set(cls.objects.values_list("account", flat=True))
        missing = [cls(account=a, code=code, name=name) for a, (code, name) in CODES.items() if a not in known]
        if missing:
            cls.objects.bulk_create(missing, ignore_conflicts=True)


class JournalFormat(Shared):
    """The columns an accounting system reads, as `header = field`, one per line."""

    class Encoding(models.TextChoices):
        UTF8 = "utf-8-sig", "UTF-8"
        GB18030 = "gb18030", "GB18030"

    key = models.SlugField(_("short name"), max_length=20, unique=True)
    name = models.CharField(_("accounting system"), max_length=60)
    encoding = models.CharField(_("encoding"), max_length=10, choices=Encoding, default=Encoding.UTF8)
    columns = models.TextField(_("columns"), max_length=4000)

    class Meta:
        ordering = ["key"]
        verbose_name = _("journal format")
        verbose_name_plural = _("journal formats")

    def __str__(self):
        return self.name

    def clean(self):
        unknown = [field for _header, field in self.pairs() if field not in COLUMNS]
        if unknown or not self.pairs():
            words = ", ".join(unknown) or "—"
            raise ValidationError({"columns": _("These are no fields of a journal: %(words)s.") % {"words": words}})

    def pairs(self):
        """[(header, field)]"""
        lines = [line.partition("=") for line in self.columns.splitlines() if line.strip()]
        return [(header.strip(), field.strip()) for header, _sign, field in lines]

    @classmethod
    def fill(cls):
        """The formats everybody has until somebody changes or adds one."""
        if not cls.objects.exists():
            rows = [cls(key=key, name=name, columns=columns) for key, (name, columns) in FORMATS.items()]
            cls.objects.bulk_create(rows, ignore_conflicts=True)


class JournalFile(models.Model):
    """A closed period's journal as it was first handed out, so that it stays the same file."""

    period = models.ForeignKey("billing.Period", models.CASCADE, related_name="journals")
    digest = models.CharField(max_length=64)  # of the format's columns and the account codes
    content = models.BinaryField()
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["period", "digest"], name="one_journal_per_format")]

    def __str__(self):
        return f"{self.period} {self.digest[:8]}"
