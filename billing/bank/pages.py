"""The pages of bank accounts, statements and lines."""

from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from billing.bank import checking, statements
from billing.bank.filters import BankAccountFilter, BankLineFilter, BankStatementFilter
from billing.bank.forms import BankAccountForm, ColumnsForm, UploadForm
from billing.bank.models import BankAccount, BankLine, BankStatement
from crm import access, uploads
from crm.templatetags import badges, formatting
from crm.verbs import add_refusal
from crm.web import Column, RecordPages
from crm.web.responses import go

Status = BankStatement.Status


def red_flag(statement):
    """Its state; in red where it was taken in although it does not add up."""
    badge = badges.badge(statement)
    if statement.status == Status.IMPORTED and checking.serious(statement.problems):
        return badge + badges.tone_badge(BankStatement.Status.FLAGGED.label, badges.RED)
    return badge


class BankAccountPages(RecordPages):
    model = BankAccount
    filterset_class = BankAccountFilter
    form_class = BankAccountForm
    section = "bank"
    icon = "building-bank"
    may_follow_up = False
    empty_text = _("No bank accounts yet.")
    columns = (
        Column("name", sort="name"),
        Column("bank", sort="bank"),
        Column("number", sort="number"),
        Column("currency"),
        Column("balance", _("balance")),
        Column("waiting", _("to be matched"), render=lambda account: account.waiting or "", align="end"),
        Column("is_active"),
    )
    facts = ("bank", "number", "currency", "opening_balance", "balance", "book_from", "is_active")

    def rows(self):
        return super().rows().with_balance()

    def related(self, account):
        if not access.allows(self.request.user, "billing.view_bankstatement"):
            return []
        found = self.related_list(_("Statements"), BankStatementPages, account.statements.all())
        found.create_url = f"{reverse('billing:bankstatement_upload')}?account={account.pk}"
        found.create_label = _("Bring in a statement")
        return [found]


class BankStatementPages(RecordPages):
    model = BankStatement
    filterset_class = BankStatementFilter
    section = "bank"
    icon = "file-invoice"
    may_follow_up = False
    detail_template = "billing/bank/statement.html"
    select_related = ("account", "uploaded_by", "taken_by", "job")
    empty_text = _("No bank statements yet.")
    columns = (
        Column("name", sort="name"),
        Column("account"),
        Column("state", _("status"), render=red_flag),
        Column("first_day", sort="first_day"),
        Column("last_day", sort="last_day"),
        Column("total", sort="total", align="end"),
        Column("added", align="end"),
        Column("uploaded_by"),
        Column("created_at"),
    )
    facts = ("account", "format", "first_day", "last_day", "total", "added", "uploaded_by", "taken_by")

    @property
    def import_url(self):
        may = access.allows(self.request.user, "billing.add_bankstatement")
        return reverse("billing:bankstatement_upload") if may else None

    def extra(self, statement):
        currency = statement.currency
        return {
            "problems": checking.told(statement.problems),
            "opening": formatting.money(statement.opening, currency),
            "closing": formatting.money(statement.closing, currency),
            "lines_url": f"{reverse('billing:bankline_list')}?statement={statement.pk}",
            "file_download": reverse("billing:bankstatement_download", args=[statement.pk]),
        }

    def detail(self, pk):
        """The columns while they are to be matched, then the progress, then the result."""
        self.may("view")
        statement = self.get(pk)
        if statement.status == Status.RECEIVED:
            return self.match_columns(statement)
        if self.request.htmx and statement.status == Status.RUNNING:
            return render(self.request, "_progress.html", {"job": statement.job, "progress_url": self.request.path})
        return go(self.request, self.request.path) if self.request.htmx else self.show(statement)

    def match_columns(self, statement):
        form = ColumnsForm(self.request.POST or None, statement=statement)
        if form.is_valid():
            try:
                return redirect(statements.start(statement, columns=form.columns(), by=self.request.user))
            except ValidationError as refusal:
                add_refusal(form, refusal)
        discard = reverse("billing:bankstatement_act", args=[statement.pk, "discard"])
        context = {"statement": statement, "form": form, "discard_url": discard}
        return render(self.request, "billing/bank/columns.html", context, status=422 if form.errors else 200)

    def upload(self):
        """Send a file of the bank."""
        self.may("add")
        form = UploadForm(
            self.request.POST or None, self.request.FILES or None, by=self.request.user,
            initial={"account": self.request.GET.get("account")},
        )  # fmt: skip
        if form.is_valid():
            try:
                return redirect(statements.receive(**form.cleaned_data, by=self.request.user))
            except ValidationError as refusal:
                add_refusal(form, refusal)
        context = {"form": form, "cancel_url": reverse("billing:bankstatement_list")}
        return render(self.request, "billing/bank/upload.html", context, status=422 if form.errors else 200)

    def download(self, pk):
        """The file as it came from the bank."""
        self.may("view")
        statement = self.get(pk)
        return uploads.download(statement.file, statement.name)

    @classmethod
    def urls(cls, prefix):
        return [
            path(f"{prefix}/upload/", cls.view("upload"), name="bankstatement_upload"),
            path(f"{prefix}/<int:pk>/download/", cls.view("download"), name="bankstatement_download"),
            *super().urls(prefix),
        ]


class BankLinePages(RecordPages):
    model = BankLine
    filterset_class = BankLineFilter
    section = "bank"
    icon = "arrows-exchange"
    may_follow_up = False
    select_related = ("account", "statement", "match__made_by")
    empty_text = _("No bank lines yet.")
    columns = (
        Column("booked_on", sort="booked_on"),
        Column("payer", sort="payer"),
        Column("amount", sort="amount"),
        Column("status"),
        Column("memo"),
        Column("account"),
        Column("reference"),
        Column("ignored_as"),
    )
    facts = (
        "account", "booked_on", "value_on", "amount", "payer", "payer_account", "memo", "reference", "statement",
        "position", "ignored_as", "ignored_note",
    )  # fmt: skip
