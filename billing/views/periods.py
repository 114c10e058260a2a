"""The months of the books."""

from decimal import Decimal

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from billing.filters import PeriodFilter
from billing.models import Invoice, JournalFormat, Payment, Period
from billing.reports.movements import FIGURES, roll_forward
from billing.services.periods import fill_months
from billing.views.invoices import InvoicePages
from billing.views.payments import PaymentPages
from crm import access
from crm.models import Company
from crm.templatetags.formatting import money
from crm.web import Column, RecordPages, Related


class PeriodPages(RecordPages):
    model = Period
    filterset_class = PeriodFilter
    section = "books"
    icon = "calendar"
    may_follow_up = False
    empty_text = _("No periods yet.")
    columns = (
        Column("period", _("period"), render=str, sort="first_day"),
        Column("status"),
        Column("first_day"),
        Column("last_day"),
        Column("status_since"),
    )
    facts = ("first_day", "last_day", "status_since")

    def papers(self, period):
        """Its journal, as each accounting system reads it."""
        if not access.allows(self.request.user, "billing.view_journal"):
            return []
        JournalFormat.fill()
        return [
            (_("Journal for %(system)s") % {"system": form}, reverse("billing:journal", args=[period.pk, form.key]))
            for form in JournalFormat.objects.all()
        ]

    def list(self):
        fill_months()
        return super().list()

    def related(self, period):
        month = (period.first_day, period.last_day)
        invoices = Invoice.objects.with_balance().filter(issued_on__range=month).order_by("pk")
        payments = Payment.objects.with_unallocated().filter(received_on__range=month).order_by("pk")
        return [
            self.roll_forward(period),
            self.related_list(_("Invoices issued"), InvoicePages, invoices),
            self.related_list(_("Payments received"), PaymentPages, payments),
        ]

    def roll_forward(self, period):
        """How the receivables moved: as kept when it was closed, else as of now."""
        kept, currency = period.roll_forward, Company.current().base_currency
        moved = kept or roll_forward(period.first_day, period.last_day)
        label = _("Receivables as closed") if kept else _("Receivables so far")
        rows = [
            {
                "record": period,
                "url": "",
                "cells": [capfirst(str(figure.label)), money(Decimal(moved[figure.key]), currency)],
            }
            for figure in FIGURES[1:]
        ]
        return Related(label=label, columns=[("name", _("Movement"), ""), ("amount", currency, "end")], rows=rows)
