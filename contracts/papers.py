"""The contract and the order confirmation, as the customer receives them."""

from django.utils import translation
from django.utils.translation import gettext as _

from contracts.models import Contract, Order
from crm import clock
from crm.papers import Instalment, Kind, Paper, render
from crm.papers.documents import lines_of, ourselves, party_of
from crm.papers.figures import Figures

LANGUAGES = {"zh": "zh-hans", "en": "en"}  # as the addresses of papers name them
NOT_YET_AGREED = {Contract.Status.DRAFT, Contract.Status.IN_REVIEW, Contract.Status.VOID}


def pdf(document, language):
    """The document as PDF in the language ("zh-hans" or "en")."""
    with translation.override(language):
        paper = (
            contract_paper(document, language) if isinstance(document, Contract) else order_paper(document, language)
        )
        return render(paper, language)


def contract_paper(contract, language):
    """Marked as a draft until finance has approved it."""
    figures = Figures(language, contract.currency)
    days = [
        (_("Signed on"), contract.signed_on),
        (_("Starts on"), contract.starts_on),
        (_("Ends on"), contract.ends_on),
        (_("Delivery promised for"), contract.promised_on),
    ]
    return Paper(
        kind=Kind.CONTRACT,
        date=contract.signed_on or clock.business_day(contract.created_at),
        title=contract.title,
        meta=[*_people(contract, contract.contact), *((label, figures.day(day)) for label, day in days if day)],
        instalments=[Instalment(str(part), part.due_on, part.amount) for part in contract.instalments.all()],
        terms=contract.terms,
        draft=contract.status in NOT_YET_AGREED,
        **_common(contract),
    )


def order_paper(order, language):
    promised = Figures(language, order.currency).day(order.promised_on)
    rows = [(_("Contract"), order.contract.number), (_("Promised for"), promised), (_("Ship to"), order.ship_to)]
    return Paper(
        kind=Kind.ORDER,
        date=clock.business_day(order.created_at),
        title=order.contract.title,
        meta=[*_people(order, order.contract.contact), *(row for row in rows if row[1])],
        draft=order.status in (Order.Status.DRAFT, Order.Status.CANCELLED),
        **_common(order),
    )


def _people(document, contact):
    rows = [(_("Contact"), contact), (_("Your contact with us"), document.owner)]
    return [(label, str(person)) for label, person in rows if person]


def _common(document):
    return {
        "number": document.number,
        "company": ourselves(),
        "customer": party_of(document.customer),
        "currency": document.currency,
        "net": document.net,
        "tax": document.tax,
        "gross": document.gross,
        "lines": lines_of(document),
    }
