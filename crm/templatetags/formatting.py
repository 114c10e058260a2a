"""How numbers, money and moments read in the user's language."""

from datetime import datetime
from functools import cache

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import (
    format_compact_currency,
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
    get_currency_symbol,
)
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import get_language, ngettext, pgettext, to_locale
from django.utils.translation import gettext as _

from crm import clock

# Both yens are "¥" to babel in their own languages; here the yuan is "¥" in every language.
SYMBOLS = {"CNY": "¥", "JPY": "JP¥"}
NEAR_DAYS = 7


@cache
def _parsed(name):
    return Locale.parse(name)


def user_locale():
    """The babel locale of the language this page is shown in."""
    return _parsed(to_locale(get_language() or settings.LANGUAGE_CODE))


def _own_symbol(text, currency, locale):
    return (
        text.replace(get_currency_symbol(currency, locale), SYMBOLS.get(currency, "")) if currency in SYMBOLS else text
    )


def money(amount, currency):
    """¥320,000.00: an amount with its currency, rounded to the currency's minor unit; empty when there is none."""
    if amount is None or amount == "":
        return ""
    locale = user_locale()
    return _own_symbol(format_currency(amount, currency, locale=locale), currency, locale)


def compact_money(amount, currency):
    """¥4.82M, in Chinese ¥482万: an amount for headlines, three figures or so."""
    if amount is None or amount == "":
        return ""
    locale = user_locale()
    text = format_compact_currency(amount, currency, locale=locale, fraction_digits=2 if abs(amount) >= 1000 else 0)
    return _own_symbol(text, currency, locale)


def amount(value, currency):
    """320,000.00: an amount in a column whose head names the currency."""
    if value is None or value == "":
        return ""
    digits = get_currency_precision(currency)
    return format_decimal(value, format=f"#,##0.{'0' * digits}" if digits else "#,##0", locale=user_locale())


def plain(number):
    """12.5, not 12.5000: a quantity or rate without idle zeros."""
    return "" if number is None or number == "" else format_decimal(number, format="#,##0.####", locale=user_locale())


def unlocalised(number):
    """12.5 as a machine reads it, for attributes."""
    return str(number)


def percent(ratio):
    """10.5% from the ratio 0.105; n/a where there is nothing to divide by."""
    if ratio is None or ratio == "":
        return pgettext("no value", "n/a")
    return format_percent(ratio, format="#,##0.#%", locale=user_locale())


def when(value):
    """A date or moment: in words near today, else the date; the full date on hover."""
    return _time_tag(value, _near(value) or _date(value)) if value else ""


def due(value):
    """A promised day: how long it is overdue, or how long there is left."""
    if not value:
        return ""
    left = _days_from_today(value)
    if left < 0:
        return _time_tag(value, ngettext("%d day overdue", "%d days overdue", -left) % -left, "due-late")
    if left == 0:
        return _time_tag(value, _("due today"), "due-soon")
    return _time_tag(value, _near(value) or _date(value))


def _is_moment(value):
    return isinstance(value, datetime)


def _local(value):
    return timezone.localtime(value) if _is_moment(value) else value


def _days_from_today(value):
    if _is_moment(value):
        return (timezone.localdate(value) - timezone.localdate()).days
    return (value - clock.today()).days


def _near(value):
    days = _days_from_today(value)
    if abs(days) <= 1:
        words = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}[days]
        return f"{words} {format_time(_local(value), 'HH:mm', locale=user_locale())}" if _is_moment(value) else words
    if -NEAR_DAYS <= days < 0:
        return ngettext("%d day ago", "%d days ago", -days) % -days
    if 0 < days <= NEAR_DAYS:
        return ngettext("in %d day", "in %d days", days) % days
    return ""


def _date(value):
    return format_date(_local(value), "medium", locale=user_locale())


def _full(value):
    if _is_moment(value):
        return format_datetime(_local(value), "medium", locale=user_locale())
    return format_date(value, "full", locale=user_locale())


def _time_tag(value, words, css=""):
    stamp = _local(value).isoformat(timespec="seconds") if _is_moment(value) else value.isoformat()
    return format_html('<time datetime="{}" title="{}" class="{}">{}</time>', stamp, _full(value), css, words)
