"""What there is to bill: the lines of an invoice from the contract, instalment or order it is for."""

from collections import defaultdict
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from billing.models import CreditNote, Invoice, InvoiceLine
from contracts.models import Delivery
from crm import money

COPIED = ("product", "description", "quantity", "unit_price", "discount_percent", "tax_rate")


def invoiced(invoices):
    """Σ of the invoices that are not void, less what credit notes took back."""
    counted = invoices.counted()
    credited = CreditNote.objects.effective().filter(invoice__in=counted)
    return _sum(counted, "gross") - _sum(credited, "amount")


def _sum(rows, field):
    return rows.aggregate(sum=Sum(field))["sum"] or money.ZERO


def lines_for(invoice):
    """The lines of what the invoice is for: delivered goods of the order, else the instalment, else the contract."""
    if invoice.order:
        return _order_lines(invoice.order)
    if invoice.instalment:
        left = invoice.instalment.amount - invoiced(invoice.instalment.invoices.all())
        return _part(invoice.contract, left, str(invoice.instalment))
    if invoice.contract:
        done = invoiced(invoice.contract.invoices.all())
        if not done:
            return [_copy(line) for line in invoice.contract.lines.all()]
        return _part(invoice.contract, invoice.contract.gross - done, "")
    return []


def _copy(line, **changes):
    return InvoiceLine(**{field: getattr(line, field) for field in COPIED} | changes)


def _part(contract, amount, label):
    """A part of the contract, one line per tax rate; together they are the amount to the cent."""
    if amount <= 0:
        raise ValidationError(_("This has been invoiced already."))
    shares = defaultdict(Decimal)
    for line in contract.lines.all():
        shares[line.tax_rate] += line.gross
    rates = sorted(rate for rate, share in shares.items() if share)
    if not rates:
        raise ValidationError(_("The contract has no amount to invoice."))
    parts = money.split(amount, [shares[rate] for rate in rates], contract.currency)
    words = " · ".join(filter(None, [contract.title, label]))
    return [_taxed(words, rate, part, contract.currency) for rate, part in zip(rates, parts, strict=True) if part]


def _taxed(description, rate, gross, currency):
    """One line that is worth this much with tax."""
    net = gross - money.rounded(gross * rate / (money.HUNDRED + rate), currency)
    return InvoiceLine(
        description=description[:300], quantity=Decimal(1), unit_price=net, tax_rate=rate, agreed_gross=gross
    )


def _order_lines(order):
    """What was delivered and is not invoiced yet."""
    found = []
    for line in order.lines.select_related("product"):
        left = _delivered(line) - _billed(line)
        if left > 0:
            found.append(_copy(line, quantity=left, order_line=line))
    if not found:
        raise ValidationError(_("Nothing that was delivered is left to invoice."))
    return found


def _delivered(order_line):
    arrived = (Delivery.Status.DELIVERED, Delivery.Status.ACCEPTED)
    return _sum(order_line.delivery_lines.filter(delivery__status__in=arrived), "quantity")


def _billed(order_line):
    gone = (Invoice.Status.VOID, Invoice.Status.REVERSED)
    return _sum(order_line.invoice_lines.exclude(invoice__status__in=gone), "quantity")
