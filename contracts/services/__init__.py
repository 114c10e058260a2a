"""What can be done with contracts, amendments, orders and deliveries. The only place where their states move."""

from contracts.services.contracts import draft_from_quote, save_contract
from contracts.services.deliveries import save_delivery
from contracts.services.orders import save_order

__all__ = ["draft_from_quote", "save_contract", "save_delivery", "save_order"]
