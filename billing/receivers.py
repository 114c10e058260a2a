"""To what the earlier stages announce, billing answers."""

from django.dispatch import receiver

from billing import services
from contracts.signals import contract_signed


@receiver(contract_signed)
def request_first_invoices(sender, contract, **kwargs):
    """A signed contract's instalments that are due by now ask for their invoices in the same transaction."""
    services.request_due(contract)
