"""Giving money back: finance asks, a manager approves."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from billing.models import Payment, Refund
from billing.services import ledger
from crm import clock, money, work
from crm.access import authorize, refuse_own
from crm.transitions import advance, locked, require


@transaction.atomic
def request_refund(payment, *, amount, reason, by):
    """Ask to give back what pays no invoice, in whole or part. A manager decides."""
    authorize(by, "billing.request_refund_payment", payment)
    locked(payment)
    require(payment, "request_refund")
    if payment.refund_asked:
        raise ValidationError(_("A refund of this payment already waits for approval."))
    if amount <= 0:
        raise ValidationError({"amount": _("Give an amount above zero.")})
    if amount > payment.available:
        raise ValidationError({"amount": _("Only %(left)s of the payment is left.") % {"left": payment.available}})
    payment.refund_asked, payment.refund_reason = amount, reason[:500]
    payment.refund_asked_by = by if by.pk else None
    payment.save(update_fields=["refund_asked", "refund_reason", "refund_asked_by", "updated_at"])
    advance(payment, "request_refund", by=by, reason=reason, data={"amount": str(amount), "text": str(amount)})
    return payment


@transaction.atomic
def refund(payment, *, by):
    """Approve the refund asked for; nobody approves their own request. With nothing left the payment is refunded."""
    authorize(by, "billing.refund_payment", payment)
    locked(payment)
    require(payment, "refund")
    amount, asked_by = _asked(payment)
    refuse_own(by, asked_by)
    day = clock.today()
    given = Refund(
        payment=payment, amount=amount, refunded_on=day, rate=money.rate_to_base(payment.currency, day),
        approved_by=by if by.pk else None,
    )  # fmt: skip
    given.save()
    _answered(payment)
    payment.forget_balance()
    payment.read_balance()
    whole = payment.refunded == payment.amount
    to = Payment.Status.REFUNDED if whole else Payment.Status.CONFIRMED
    event = advance(payment, "refund", by=by, to=to, data={"amount": str(amount), "text": str(amount)})
    given.gain = ledger.post_refund(given, by=by, event=event)
    given.save(update_fields=["gain"])
    text = gettext_noop("%(who)s approved the refund of %(payment)s")
    work.notify(asked_by, text, url=payment.get_absolute_url(), who=str(by), payment=str(payment))
    return payment


@transaction.atomic
def decline_refund(payment, *, reason, by):
    """Refuse the refund asked for; the money stays as the customer's credit."""
    authorize(by, "billing.decline_refund_payment", payment)
    locked(payment)
    require(payment, "decline_refund")
    _amount, asked_by = _asked(payment)
    _answered(payment)
    advance(payment, "decline_refund", by=by, reason=reason)
    text = gettext_noop("%(who)s declined the refund of %(payment)s")
    work.notify(asked_by, text, url=payment.get_absolute_url(), who=str(by), payment=str(payment))
    return payment


def _asked(payment):
    if not payment.refund_asked:
        raise ValidationError(_("No refund was asked for."))
    return payment.refund_asked, payment.refund_asked_by


def _answered(payment):
    payment.refund_asked = money.ZERO
    payment.save(update_fields=["refund_asked", "updated_at"])
