"""Money: decimal, rounded half-up per line to the currency's smallest unit, never added across currencies."""

from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import get_currency_precision
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

ZERO = Decimal("0.00")
HUNDRED = Decimal(100)


def rounded(amount, currency):
    """Half-up to the currency's minor unit: 2 digits for CNY, none for JPY."""
    return Decimal(amount).quantize(Decimal(1).scaleb(-get_currency_precision(currency)), ROUND_HALF_UP)


def price_line(line, currency):
    """Set a line's net, tax and gross from quantity, unit price, discount and tax rate."""
    full = line.quantity * line.unit_price
    line.net = rounded(full * (HUNDRED - line.discount_percent) / HUNDRED, currency)
    line.tax = rounded(line.net * line.tax_rate / HUNDRED, currency)
    line.gross = line.net + line.tax
    _keep_agreed_gross(line, currency)
    return line


def _keep_agreed_gross(line, currency):
    """Some amounts with tax cannot be reached from a rounded net. Where one was agreed and the price leads to it
    within two of the currency's units, the agreed amount holds and the tax is taken out of it."""
    agreed = getattr(line, "agreed_gross", None)
    if agreed is None or abs(line.gross - agreed) > 2 * Decimal(1).scaleb(-get_currency_precision(currency)):
        return
    line.tax = rounded(agreed * line.tax_rate / (HUNDRED + line.tax_rate), currency)
    line.net, line.gross = agreed - line.tax, agreed


def total(document, lines):
    """Set a document's totals to the sums of its rounded lines."""
    document.net = sum((line.net for line in lines), ZERO)
    document.tax = sum((line.tax for line in lines), ZERO)
    document.gross = document.net + document.tax
    return document


def rate_to_base(currency, day):
    """The rate to freeze on a document of this day. Raises ValidationError where none is known."""
    from crm.models import Company, ExchangeRate

    if currency == Company.current().base_currency:
        return Decimal(1)
    known = ExchangeRate.objects.filter(currency=currency, valid_from__lte=day).order_by("-valid_from").first()
    if known is None:
        raise ValidationError({"currency": _("There is no exchange rate for this currency yet.")})
    return known.rate


def in_base(amount, rate):
    """An amount in the base currency, by the rate frozen on its document."""
    from crm.models import Company

    return rounded(amount * rate, Company.current().base_currency)


def split(amount, weights, currency):
    """Parts of an amount by weight that sum to it exactly; what is left over goes to the largest remainders."""
    unit = Decimal(1).scaleb(-get_currency_precision(currency))
    whole = sum(weights)
    exact = [amount * weight / whole for weight in weights]
    parts = [share.quantize(unit, "ROUND_DOWN") for share in exact]
    left = int((amount - sum(parts)) / unit)
    order = sorted(range(len(parts)), key=lambda at: exact[at] - parts[at], reverse=True)
    for at in order[:left]:
        parts[at] += unit
    return parts
