from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self):
        from billing import (  # noqa: F401 - what is done, when, on what
            collecting_queues,
            imports,
            queues,
            receivers,
            related,
            tasks,
            verbs,
        )
        from billing.bank import queues as bank_queues  # noqa: F401
        from billing.bank import tasks as bank_tasks  # noqa: F401
        from billing.bank import verbs as bank_verbs  # noqa: F401
        from billing.models import CreditNote, CreditRelease, Dispute, Invoice, Payment, Promise, Reminder, WriteOff
        from crm.search import searchable

        searchable(Invoice, "issued_number", "number", "tax_invoice_number")
        searchable(Payment, "number", "reference", "payer")
        searchable(WriteOff, "number")
        searchable(CreditNote, "issued_number", "number")
        for model in (Promise, Dispute, Reminder, CreditRelease):
            searchable(model, "number")
