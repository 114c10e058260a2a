"""To what the earlier stages announce, billing answers."""

from django.dispatch import receiver

from billing import services
from billing.services.credit import refuse_beyond_credit
from contracts.signals import contract_signed, order_confirming


@receiver(contract_signed)
def request_first_invoices(sender, contract, **kwargs):
    """A signed contract's instalments that are due by now ask for their invoices in the same transaction."""
    services.request_due(contract)


@receiver(order_confirming)
def hold_back_beyond_credit(sender, order, **kwargs):
    """An order is not confirmed above its customer's credit limit or while the customer is on hold."""
    refuse_beyond_credit(order)
