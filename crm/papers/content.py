"""Turns a paper into the plain texts its template lays out; call it with the paper's language active."""

from django.utils.translation import gettext as _

from crm.papers.figures import Figures
from crm.papers.paper import Kind, Paper, Party
from crm.words import amount_in_capitals

WITH_CAPITALS = {Kind.INVOICE, Kind.CREDIT_NOTE, Kind.CONTRACT}
WITH_BANK = {Kind.QUOTE, Kind.CONTRACT, Kind.ORDER, Kind.INVOICE, Kind.STATEMENT, Kind.REMINDER}
SIGNED = {Kind.CONTRACT}


def content(paper: Paper, language: str) -> dict:
    """Everything the template shows, as texts in the reader's language; nothing in it is markup."""
    figures = Figures(language, paper.currency)
    return {
        "lang": language.split("-")[0],
        "date": [paper.date.year, paper.date.month, paper.date.day],
        "heading": _heading(paper.kind),
        "title": paper.title,
        "opening": paper.opening,
        "number": paper.number,
        "draft": _("Draft") if paper.draft else "",
        "company": {"name": paper.company.name, "details": _details(paper.company)},
        "customer": _customer(paper),
        "meta": [[_("Number"), paper.number], [_("Date"), figures.day(paper.date)], *map(list, paper.meta)],
        "table": _table(paper, figures),
        "totals": _totals(paper, figures),
        "capitals": _capitals(paper, language),
        "plan": _plan(paper, figures),
        "bank": _section(_("Bank details"), paper.company.bank if paper.kind in WITH_BANK else ""),
        "terms": _section(_("Terms"), paper.terms),
        "notes": _section(_("Notes"), paper.notes),
        "signatures": _signatures(paper),
        "page": _("Page {page} of {pages}"),
    }


def _heading(kind: Kind) -> str:
    return {
        Kind.QUOTE: _("Quote"),
        Kind.CONTRACT: _("Contract"),
        Kind.ORDER: _("Order confirmation"),
        Kind.INVOICE: _("Invoice"),
        Kind.CREDIT_NOTE: _("Credit note"),
        Kind.STATEMENT: _("Statement of account"),
        Kind.REMINDER: _("Payment reminder"),
    }[kind]


def _details(party: Party) -> list[str]:
    tax_number = f"{_('Tax number')} {party.tax_number}" if party.tax_number else ""
    return [text for text in (party.address, party.phone, tax_number) if text]


def _customer(paper: Paper) -> dict:
    party = paper.customer
    label = _("Bill to") if paper.kind in (Kind.INVOICE, Kind.CREDIT_NOTE) else _("Customer")
    details = _details(party) + [text for text in [party.bank] if text]
    return {"label": label, "name": party.billing_title or party.name, "details": details}


def _table(paper: Paper, figures: Figures) -> dict:
    """The columns that any line fills, each with its label, its width and its cells."""
    lines = paper.lines
    gross = _("Gross") if any(line.net is not None for line in lines) else _("Amount")
    columns = [
        (_("No."), "right", [str(position) for position, line in enumerate(lines, 1)]),
        (_("Date"), "left", [figures.short_day(line.date) for line in lines]),
        (_("Description"), "text", [line.description for line in lines]),
        (_("Quantity"), "right", [figures.quantity(line.quantity) for line in lines]),
        (_("Unit"), "left", [line.unit for line in lines]),
        (_("Unit price"), "right", [figures.unit_price(line.unit_price) for line in lines]),
        (_("Discount"), "right", [figures.percent(line.discount_percent or None) for line in lines]),
        (_("Net"), "right", [figures.amount(line.net) for line in lines]),
        (_("Tax rate"), "right", [figures.percent(line.tax_rate) for line in lines]),
        (_("Tax"), "right", [figures.amount(line.tax) for line in lines]),
        (gross, "right", [figures.amount(line.gross) for line in lines]),
    ]
    filled = [column for column in columns if any(column[2])]
    return {
        "caption": _("Amounts in {currency}").format(currency=paper.currency),
        "labels": [label for label, align, cells in filled],
        "aligns": [align for label, align, cells in filled],
        "rows": [list(row) for row in zip(*(cells for label, align, cells in filled), strict=True)],
    }


def _totals(paper: Paper, figures: Figures) -> list[list[str]]:
    parts = [(_("Net"), paper.net), (_("Tax"), paper.tax), (_("Total"), paper.gross)]
    return [[label, figures.money(amount)] for label, amount in parts if amount is not None]


def _capitals(paper: Paper, language: str) -> list[str]:
    if paper.kind in WITH_CAPITALS and paper.currency == "CNY" and language.startswith("zh"):
        return [_("Amount in capitals"), amount_in_capitals(paper.gross)]
    return []


def _plan(paper: Paper, figures: Figures) -> dict:
    return {
        "heading": _("Payment plan"),
        "labels": [_("Instalment"), _("Due on"), _("Amount")],
        "rows": [[part.label, figures.day(part.due), figures.money(part.amount)] for part in paper.instalments],
    }


def _section(heading: str, text: str) -> list[str]:
    return [heading, text.strip()] if text.strip() else []


def _signatures(paper: Paper) -> list[list[str]]:
    if paper.kind not in SIGNED:
        return []
    lines = [_("Signature and seal"), _("Date")]
    customer = paper.customer.billing_title or paper.customer.name
    return [[_("Buyer"), customer, *lines], [_("Seller"), paper.company.name, *lines]]
