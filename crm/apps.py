from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "crm"
    verbose_name = "LTC CRM"

    def ready(self):
        from crm import doors, tasks  # noqa: F401 - declare the check of all addresses, and what runs by the clock
        from crm.models import BillingTitle, Contact, Customer, Product, User
        from crm.search import searchable

        searchable(Customer, "name", "phone", "website")
        searchable(Contact, "name", "phone", "email")
        searchable(BillingTitle, "title", "tax_number")
        searchable(Product, "name", "sku")
        searchable(User, "name", "email", "phone")
