"""The payment plan of a contract: it always sums to the total."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from contracts.models import Instalment
from crm import clock, money
from crm.templatetags import formatting

USUAL = (  # per cent, days after the start, label
    (30, 0, _("Deposit")),
    (40, 30, _("On delivery")),
    (30, 60, _("After acceptance")),
)


def usual_plan(contract):
    """What is proposed where nothing is agreed yet: 30 % at the start, 40 % a month later, 30 % after two."""
    start = contract.starts_on or clock.today()
    amounts = money.split(contract.gross, [share for share, _days, _label in USUAL], contract.currency)
    return [
        Instalment(label=str(label), due_on=start + timedelta(days=days), amount=amount)
        for (_share, days, label), amount in zip(USUAL, amounts, strict=True)
        if amount
    ]


def in_order(instalments):
    return sorted(instalments, key=lambda part: part.due_on)


def set_plan(contract, instalments):
    """Replace the contract's plan. Call inside a transaction."""
    kept = in_order(instalments)
    contract.instalments.exclude(pk__in=[part.pk for part in kept if part.pk]).delete()
    for position, part in enumerate(kept, start=1):
        part.contract, part.position = contract, position
        part.full_clean()
        part.save()
    return kept


def missing(contract):
    """How much the plan lacks to the contract's total; negative where it asks for more."""
    return contract.gross - (contract.instalments.aggregate(sum=Sum("amount"))["sum"] or money.ZERO)


def in_words(amount, currency):
    """What is wrong with a plan that lacks this amount; empty when it sums to the total."""
    if not amount:
        return ""
    if amount > 0:
        text = _("The payment plan is %(amount)s short of the total.")
    else:
        text = _("The payment plan is %(amount)s more than the total.")
    return text % {"amount": formatting.money(abs(amount), currency)}


def adjust(contract, difference, *, label, due_on=None):
    """Follow a change of the total: what is added becomes a further instalment, what is taken off shortens the last."""
    if difference > 0:
        last = contract.instalments.last()
        contract.instalments.create(
            position=last.position + 1 if last else 1,
            label=label,
            due_on=due_on or (last.due_on if last else clock.today()),
            amount=difference,
        )
    elif difference < 0:
        _shorten(contract, -difference)


def _shorten(contract, amount):
    """From the end; an instalment that has an invoice stays as it is."""
    for part in contract.instalments.reverse():
        if not amount:
            return
        if part.invoices.exists():
            continue
        cut = min(part.amount, amount)
        amount, part.amount = amount - cut, part.amount - cut
        if part.amount:
            part.save(update_fields=["amount"])
        else:
            part.delete()
    if amount:
        raise ValidationError(_("Too much of the payment plan is invoiced already to lower the total this far."))
