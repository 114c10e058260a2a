from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self):
        from billing import imports, queues, receivers, related, tasks, verbs  # noqa: F401 - what is done, when, on what
        from billing.bank import queues as bank_queues  # noqa: F401
        from billing.bank import tasks as bank_tasks  # noqa: F401
        from billing.bank import verbs as bank_verbs  # noqa: F401
        from billing.models import CreditNote, Invoice, Payment, WriteOff
        from crm.search import searchable

        searchable(Invoice, "issued_number", "number")
        searchable(Payment, "number", "reference", "payer")
        searchable(WriteOff, "number")
        searchable(CreditNote, "issued_number", "number")
