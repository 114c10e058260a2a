"""The pages and files of the reports: one shape for all of them."""

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.http import HttpResponseBadRequest
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import capfirst

from billing.reports.catalogue import REPORTS
from billing.reports.shape import COUNT, DATE, DAYS, MONEY, PERCENT, TEXT, asked, month_name
from crm import access, clock
from crm.doors import needs
from crm.models import Company
from crm.templatetags import formatting
from crm.web.exports import rows_response

SHOWN = {
    MONEY: lambda value: formatting.amount(value, Company.current().base_currency),
    PERCENT: formatting.percent,
    DAYS: lambda value: f"{value:.1f}",
    DATE: formatting.when,
    COUNT: formatting.plain,
    TEXT: str,
}


@needs("billing.view_report")
def index(request):
    """All the reports this person may read."""
    return render(request, "billing/reports.html", {"reports": readable(request.user)})


def readable(user):
    return [
        {"report": report, "url": reverse(f"billing:report_{key}")}
        for key, report in REPORTS.items()
        if access.allows(user, report.permission)
    ]


def page(report):
    """The page of a report."""

    @needs(report.permission)
    def show(request):
        problem, wanted = None, request.GET
        try:
            question = asked(request.user, report, wanted)
        except ValidationError as refusal:
            problem, question = refusal, asked(request.user, report, {})
        context = context_of(report, question, request) | {"problem": problem}
        return render(request, "billing/report.html", context, status=422 if problem else 200)

    return show


def context_of(report, question, request):
    table, currency = report.table(question), Company.current().base_currency
    return {
        "report": report,
        "reports": readable(request.user),
        "question": question,
        "first": month_name(question.first),
        "last": month_name(question.last),
        "today": clock.today(),
        "currency": currency,
        "heads": [(_head(figure, currency), figure.kind != TEXT) for figure in table.figures],
        "rows": [(_cells(table, row.values, row.urls), row.urls.get("statement")) for row in table.rows],
        "has_statements": any(row.urls.get("statement") for row in table.rows),
        "totals": _cells(table, table.totals, table.total_urls) if table.totals and table.rows else None,
        "export_urls": [(kind.upper(), _export_url(report, kind, request)) for kind in ("csv", "xlsx")],
    }


def _head(figure, currency):
    label = capfirst(str(figure.label))
    return f"{label}, {currency}" if figure.kind == MONEY else label


def _cells(table, values, urls):
    """(text, address, is a number) of each column; a zero leads nowhere."""
    return [
        (shown(figure, values.get(figure.key)), urls.get(figure.key) if values.get(figure.key) else "",
         figure.kind != TEXT)
        for figure in table.figures
    ]  # fmt: skip


def shown(figure, value):
    if value is None or (value == 0 and figure.kind == MONEY):
        return "—" if figure.kind != TEXT else ""
    return SHOWN[figure.kind](value)


def _export_url(report, kind, request):
    return f"{reverse(f'billing:report_{report.key}_file', args=[kind])}?{request.GET.urlencode()}"


def file(report):
    """The same as a file, figures as plain values."""

    @needs(report.permission)
    def export(request, kind):
        try:
            question = asked(request.user, report, request.GET)
        except ValidationError as refusal:
            return HttpResponseBadRequest("; ".join(refusal.messages))
        table, currency = report.table(question), Company.current().base_currency
        heads = [_head(figure, currency) for figure in table.figures]
        rows = [[plain(row.values.get(figure.key)) for figure in table.figures] for row in table.rows]
        if table.totals:
            rows.append([plain(table.totals.get(figure.key)) for figure in table.figures])
        return rows_response(heads, rows, f"{report.key}-{_span(report, question)}", kind)

    return export


def _span(report, question):
    if report.on_day:
        return question.day.isoformat()
    return f"{month_name(question.first)}-{month_name(question.last)}"


def plain(value):
    """Numbers, days and plain words; what is translated, in the reader's language."""
    if isinstance(value, Decimal):
        return round(value, 6).normalize() if value.as_tuple().exponent < -6 else value
    return value if value is None or isinstance(value, int | date) else str(value)
