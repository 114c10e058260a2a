"""What billing shows on the pages of the earlier stages."""

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice, Payment, Reminder
from billing.reports import lineage
from billing.views.collecting import ReminderPages
from billing.views.columns import NUMBER, PAYMENT_STATE, due
from billing.views.invoices import InvoicePages
from billing.views.payments import PaymentPages, create_url
from contracts.models import Contract, Order
from crm import access
from crm.models import Company, Customer
from crm.templatetags.formatting import money
from crm.web import Column, Related, relate
from leads.models import Campaign

IN_BRIEF = (
    NUMBER,
    Column("status"),
    PAYMENT_STATE,
    Column("gross"),
    Column("outstanding", _("outstanding")),
    Column("due_on", render=due),
)
PAYMENTS_IN_BRIEF = (Column("number"), Column("status"), Column("amount"), Column("received_on"), Column("invoice"))


def invoices_of(pages, record):
    """The invoices of a contract, an order or a customer, and the way to ask for one."""
    user = pages.request.user
    if not access.scope(user, "billing.view_invoice"):
        return None
    rows = Invoice.objects.with_balance().filter(**{record.record_type: record}).order_by("-pk")
    found = pages.related_list(_("Invoices"), InvoicePages, rows, columns=IN_BRIEF)
    contract = {"contract": record, "order": getattr(record, "contract", None)}.get(record.record_type)
    if contract and contract.status in Contract.BINDING and access.allows(user, "billing.add_invoice", record):
        found.create_url = f"{reverse(InvoicePages.url_name('new'))}?{record.record_type}={record.pk}"
        found.create_label = _("Request invoice")
    return found


def payments_of(pages, record):
    """What the customer paid, or what was paid on the contract."""
    user = pages.request.user
    if not access.scope(user, "billing.view_payment"):
        return None
    rows = Payment.objects.with_unallocated().order_by("-pk")
    if record.record_type == "customer":
        rows = rows.filter(customer=record)
    else:
        paid = Payment.objects.filter(Q(allocations__invoice__contract=record) | Q(invoice__contract=record))
        rows = rows.filter(pk__in=paid.values("pk"))
    found = pages.related_list(_("Payments"), PaymentPages, rows, columns=PAYMENTS_IN_BRIEF)
    if record.record_type == "customer" and (address := create_url(user, record)):
        found.create_url, found.create_label = address, _("Register payment")
    return found


def statement_of(pages, customer):
    """The way to the customer's statement of account."""
    if not access.allows(pages.request.user, "billing.view_invoice_terms", customer):
        return None
    url = reverse("billing:statement_page", args=[customer.pk])
    return Related(label=_("Statement of account"), columns=[], create_url=url, create_label=_("Open the statement"))


def reminders_of(pages, customer):
    """The letters to a customer, sent and to be sent."""
    rows = Reminder.objects.with_balance().filter(customer=customer).order_by("-pk")
    found = pages.related_list(_("Reminders"), ReminderPages, rows, columns=ReminderPages.in_brief)
    return found if found.rows else None


def cash_of(pages, campaign):
    """What was collected on the chains that began with the campaign's leads, month by month."""
    if not access.allows(pages.request.user, "billing.view_campaign_cash"):
        return None
    currency, months = Company.current().base_currency, lineage.by_month(campaign)
    cells = [[f"{month:%Y-%m}", money(amount, currency)] for month, amount in months]
    cells += [[_("Total"), money(sum(amount for _month, amount in months), currency)]] if months else []
    rows = [{"record": campaign, "url": "", "cells": each} for each in cells]
    columns = [("month", _("Month"), ""), ("cash", _("Cash it brought"), "end")]
    return Related(label=_("Cash it brought"), columns=columns, rows=rows)


relate(Campaign, cash_of)
for model in (Contract, Order, Customer):
    relate(model, invoices_of)
relate(Contract, payments_of)
relate(Customer, payments_of)
relate(Customer, reminders_of)
relate(Customer, statement_of)
