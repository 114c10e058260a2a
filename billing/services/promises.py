"""What customers say they will pay, and when. A promise holds reminders back until its day has passed."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice, Promise
from crm import clock, records
from crm.access import SYSTEM, authorize
from crm.transitions import advance, locked, require


@transaction.atomic
def promise(invoice, *, promised_on, amount=None, note="", by):
    """Note what a customer promised to pay of an invoice, and by when. A new promise takes the place of an open one."""
    authorize(by, "billing.promise_invoice", invoice)
    locked(invoice)
    require(invoice, "promise")
    amount = invoice.outstanding if amount is None else amount
    _refuse(invoice, amount, promised_on)
    open_ones = invoice.promises.in_state(Promise.Outcome.OPEN, clock.today())
    known = open_ones.filter(promised_on=promised_on, amount=amount).first()
    if known:
        return known
    for earlier in open_ones:
        advance(earlier, "withdraw", by=SYSTEM, data={"text": str(_("Another promise took its place"))})
    told = {"amount": str(amount), "promised_on": str(promised_on), "text": f"{amount} · {promised_on}"}
    advance(invoice, "promise", by=by, reason=note, data=told)
    given = Promise(
        invoice=invoice, amount=amount, promised_on=promised_on, note=note, customer=invoice.customer,
        owner=invoice.owner, case=invoice.case,
    )  # fmt: skip
    return records.save(given, by=by)


def _refuse(invoice, amount, promised_on):
    if promised_on < clock.today():
        raise ValidationError({"promised_on": _("A promise is for today or a day to come.")})
    if amount <= 0:
        raise ValidationError({"amount": _("Give an amount above zero.")})
    if amount > invoice.outstanding:
        raise ValidationError({"amount": _("Only %(left)s of the invoice is owed.") % {"left": invoice.outstanding}})


@transaction.atomic
def withdraw_promise(given, *, reason, by):
    """It was noted by mistake, or taken back; the invoice may be chased again."""
    authorize(by, "billing.withdraw_promise", given)
    locked(Invoice.objects.get(pk=given.invoice_id))
    locked(given)
    advance(given, "withdraw", by=by, reason=reason)
    return given
