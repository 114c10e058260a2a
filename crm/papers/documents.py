"""What every paper takes from the models: ourselves, the customer, the lines of a document."""

from pathlib import Path

from crm.models import Company
from crm.papers.paper import PaperLine, Party


def ourselves():
    """Our company as the settings have it."""
    company = Company.current()
    return Party(
        name=company.name,
        address=company.address,
        phone=company.phone,
        tax_number=company.tax_number,
        bank=company.bank_account,
        logo=Path(company.logo.path) if company.logo else None,
    )


def party_of(customer):
    return Party(name=customer.name, address=customer.address, phone=customer.phone)


def lines_of(document):
    """The document's lines with their amounts, in its order."""
    return [
        PaperLine(
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
        for line in document.lines.select_related("product")
    ]
