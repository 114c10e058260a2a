"""Invoices, credit notes and statements as papers a customer receives."""

from datetime import date
from decimal import Decimal

from django.utils import translation
from django.utils.translation import gettext as _

from billing.reports import statement_rows
from billing.services import dunning
from crm import clock
from crm.models import Company
from crm.papers import Paper, PaperLine, Party, render
from crm.papers.paper import Kind

LANGUAGES = {"zh": "zh-hans", "en": "en"}


def seller():
    """Our own company as the letterhead shows it."""
    company = Company.current()
    return Party(
        name=company.name,
        address=company.address,
        tax_number=company.tax_number,
        bank=company.bank_account,
        phone=company.phone,
        logo=company.logo.path if company.logo else None,
    )


def buyer(invoice):
    """The buyer as frozen on issue; before that, as the billing title reads today."""
    kept = invoice.buyer
    if not kept and invoice.billing_title:
        title = invoice.billing_title
        kept = {"title": title.title, "tax_number": title.tax_number, "address": title.address}
    return Party(
        name=invoice.customer.name,
        billing_title=kept.get("title", ""),
        tax_number=kept.get("tax_number", ""),
        address=kept.get("address", ""),
        bank=kept.get("bank_account", ""),
    )


def invoice_pdf(invoice, language):
    """The invoice as PDF; a request that is not issued yet is marked as a draft."""
    with translation.override(language):
        paper = Paper(
            kind=Kind.INVOICE,
            number=str(invoice),
            date=invoice.issued_on or clock.today(),
            company=seller(),
            customer=buyer(invoice),
            currency=invoice.currency,
            net=invoice.net,
            tax=invoice.tax,
            gross=invoice.gross,
            lines=[_line(line) for line in invoice.lines.select_related("product")],
            meta=_invoice_meta(invoice),
            notes=invoice.notes,
            draft=invoice.issued_on is None,
        )
    return render(paper, language)


def _line(line):
    product = line.product
    return PaperLine(
        description=line.description or str(product or ""),
        quantity=line.quantity,
        unit=product.unit if product else "",
        unit_price=line.unit_price,
        discount_percent=line.discount_percent,
        net=line.net,
        tax_rate=line.tax_rate,
        tax=line.tax,
        gross=line.gross,
    )


def _invoice_meta(invoice):
    found = [(_("Invoice type"), str(invoice.get_tax_type_display()))]
    if invoice.due_on:
        found.append((_("Due on"), invoice.due_on.isoformat()))
    if invoice.contract:
        found.append((_("Contract"), invoice.contract.number))
    return found


def credit_note_pdf(note, language):
    """The credit note as PDF, naming the invoice it takes back."""
    invoice = note.invoice
    with translation.override(language):
        text = _("Credit for invoice %(invoice)s") % {"invoice": invoice}
        line = PaperLine(description=text, net=note.net, tax=note.tax, gross=note.amount)
        paper = Paper(
            kind=Kind.CREDIT_NOTE,
            number=str(note),
            date=note.issued_on or clock.today(),
            company=seller(),
            customer=buyer(invoice),
            currency=invoice.currency,
            net=note.net,
            tax=note.tax,
            gross=note.amount,
            lines=[line],
            meta=[(_("Invoice"), str(invoice))],
            notes=note.reason,
            draft=note.issued_on is None,
        )
    return render(paper, language)


def reminder_pdf(letter, language):
    """The dunning letter: what was sent, or what would be sent now, marked as a draft."""
    short = next(key for key, name in LANGUAGES.items() if name == language)
    is_sent = letter.status == letter.Status.SENT
    with translation.override(language):
        rows = listed(letter)
        subject, message = letter.subject, letter.message
        if short != letter.language and rows:
            subject, message = dunning.words(letter, [invoice for invoice, _amount, _late in rows], short)
        lines = [_owed(*row) for row in rows]
        paper = Paper(
            kind=Kind.REMINDER,
            number=letter.number,
            date=letter.sent_on or clock.today(),
            company=seller(),
            customer=Party(name=letter.customer.name, address=letter.customer.address),
            currency=letter.currency,
            gross=sum((line.gross for line in lines), Decimal("0.00")),
            lines=lines,
            title=subject,
            opening=message,
            draft=not is_sent,
        )
    return render(paper, language)


def listed(letter):
    """[(invoice, what was owed on it, days overdue)]: as the letter was sent, or as it would be sent now."""
    if letter.items.exists():
        rows = list(letter.items.select_related("invoice").order_by("-days_late", "pk"))
        for item in rows:
            item.invoice.balance = item.amount
        return [(item.invoice, item.amount, item.days_late) for item in rows]
    today, found = clock.today(), dunning.overdue_of(letter.customer, letter.currency)
    return [(invoice, invoice.balance, (today - invoice.due_on).days) for invoice in found]


def _owed(invoice, amount, days_late):
    text = _("Invoice %(invoice)s, %(days)s days overdue") % {"invoice": invoice, "days": days_late}
    return PaperLine(description=text, date=invoice.due_on, gross=amount)


def statement_pdf(customer, currency, first: date, last: date, language):
    """The customer's account between two days: what was owed, billed, paid, and is owed at the end (对账单)."""
    with translation.override(language):
        opening, rows = statement_rows(customer, currency, first, last)
        lines = [PaperLine(description=_("Balance brought forward"), date=first, gross=opening)]
        lines += [PaperLine(description=text, date=day, gross=amount) for day, text, amount in rows]
        paper = Paper(
            kind=Kind.STATEMENT,
            number=f"{customer.pk:05d}-{last:%Y%m%d}",
            date=last,
            company=seller(),
            customer=Party(name=customer.name, address=customer.address),
            currency=currency,
            gross=sum((line.gross for line in lines), Decimal("0.00")),
            lines=lines,
            meta=[(_("Period"), f"{first.isoformat()} – {last.isoformat()}")],
        )
    return render(paper, language)
