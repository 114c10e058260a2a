"""Cells that several lists of billing share."""

from django.utils.translation import gettext_lazy as _

from billing.models import Invoice
from crm.templatetags import badges, formatting
from crm.web import Column

States = Invoice.PaymentState
TONES = {
    States.UNPAID: badges.AMBER,
    States.PARTLY_PAID: badges.AMBER,
    States.PAID: badges.GREEN,
    States.OVERDUE: badges.RED,
    States.CREDITED: badges.GREY,
    States.WRITTEN_OFF: badges.RED,
}


def payment_state(invoice):
    """The derived payment state as a badge; nothing before issue."""
    state = invoice.payment_state
    return badges.tone_badge(States(state).label, TONES[state]) if state else ""


def due(invoice):
    """When it is due; how late it is while something is owed."""
    return formatting.due(invoice.due_on) if invoice.outstanding > 0 else formatting.when(invoice.due_on)


NUMBER = Column("number", render=str, sort="number")
CUSTOMER = Column("customer", sort="customer__name")
PAYMENT_STATE = Column("payment_state", _("payment state"), render=payment_state)
