"""Reminding customers: who is to get which letter, and sending it. A letter takes in all that is overdue just now."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing import letters
from billing.models import DunningLevel, Invoice, Reminder, ReminderItem
from billing.models.dunning import to_chase, with_history
from crm import clock, events, jobs, money, records
from crm.access import SYSTEM, authorize
from crm.models import Company, Customer
from crm.templatetags import formatting
from crm.transitions import advance, locked, require

HOME_LANGUAGE = {"CNY": "zh"}  # in which a customer is written to, by the currency of the debt


def overdue_of(customer, currency):
    """All that is to be chased from a customer in a currency, the oldest first."""
    rows = to_chase(Invoice.objects.filter(customer=customer, currency=currency), clock.today())
    return list(rows.order_by("due_on", "pk"))


def propose_all():
    """Propose the letters that are due today, raise those that wait, drop those with nothing left in them."""
    DunningLevel.fill()
    today, levels = clock.today(), list(DunningLevel.objects.filter(is_active=True))
    waiting = {
        (letter.customer_id, letter.currency): letter
        for letter in Reminder.objects.filter(status=Reminder.Status.PROPOSED)
    }
    proposed = []
    for key, invoices in _by_debtor(today).items():
        letter = waiting.pop(key, None)
        if level := due_level(invoices, levels, today):
            proposed.append(_propose(key, level, letter))
    for letter in waiting.values():
        _drop_empty(letter)
    return [letter for letter in proposed if letter]


def _by_debtor(today):
    """{(customer, currency): the invoices to chase, with what was done about them}."""
    found = defaultdict(list)
    for invoice in with_history(to_chase(Invoice.objects.all(), today), today).order_by("due_on", "pk"):
        found[invoice.customer_id, invoice.currency].append(invoice)
    return found


def due_level(invoices, levels, today):
    """The level to write at: the highest that any invoice has newly come to, or is to be reminded at again; or None."""
    base = Company.current().base_currency
    owed = sum((money.rounded(invoice.balance * invoice.rate, base) for invoice in invoices), Decimal(0))
    fitting = [level for level in levels if level.minimum <= owed]
    wanted = [level for invoice in invoices if (level := _due_for(invoice, fitting, today))]
    return max(wanted, key=lambda level: level.days, default=None)


def _due_for(invoice, levels, today):
    late = (today - invoice.due_on).days
    level = max((level for level in levels if level.days <= late), key=lambda level: level.days, default=None)
    if level is None or invoice.reached is None or level.days > invoice.reached:
        return level
    if invoice.broken_on and invoice.broken_on >= invoice.reminded_on:
        return level
    again = level.again_after and invoice.reminded_on + timedelta(days=level.again_after) <= today
    return level if again else None


@transaction.atomic
def _propose(key, level, letter):
    """The letter that waits is raised to the level; else a new one is made. None when somebody was at it meanwhile."""
    if letter:
        Reminder.objects.filter(pk=letter.pk, status=Reminder.Status.PROPOSED).update(level=level)
        letter.level = level
        return letter
    customer = Customer.objects.select_for_update(of=("self",)).get(pk=key[0])
    if Reminder.objects.filter(customer=customer, currency=key[1], status=Reminder.Status.PROPOSED).exists():
        return None
    return save_reminder(Reminder(customer=customer, currency=key[1], level=level), by=SYSTEM)


@transaction.atomic
def _drop_empty(letter):
    locked(letter)
    if letter.status == Reminder.Status.PROPOSED and not overdue_of(letter.customer, letter.currency):
        advance(letter, "drop", by=SYSTEM, data={"text": _t("Nothing of it is to be chased any more")})


def save_reminder(letter, *, by, seen=None):
    """Propose a letter to a customer who has something overdue."""
    if letter.customer_id is None:
        raise ValidationError({"customer": _("Choose the customer.")})
    letter.owner = letter.customer.owner
    if not overdue_of(letter.customer, letter.currency):
        raise ValidationError({"customer": _("Nothing is to be chased from this customer in this currency.")})
    return records.save(letter, by=by, seen=seen)


@transaction.atomic
def send_reminder(letter, *, to="", language="", subject="", message="", by):
    """Mail the letter with its PDF. It lists what is to be chased at this moment; what was paid, promised or disputed
    meanwhile is not in it. Left empty, address and words are the customer's and the level's."""
    authorize(by, "billing.send_reminder", letter)
    Customer.objects.select_for_update(of=("self",)).get(pk=letter.customer_id)
    locked(letter)
    require(letter, "send")
    invoices = overdue_of(letter.customer, letter.currency)
    if not invoices:
        raise ValidationError(_("Nothing in this letter is to be chased any more; it is dropped tonight."))
    language = language or language_of(letter)
    usual = words(letter, invoices, language)
    letter.to, letter.language, letter.sent_on = to or address_of(letter.customer), language, clock.today()
    letter.subject, letter.message = subject or usual[0], message or usual[1]
    _require_address(letter.to)
    _settle(letter, invoices)
    advance(letter, "send", by=by, data={"text": letter.to, "amount": str(letter.amount)})
    told = {"reminder": letter.pk, "text": f"{letter.level} · {letter.number}"}
    events.write_all([events.build(invoice, "reminded", by=by, data=told) for invoice in invoices])
    jobs.enqueue("billing.send_reminder", letter.pk, by=by)
    return letter


def _require_address(address):
    if not address:
        raise ValidationError({"to": _("No e-mail address of this customer is known.")})
    try:
        validate_email(address)
    except ValidationError as wrong:
        raise ValidationError({"to": wrong.messages}) from wrong


def _settle(letter, invoices):
    """Keep what the letter is about."""
    letter.amount, today = sum(invoice.balance for invoice in invoices), clock.today()
    letter.save()
    ReminderItem.objects.bulk_create(
        ReminderItem(
            reminder=letter, invoice=invoice, amount=invoice.balance, days_late=(today - invoice.due_on).days, day=today
        )
        for invoice in invoices
    )  # fmt: skip


@transaction.atomic
def drop_reminder(letter, *, reason, by):
    """This letter is not sent; the next one comes when the next level is reached."""
    authorize(by, "billing.drop_reminder", letter)
    locked(letter)
    require(letter, "drop")
    _settle(letter, overdue_of(letter.customer, letter.currency))
    advance(letter, "drop", by=by, reason=reason)
    return letter


def send_automatic(proposed):
    """Send those whose level is sent without a look; a letter that cannot go waits for finance."""
    sent = 0
    for letter in proposed:
        if letter.level.automatic:
            try:
                send_reminder(letter, by=SYSTEM)
                sent += 1
            except ValidationError:
                continue
    return sent


# Words


def address_of(customer):
    """Where a customer is written to about money: the billing title's address, else the first contact's."""
    title = customer.billing_titles.exclude(email="").first()
    contact = customer.contacts.exclude(email="").first()
    return (title and title.email) or (contact and contact.email) or ""


def language_of(letter):
    return HOME_LANGUAGE.get(letter.currency, "en")


def words(letter, invoices, language):
    """(subject, text) of the letter in this language, about these invoices."""
    level = letter.level
    with translation.override({"zh": "zh-hans", "en": "en"}[language]):
        values = _values(letter, invoices)
    return tuple(letters.fill(getattr(level, f"{part}_{language}"), values) for part in ("subject", "text"))


def _values(letter, invoices):
    company, today = Company.current(), clock.today()
    return {
        "customer": letter.customer.name,
        "company": company.name,
        "amount": formatting.money(sum(invoice.balance for invoice in invoices), letter.currency),
        "count": len(invoices),
        "days": max((today - invoice.due_on).days for invoice in invoices),
        "invoices": "\n".join(_line(invoice) for invoice in invoices),
        "date": today.isoformat(),
        "bank": company.bank_account,
    }


def _line(invoice):
    amount = formatting.money(invoice.balance, invoice.currency)
    return _t("%(invoice)s, due on %(day)s: %(amount)s") % {
        "invoice": invoice, "day": invoice.due_on.isoformat(), "amount": amount,
    }  # fmt: skip
