"""The quote as the customer receives it on paper."""

from pathlib import Path

from django.utils import translation
from django.utils.translation import gettext as _

from crm import clock
from crm.models import Company
from crm.papers import Kind, Paper, PaperLine, Party, render
from crm.papers.figures import Figures

LANGUAGES = {"zh": "zh-hans", "en": "en"}  # as the addresses of papers name them


def quote_pdf(quote, language):
    """The quote as PDF in the language ("zh-hans" or "en"), marked as a draft until it may go out."""
    with translation.override(language):
        return render(paper_of(quote, language), language)


def paper_of(quote, language):
    customer = quote.customer
    until = Figures(language, quote.currency).day(quote.valid_until)
    contact = [(_("Contact"), quote.contact.name)] if quote.contact else []
    owner = [(_("Your contact with us"), str(quote.owner))] if quote.owner else []
    return Paper(
        kind=Kind.QUOTE,
        number=quote.number if quote.revision == 1 else f"{quote.number} · V{quote.revision}",
        date=clock.business_day(quote.sent_at or quote.created_at),
        title=quote.opportunity.name,
        company=_ourselves(),
        customer=Party(name=customer.name, address=customer.address, phone=customer.phone),
        currency=quote.currency,
        net=quote.net,
        tax=quote.tax,
        gross=quote.gross,
        lines=[_line(line) for line in quote.lines.select_related("product")],
        meta=[(_("Valid until"), until), *contact, *owner],
        terms=quote.terms,
        draft=quote.status in (quote.Status.DRAFT, quote.Status.IN_APPROVAL),
    )


def _ourselves():
    company = Company.current()
    return Party(
        name=company.name,
        address=company.address,
        phone=company.phone,
        tax_number=company.tax_number,
        bank=company.bank_account,
        logo=Path(company.logo.path) if company.logo else None,
    )


def _line(line):
    return PaperLine(
        description=str(line),
        quantity=line.quantity,
        unit=line.product.unit if line.product else "",
        unit_price=line.unit_price,
        discount_percent=line.discount_percent,
        net=line.net,
        tax_rate=line.tax_rate,
        tax=line.tax,
        gross=line.gross,
    )
