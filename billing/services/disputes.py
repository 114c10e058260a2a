"""Objections of customers: somebody answers for each, and no reminder goes out until it is resolved."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from billing.models import Dispute
from crm import access, clock, records, work
from crm.access import authorize
from crm.transitions import advance, locked, require


@transaction.atomic
def dispute(invoice, *, kind, reason, handler=None, by):
    """Note that a customer objects to an invoice. The handler, by default the invoice's owner, is told."""
    authorize(by, "billing.dispute_invoice", invoice)
    locked(invoice)
    require(invoice, "dispute")
    if invoice.outstanding <= 0:
        raise ValidationError(_("Nothing is owed on this invoice."))
    if invoice.disputes.filter(status=Dispute.Status.OPEN).exists():
        raise ValidationError(_("This invoice is already disputed."))
    opened = Dispute(
        invoice=invoice, kind=kind, reason=reason, handler=handler or invoice.owner or (by if by.pk else None),
        customer=invoice.customer, owner=invoice.owner, case=invoice.case,
    )  # fmt: skip
    _refuse_handler(opened.handler)
    advance(invoice, "dispute", by=by, reason=reason, data={"text": str(opened.get_kind_display())})
    records.save(opened, by=by)
    _tell(opened, by)
    return opened


def _refuse_handler(handler):
    if handler is None:
        raise ValidationError({"handler": _("Say who is to resolve it.")})
    if not access.scope(handler, "billing.resolve_dispute"):
        raise ValidationError({"handler": _("The role of this colleague does not resolve disputes.")})


def _tell(opened, by):
    if opened.handler != by:
        text = gettext_noop("%(who)s asks you to resolve a dispute about %(invoice)s")
        work.notify(
            opened.handler, text, url=opened.get_absolute_url(), who=str(by), invoice=str(opened.invoice)
        )  # fmt: skip


@transaction.atomic
def hand_over_dispute(opened, *, handler, by):
    """Somebody else is to resolve it, and is told."""
    authorize(by, "billing.hand_over_dispute", opened)
    locked(opened)
    require(opened, "hand_over")
    _refuse_handler(handler)
    if opened.handler_id == handler.pk:
        return opened
    opened.handler = handler
    opened.save(update_fields=["handler", "updated_at"])
    advance(opened, "hand_over", by=by, data={"to": handler.pk, "text": str(handler)})
    _tell(opened, by)
    return opened


@transaction.atomic
def resolve_dispute(opened, *, outcome, resolution, by):
    """Say how it ended; from now on the invoice is chased again while anything is owed on it."""
    authorize(by, "billing.resolve_dispute", opened)
    locked(opened)
    require(opened, "resolve")
    opened.outcome, opened.resolution, opened.resolved_on = outcome, resolution, clock.today()
    opened.resolved_by = by if by.pk else None
    opened.save(update_fields=["outcome", "resolution", "resolved_on", "resolved_by", "updated_at"])
    advance(opened, "resolve", by=by, reason=resolution, data={"outcome": outcome})
    text = gettext_noop("%(who)s resolved the dispute about %(invoice)s")
    for person in {opened.owner, opened.created_by} - {None, by}:
        work.notify(person, text, url=opened.get_absolute_url(), who=str(by), invoice=str(opened.invoice))
    return opened
