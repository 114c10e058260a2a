"""Giving credit: limits and holds, and orders that go out in spite of them."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from billing import exposure
from billing.models import CreditLimit, CreditRelease
from contracts.models import Order
from crm import records, work
from crm.access import authorize, refuse_own
from crm.models import Company
from crm.templatetags import formatting
from crm.transitions import advance, locked, require


@transaction.atomic
def hold(limit, *, reason, by):
    """No order of this customer is confirmed from now on."""
    authorize(by, "billing.hold_creditlimit", limit)
    locked(limit)
    advance(limit, "hold", by=by, reason=reason)
    limit.hold_reason = reason[:500]
    limit.save(update_fields=["hold_reason", "updated_at"])
    text = gettext_noop("%(who)s put %(customer)s on credit hold")
    url = limit.get_absolute_url()
    if limit.customer.owner != by:
        work.notify(limit.customer.owner, text, url=url, who=str(by), customer=str(limit.customer))
    return limit


@transaction.atomic
def lift(limit, *, reason="", by):
    """Orders may be confirmed again, within the limit."""
    authorize(by, "billing.lift_creditlimit", limit)
    locked(limit)
    advance(limit, "lift", by=by, reason=reason)
    limit.hold_reason = ""
    limit.save(update_fields=["hold_reason", "updated_at"])
    return limit


def obstacle(order):
    """(why credit forbids confirming this order, the limit, the exposure); None when nothing does."""
    limit = CreditLimit.objects.filter(customer=order.customer_id).first()
    if limit is None:
        return None
    now = exposure.of_customer(order.customer_id).total
    if limit.status == CreditLimit.Status.ON_HOLD:
        words = _("The customer is on credit hold: %(reason)s") % {"reason": limit.hold_reason}
    elif limit.limit is not None and now > limit.limit:
        base = Company.current().base_currency
        amounts = {"exposure": formatting.money(now, base), "limit": formatting.money(limit.limit, base)}
        words = _("The customer's credit is used up: %(exposure)s of %(limit)s.") % amounts
    else:
        return None
    return words, limit.limit, now


def refuse_beyond_credit(order):
    """Raise ValidationError unless the customer's credit allows the order, or a manager has released it. The limit is
    held, so that two orders at once are not both let through."""
    CreditLimit.objects.select_for_update(of=("self",)).filter(customer=order.customer_id).first()
    if order.credit_releases.filter(status=CreditRelease.Status.APPROVED).exists():
        return
    if found := obstacle(order):
        raise ValidationError(
            _("%(why)s A manager may release the order; ask for it on the order's page."), params={"why": found[0]}
        )


@transaction.atomic
def ask_release(release, *, by, seen=None):
    """Ask a manager to let an order through above the limit or in spite of a hold."""
    if release.order_id is None:
        raise ValidationError({"order": _("Say which order.")})
    order = locked(Order.objects.get(pk=release.order_id))
    if order.status != Order.Status.DRAFT:
        raise ValidationError(_("Only an order that is not confirmed yet needs a release."))
    found = obstacle(order)
    if found is None:
        raise ValidationError(_("The customer's credit allows this order; it needs no release."))
    _why, release.limit, release.exposure = found
    release.customer, release.owner, release.case = order.customer, order.owner, order.case
    release.submitted_by = by if by.pk else None
    return records.save(release, by=by)


@transaction.atomic
def approve_release(release, *, by):
    """Let the order through, once. Nobody approves what they asked for."""
    authorize(by, "billing.approve_creditrelease", release)
    refuse_own(by, locked(release).submitted_by)
    require(release, "approve")
    return _decide(release, "approve", gettext_noop("%(who)s released the order %(order)s"), by)


@transaction.atomic
def decline_release(release, *, reason, by):
    """The order waits until the customer has paid."""
    authorize(by, "billing.decline_creditrelease", release)
    locked(release)
    require(release, "decline")
    return _decide(release, "decline", gettext_noop("%(who)s did not release the order %(order)s"), by, reason)


def _decide(release, verb, text, by, reason=""):
    release.decided_by = by if by.pk else None
    release.save(update_fields=["decided_by", "updated_at"])
    advance(release, verb, by=by, reason=reason)
    work.notify(release.submitted_by, text, url=release.order.get_absolute_url(), who=str(by), order=str(release.order))
    return release
