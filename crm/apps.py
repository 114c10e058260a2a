from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "crm"
    verbose_name = "LTC CRM"

    def ready(self):
        from crm import bin, doors, merging, tasks  # noqa: F401 - declare the check of all addresses, and what runs by the clock
        from crm.accounts import audit, sessions  # noqa: F401 - listen to people coming in and leaving
        from crm.imports import customers, products, running, undoing  # noqa: F401 - declare what files hold, and the work on them
        from crm.models import (
            Attachment,
            BillingTitle,
            Comment,
            Contact,
            Customer,
            FollowUp,
            PriceList,
            Product,
            Task,
            User,
        )  # fmt: skip
        from crm.search import searchable
        from crm.webhooks import outbox  # noqa: F401 - listen to events

        searchable(Customer, "name", "phone", "website")
        searchable(Contact, "name", "phone", "email")
        searchable(BillingTitle, "title", "tax_number")
        searchable(Product, "name", "sku")
        searchable(User, "name", "email", "phone")
        merging.mergeable(Customer, single=merging.ONE_PER_CUSTOMER)
        merging.mergeable(Contact, apart=merging.of_two_customers)
        of_customer = ("crm.Contact.customer", "crm.BillingTitle.customer")
        bin.deletable(Customer, parts=of_customer, loose=("crm.Case.customer", *bin.WORK))
        for model in (Contact, Product, PriceList, FollowUp, Task, Comment, Attachment):
            bin.deletable(model)
