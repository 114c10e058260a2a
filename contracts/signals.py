"""What this stage announces to the later ones, inside the transaction of the act."""

from django.dispatch import Signal

contract_signed = Signal()  # sent with contract=, by=
order_confirming = Signal()  # sent with order=, before it is confirmed; who objects raises ValidationError
order_accepted = Signal()  # sent with order=, by=: the customer has accepted every delivery
