"""To what earlier stages announce: an accepted order is followed by a survey."""

from django.dispatch import receiver

from contracts.signals import order_accepted
from feedback import services


@receiver(order_accepted)
def ask_how_satisfied(sender, order, by, **kwargs):
    services.offer(order, by)
