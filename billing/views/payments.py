"""The pages of payments."""

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from billing import lineage
from billing.filters import PaymentFilter
from billing.forms import PaymentForm
from billing.models import Allocation, Payment, Refund
from billing.services import register_payment
from billing.views.columns import CUSTOMER
from crm import access
from crm.models import Company
from crm.templatetags.formatting import money
from crm.web import Column, RecordPages, Related
from crm.web.columns import show

PAID = Column("paid", render=lambda row: money(row.paid, row.payment.currency), align="end")
GAIN = Column("gain", render=lambda row: money(row.gain, Company.current().base_currency), align="end")


class PaymentPages(RecordPages):
    model = Payment
    filterset_class = PaymentFilter
    form_class = PaymentForm
    section = "billing"
    icon = "cash"
    quick_create = True
    store = staticmethod(register_payment)
    select_related = ("owner__team", "customer__owner__team", "invoice", "submitted_by")
    empty_text = _("No payments yet.")
    columns = (
        Column("number", sort="number"),
        CUSTOMER,
        Column("status"),
        Column("amount", sort="amount"),
        Column("available", _("free credit"), render=lambda p: p.available or "", align="end", sort="unallocated"),
        Column("received_on", sort="received_on"),
        Column("method"),
        Column("reference"),
        Column("invoice"),
    )
    facts = (
        "customer", "invoice", "amount", "bank_fee", "rate", "received_on", "method", "reference", "payer", "note",
        "owner", "submitted_by", "undone_on",
    )  # fmt: skip

    def rows(self):
        return super().rows().with_unallocated()

    def shown_facts(self, payment):
        asked = ("refund_asked", "refund_reason") if payment.refund_asked else ()
        plain = {"bank_fee": payment.bank_fee, "rate": payment.rate != 1}
        return (*(name for name in self.facts if plain.get(name, True)), *asked)

    def related(self, payment):
        found = [*super().related(payment), self.allocations(payment)]
        if payment.status in Payment.RECEIVED:
            found.append(self.origin(payment))
        return [*found, self.refunds(payment)] if payment.refunds.exists() else found

    def allocations(self, payment):
        rows = payment.allocations.select_related("invoice", "payment").order_by("pk")
        apart = (PAID, GAIN) if any(row.gain or row.paid != row.amount for row in rows) else ()
        return self.table(_("Pays"), Allocation, rows, ("invoice", "allocated_on", "amount", *apart))

    def origin(self, payment):
        """Where this money came from: along the chain of each invoice it pays, up to the campaign."""
        user = self.request.user
        return Related(
            label=_("Where this money came from"),
            columns=[
                ("amount", _("Amount"), "end"),
                *((name, capfirst(str(words)), "") for name, words in lineage.STEPS),
            ],
            rows=[
                {"record": payment, "url": "", "cells": [money(amount, payment.currency), *map(show, steps)]}
                for steps, amount in lineage.of_payment(payment, user)
            ],
        )

    def refunds(self, payment):
        rows = payment.refunds.select_related("payment", "approved_by").order_by("pk")
        apart = ("rate", GAIN) if any(row.rate != 1 for row in rows) else ()
        return self.table(_("Refunds"), Refund, rows, ("refunded_on", "amount", "approved_by", *apart))

    def table(self, label, model, rows, names):
        columns = [name if isinstance(name, Column) else Column(name) for name in names]
        return Related(
            label=label,
            columns=[(column.name, column.title(model), column.at) for column in columns],
            rows=[
                {"record": row, "url": "", "cells": [column.cell(row, self.request.user) for column in columns]}
                for row in rows
            ],
        )

    def save(self, form, parts):
        """The proof goes with the payment into the one act."""
        payment = form.save(commit=False)
        return self.store(payment, proof=form.cleaned_data.get("proof"), by=self.request.user)


def create_url(user, customer):
    """Where to register a payment of this customer; empty for who may not."""
    if not access.allows(user, "billing.add_payment", customer):
        return ""
    return f"{reverse(PaymentPages.url_name('new'))}?customer={customer.pk}"
