from django.apps import AppConfig


class ContractsConfig(AppConfig):
    name = "contracts"

    def ready(self):
        from contracts import imports, queues, related, tasks, verbs  # noqa: F401 - declare what comes in, is done, waits
        from contracts.models import Amendment, Contract, Delivery, Order
        from crm import bin
        from crm.search import searchable

        searchable(Contract, "number", "title")
        searchable(Amendment, "number", "reason")
        searchable(Order, "number", "ship_to")
        searchable(Delivery, "number", "tracking_number")
        bin.deletable(Contract, states=(Contract.Status.DRAFT,))
        bin.deletable(Order, states=(Order.Status.DRAFT,))
        bin.deletable(Delivery, states=(Delivery.Status.PLANNED,))
