"""PDFs, for colleagues and for the customer with the link."""

from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from billing import links, papers
from billing.models import CreditNote, Invoice
from billing.services import mark_viewed
from crm import access, clock
from crm.doors import needs
from crm.models import Company, Customer


def pdf(content, name):
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


def language_of(short):
    if short not in papers.LANGUAGES:
        raise Http404
    return papers.LANGUAGES[short]


@needs("billing.view_invoice")
def invoice_paper(request, pk, language):
    """The invoice as PDF, for who sees its amounts."""
    rows = Invoice.objects.visible_to(request.user).select_related("customer__owner__team", "owner__team", "contract")
    invoice = get_object_or_404(rows, pk=pk)
    if not access.sees_money(request.user, invoice):
        raise PermissionDenied(_("Your role does not see the amounts of invoices."))
    return pdf(papers.invoice_pdf(invoice, language_of(language)), str(invoice))


@needs("billing.view_creditnote")
def credit_note_paper(request, pk, language):
    note = get_object_or_404(CreditNote.objects.visible_to(request.user).select_related("invoice__customer"), pk=pk)
    return pdf(papers.credit_note_pdf(note, language_of(language)), str(note))


@needs("billing.view_invoice_terms")
def statement(request, pk, language):
    """The customer's statement of account (对账单), by default over the last three months."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    if not access.allows(request.user, "billing.view_invoice_terms", customer):
        raise PermissionDenied(_("Your role does not see the amounts of invoices."))
    last = parse_date(request.GET.get("to", "")) or clock.today()
    first = parse_date(request.GET.get("from", "")) or (last - timedelta(days=90)).replace(day=1)
    currency = request.GET.get("currency") or Company.current().base_currency
    content = papers.statement_pdf(customer, currency, first, last, language_of(language))
    return pdf(content, f"statement-{customer.pk}-{last:%Y%m%d}")


@login_not_required
@never_cache
def customer_invoice(request, key):
    """The invoice on a page made for phones. Opening it is noted once; colleagues who look do not count."""
    invoice = links.find(key)
    if invoice is None:
        return render(request, "billing/customer_invoice_unknown.html", status=404)
    if not request.user.is_authenticated:
        mark_viewed(invoice)
    context = {
        "invoice": invoice,
        "lines": invoice.lines.select_related("product"),
        "company": Company.current(),
        "key": key,
        "overdue": invoice.outstanding > 0 and invoice.due_on < clock.today(),
    }
    response = render(request, "billing/customer_invoice.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response


@login_not_required
@never_cache
def customer_invoice_pdf(request, key):
    invoice = links.find(key)
    if invoice is None:
        return render(request, "billing/customer_invoice_unknown.html", status=404)
    language = "zh-hans" if translation.get_language().startswith("zh") else "en"
    return pdf(papers.invoice_pdf(invoice, language), str(invoice))
