"""Dates, money and quantities as a reader of the language writes them."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, get_currency_precision
from django.utils.translation import to_locale


class Figures:
    """Writes the figures of one paper: one language, one currency."""

    def __init__(self, language: str, currency: str):
        self.locale = Locale.parse(to_locale(language))
        self.currency = currency
        self.precision = get_currency_precision(currency)

    def day(self, value: date | None) -> str:
        return format_date(value, "long", locale=self.locale) if value else ""

    def short_day(self, value: date | None) -> str:
        return value.isoformat() if value else ""

    def money(self, value: Decimal) -> str:
        """With the currency's sign, to its minor unit."""
        return format_currency(self._rounded(value), self.currency, locale=self.locale)

    def amount(self, value: Decimal | None) -> str:
        """Without the sign: a table names its currency once, in its head."""
        return "" if value is None else self._plain(self._rounded(value), self.precision)

    def unit_price(self, value: Decimal | None) -> str:
        """Like an amount, but keeps the finer decimals a unit price may have."""
        if value is None:
            return ""
        return self._plain(value, max(self.precision, -value.normalize().as_tuple().exponent))

    def quantity(self, value: Decimal | None) -> str:
        return "" if value is None else self._plain(value, max(0, -value.normalize().as_tuple().exponent))

    def percent(self, value: Decimal | None) -> str:
        return "" if value is None else f"{self.quantity(value)}%"

    def _rounded(self, value: Decimal) -> Decimal:
        return value.quantize(Decimal(1).scaleb(-self.precision), ROUND_HALF_UP)

    def _plain(self, value: Decimal, places: int) -> str:
        pattern = "#,##0" + ("." + "0" * places if places else "")
        return format_decimal(value, pattern, locale=self.locale)
