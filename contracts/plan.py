"""How a payment plan stands: each instalment with what is invoiced and paid of it, and its state in words."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from crm import clock, money
from crm.templatetags.badges import AMBER, BLUE, GREEN, GREY, RED, tone_badge


@dataclass
class Standing:
    """One instalment; amounts in the contract's currency."""

    instalment: object
    invoiced: Decimal
    paid: Decimal

    @property
    def badge(self):
        part = self.instalment
        if self.paid >= part.amount:
            return tone_badge(_("Paid"), GREEN)
        if part.contract.status not in part.contract.BINDING:
            return tone_badge(_("Planned"), GREY)
        if part.due_on < clock.today():
            return tone_badge(_("Overdue"), RED)
        if self.paid:
            return tone_badge(_("Partly paid"), AMBER)
        return tone_badge(_("Invoiced"), BLUE) if self.invoiced else tone_badge(_("Planned"), GREY)


def standings(contract):
    """The plan in its order, in two queries."""
    owed = {}
    for invoice in contract.invoices.with_balance().filter(status__in=contract.invoices.model.OWED):
        owed.setdefault(invoice.instalment_id, []).append(invoice)
    found = []
    for part in contract.instalments.all():
        part.contract = contract
        invoices = owed.get(part.pk, [])
        invoiced = sum((invoice.gross for invoice in invoices), money.ZERO)
        found.append(Standing(part, invoiced, invoiced - sum((i.outstanding for i in invoices), money.ZERO)))
    return found
