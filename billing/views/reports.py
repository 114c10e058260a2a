"""Ageing of what is owed, and the result of the nightly check."""

from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from billing import checks, reports
from billing.models import Invoice, MoneyCheck
from crm import access, chain, clock, jobs, money
from crm.doors import needs
from crm.models import Company


@needs("billing.view_invoice_terms")
def ageing(request):
    """What customers owe by how late it is, as of any day; each figure opens its invoices."""
    day = _day(request.GET.get("as_of", ""))
    invoices = access.visible(Invoice.objects.all(), request.user, "billing.view_invoice_terms")
    rows = [_ageing_row(row, day) for row in reports.ageing(invoices, day)]
    totals = [sum((row["amounts"][at] for row in rows), money.ZERO) for at in range(len(reports.BUCKETS))]
    context = {
        "day": day,
        "today": clock.today(),
        "buckets": [words for words, _first, _last in reports.BUCKETS.values()],
        "rows": rows,
        "totals": [
            (amount, _invoices_url(day, bucket=key)) for key, amount in zip(reports.BUCKETS, totals, strict=True)
        ],
        "total": sum(totals, money.ZERO),
        "all_url": _invoices_url(day),
        "currency": Company.current().base_currency,
    }
    return render(request, "billing/ageing.html", context)


def _day(text):
    try:
        return parse_date(text) or clock.today()
    except ValueError:
        return clock.today()


def _ageing_row(row, day):
    amounts = [row.get(key, money.ZERO) for key in reports.BUCKETS]
    urls = [_invoices_url(day, customer=row["key"], bucket=key) for key in reports.BUCKETS]
    return {
        "name": row["name"],
        "customer": row["key"],
        "amounts": amounts,
        "cells": list(zip(amounts, urls, strict=True)),
        "total": row["total"],
        "url": _invoices_url(day, customer=row["key"]),
    }


def _invoices_url(day, **query):
    return f"{reverse('billing:invoice_list')}?{urlencode({'as_of': day.isoformat(), **query})}"


@needs("billing.view_moneycheck")
def money_checks(request):
    """The last results of the nightly check, with what does not add up."""
    runs = list(MoneyCheck.objects.all()[:30])
    latest = runs[0] if runs else None
    context = {"latest": latest, "rules": _by_rule(latest) if latest else [], "runs": runs[1:]}
    return render(request, "billing/checks.html", context)


def _by_rule(check):
    """(rule, what breaks it) of one run."""
    return [
        (title, [_finding(found) for found in check.findings if found["rule"] == key])
        for key, title in checks.TITLES.items()
    ]


def _finding(found):
    model = chain.model_of(found["record_type"]) if found["record_type"] else None
    record = model.objects.filter(pk=found["record_id"]).first() if model else None
    return {"text": found["text"], "record": record, "url": record.get_absolute_url() if record else ""}


@needs("billing.view_moneycheck")
@require_POST
def check_now(request):
    """Ask for a run outside the nightly rhythm."""
    jobs.enqueue("billing.check_money", by=request.user)
    messages.success(request, _("The check is running; look again in a moment."))
    return redirect("billing:checks")
