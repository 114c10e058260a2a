"""The pages of invoices."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing import links
from billing.filters import InvoiceFilter
from billing.forms import InvoiceForm, invoice_lines
from billing.models import Allocation, Invoice, InvoiceLine, Payment, Reminder
from billing.reports import sum_in_base
from billing.services import billable, save_invoice
from billing.services.invoices import belong
from billing.views.columns import CUSTOMER, NUMBER, PAYMENT_STATE, due
from billing.views.write_offs import WriteOffPages
from crm import access, clock
from crm.models import Company
from crm.money import price_line, total
from crm.templatetags.formatting import money
from crm.web import Column, Related
from crm.web.lines import LINE_FIELDS, DocumentPages, lines_of


def reminders_about(invoice):
    """The letters that went out about an invoice."""
    sent = Reminder.objects.filter(items__invoice=invoice, status=Reminder.Status.SENT)
    return sent.with_balance().order_by("-pk")


class InvoicePages(DocumentPages):
    model = Invoice
    line_model = InvoiceLine
    filterset_class = InvoiceFilter
    form_class = InvoiceForm
    section = "billing"
    icon = "file-invoice"
    store = staticmethod(save_invoice)
    detail_template = "billing/invoice_detail.html"
    form_template = "billing/invoice_form.html"
    select_related = ("owner__team", "customer__owner__team", "contract", "order", "instalment", "billing_title")
    empty_text = _("No invoices yet. Ask for one on a signed contract.")
    columns = (
        NUMBER,
        CUSTOMER,
        PAYMENT_STATE,
        Column("status"),
        Column("gross", sort="gross"),
        Column("outstanding", _("outstanding"), sort="balance"),
        Column("issued_on", sort="issued_on"),
        Column("due_on", render=due, sort="due_on"),
        Column("owner"),
    )
    facts = (
        "customer", "contract", "order", "instalment", "billing_title", "tax_type", "tax_invoice_number",
        "tax_invoice_code", "currency", "issued_on", "due_on", "owner", "submitted_by", "returned_reason",
        "sent_at", "viewed_at", "notes",
    )  # fmt: skip

    def rows(self):
        return super().rows().with_balance()

    # List

    def list(self):
        self.as_then()
        return super().list()

    def exported(self):
        self.as_then()
        return super().exported()

    def as_then(self):
        """Asked for a past day, the list shows what was outstanding then."""
        if self.request.GET.get("as_of"):
            then = Column("balance", _("outstanding then"), sort="balance")
            self.columns = tuple(then if column.name == "outstanding" else column for column in self.columns)

    def list_extra(self, found):
        """The sums of all rows found, in the base currency, for who sees all their amounts."""
        user, base = self.request.user, Company.current().base_currency
        if not access.sees_all_money(user, Invoice):
            return {}
        owed = found.qs if self.request.GET.get("as_of") else found.qs.filter(status__in=Invoice.OWED)
        return {
            "totals": [
                (_("Total"), money(sum_in_base(found.qs, "gross"), base)),
                (_("Outstanding"), money(sum_in_base(owed), base)),
            ]
        }

    # Record

    def related(self, invoice):
        user = self.request.user
        found = [*super().related(invoice)]
        if access.allows(user, "billing.view_payment", invoice):
            found += [self.payments(invoice), self.credit_notes(invoice)]
        return [*found, *self.collecting(invoice)]

    def collecting(self, invoice):
        """What was tried to get it paid, as far as there is any."""
        from billing.views.collecting import DisputePages, PromisePages, ReminderPages

        lists = (
            (_("Disputes"), DisputePages, invoice.disputes.order_by("-pk")),
            (_("Promises to pay"), PromisePages, invoice.promises.with_received().order_by("-pk")),
            (_("Reminders"), ReminderPages, reminders_about(invoice)),
            (_("Write-offs"), WriteOffPages, invoice.write_offs.order_by("pk")),
        )
        found = [self.related_list(label, pages, rows, columns=pages.in_brief) for label, pages, rows in lists]
        return [related for related in found if related.rows]

    def payments(self, invoice):
        """What pays the invoice, and what is claimed to."""
        rows = Allocation.objects.filter(invoice=invoice).select_related("payment").order_by("pk")
        claims = invoice.claimed_payments.filter(status=Payment.Status.REGISTERED)
        columns = (Column("payment"), Column("allocated_on"), Column("amount"))
        waiting = [
            {"record": claim, "url": claim.get_absolute_url(), "cells": [claim.number, _("to be confirmed"), amount]}
            for claim in claims
            for amount in [money(claim.amount, claim.currency)]
        ]
        return Related(
            label=_("Payments"),
            columns=[(column.name, column.title(Allocation), column.at) for column in columns],
            rows=[self.allocation(row, columns) for row in rows] + waiting,
        )

    def allocation(self, row, columns):
        cells = [row.payment.number, *(column.cell(row, self.request.user) for column in columns[1:])]
        return {"record": row, "url": row.payment.get_absolute_url(), "cells": cells}

    def credit_notes(self, invoice):
        from billing.views.credits import CreditNotePages

        rows = invoice.credit_notes.order_by("pk")
        found = self.related_list(_("Credit notes"), CreditNotePages, rows, columns=CreditNotePages.in_brief)
        if invoice.status in Invoice.OWED and access.allows(self.request.user, "billing.add_creditnote"):
            found.create_url = f"{reverse(CreditNotePages.url_name('new'))}?invoice={invoice.pk}"
            found.create_label = _("Credit note")
        return found

    def papers(self, invoice):
        if not access.sees_money(self.request.user, invoice):
            return []
        return [
            (label, reverse("billing:invoice_paper", args=[invoice.pk, language]))
            for language, label in (("zh", _("PDF in Chinese")), ("en", _("PDF in English")))
        ]

    def extra(self, invoice):
        sees = access.sees_money(self.request.user, invoice)
        if invoice.status in Invoice.OWED:
            invoice.read_balance()
        return super().extra(invoice) | {
            "sees_money": sees,
            "payment_state": PAYMENT_STATE.render(invoice),
            "paid_percent": int(100 * (1 - invoice.outstanding / invoice.gross)) if invoice.gross else 0,
            "customer_link": links.address(invoice) if sees and invoice.link_digest else "",
        }

    # Form

    def editable(self, invoice):
        return invoice.status == Invoice.Status.DRAFT

    def formset_class(self):
        return invoice_lines()

    def blank(self):
        """For a contract its next instalment without an invoice is proposed."""
        invoice = super().blank()
        if invoice.contract and not (invoice.instalment or invoice.order):
            billed = Invoice.objects.counted().filter(instalment__isnull=False).values("instalment")
            invoice.instalment = invoice.contract.instalments.exclude(pk__in=billed).first()
        if invoice.contract or invoice.order or invoice.instalment:
            belong(invoice, self.request.user)
        if invoice.instalment and invoice.instalment.due_on >= clock.today():
            invoice.due_on = invoice.instalment.due_on
        return invoice

    def formset(self, invoice, data):
        if data is not None or not invoice._state.adding or not invoice.contract:
            return super().formset(invoice, data)
        lines = billable.lines_for(invoice)
        fields = (*LINE_FIELDS, "agreed_gross", "order_line")
        initial = [{field: getattr(line, field) for field in fields} for line in lines]
        total(invoice, [price_line(line, invoice.currency) for line in lines])
        return invoice_lines(extra=len(lines))(instance=invoice, prefix="lines", initial=initial)

    def typed_rows(self, form, parts):
        """A new invoice for a contract without typed lines takes what is left of the contract."""
        return {"lines": lines_of(parts["lines"]) or None}
