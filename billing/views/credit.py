"""The pages of credit: limits, and orders released above them."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing import exposure
from billing.collecting_filters import CreditLimitFilter, CreditReleaseFilter
from billing.collecting_forms import CreditLimitForm, CreditReleaseForm
from billing.models import CreditLimit, CreditRelease
from billing.services.credit import ask_release, obstacle
from billing.views.columns import CUSTOMER
from contracts.models import Order
from crm import access
from crm.models import Company, Customer
from crm.templatetags.formatting import money
from crm.web import Column, RecordPages, Related, relate


class CreditLimitPages(RecordPages):
    model = CreditLimit
    filterset_class = CreditLimitFilter
    form_class = CreditLimitForm
    section = "collection"
    icon = "gauge"
    may_follow_up = False
    select_related = ("customer__owner__team",)
    empty_text = _("No credit limits. Without one, orders are confirmed whatever the customer owes.")
    columns = (
        CUSTOMER, Column("status"), Column("limit", sort="limit", align="end"), Column("note"), Column("hold_reason"),
    )  # fmt: skip
    facts = ("customer", "limit", "note", "hold_reason")

    def related(self, limit):
        return [figures(limit)]


def figures(limit):
    """How the credit is used."""
    base, now = Company.current().base_currency, exposure.of_customer(limit.customer_id)
    rows = [
        (_("Owed, less advances"), now.owed),
        (_("Signed, not yet invoiced"), now.unbilled),
        (_("Exposure"), now.total),
    ]
    if limit.limit is not None:
        rows += [(_("Credit limit"), limit.limit), (_("Left"), limit.limit - now.total)]
    return Related(
        label=_("How the credit is used"),
        columns=[("what", _("What"), ""), ("amount", _("Amount"), "end")],
        rows=[{"record": limit, "url": "", "cells": [label, money(amount, base)]} for label, amount in rows],
    )


class CreditReleasePages(RecordPages):
    """They are asked for on the page of an order."""

    model = CreditRelease
    filterset_class = CreditReleaseFilter
    form_class = CreditReleaseForm
    section = "collection"
    icon = "lock-open"
    store = staticmethod(ask_release)
    create_url = None
    select_related = ("owner__team", "customer__owner__team", "order", "submitted_by", "decided_by")
    empty_text = _("No releases. They are asked for on the page of an order that credit holds back.")
    columns = (
        Column("number", sort="number"),
        Column("order"),
        CUSTOMER,
        Column("status"),
        Column("exposure", align="end"),
        Column("limit", align="end"),
        Column("reason"),
        Column("submitted_by"),
    )
    in_brief = (Column("number"), Column("status"), Column("reason"), Column("decided_by"))
    facts = ("order", "customer", "exposure", "limit", "reason", "submitted_by", "decided_by", "owner")

    def editable(self, release):
        return False


def credit_of(pages, customer):
    """The customer's limit, how it is used, and the way to set one."""
    user, limit = pages.request.user, CreditLimit.objects.filter(customer=customer).first()
    if limit and access.allows(user, "billing.view_creditlimit", limit):
        found = figures(limit)
        found.rows[0]["url"] = limit.get_absolute_url()
        state = limit.get_status_display()
        found.label = _("Credit") if limit.status == limit.Status.OPEN else f"{_('Credit')} · {state}"
        return found
    if limit is None and access.allows(user, "billing.add_creditlimit"):
        url = f"{reverse('billing:creditlimit_new')}?customer={customer.pk}"
        return Related(label=_("Credit"), columns=[], create_url=url, create_label=_("Set a credit limit"))
    return None


def releases_of(pages, order):
    """What was decided about an order that credit holds back, and the way to ask."""
    user = pages.request.user
    if not access.allows(user, "billing.view_creditrelease", order):
        return None
    rows = CreditRelease.objects.filter(order=order).order_by("-pk")
    label = _("Credit releases")
    waits = order.status == Order.Status.DRAFT and access.allows(user, "billing.add_creditrelease", order)
    if waits and not rows.filter(status__in=("asked", "approved")).exists() and (found := obstacle(order)):
        url = f"{reverse('billing:creditrelease_new')}?order={order.pk}"
        related = pages.related_list(found[0], CreditReleasePages, rows, url, _("Ask for release"),
                                     columns=CreditReleasePages.in_brief)  # fmt: skip
        return related
    related = pages.related_list(label, CreditReleasePages, rows, columns=CreditReleasePages.in_brief)
    return related if related.rows else None


relate(Customer, credit_of)
relate(Order, releases_of)
