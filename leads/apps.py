from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"

    def ready(self):
        from crm.search import searchable
        from leads import verbs  # noqa: F401 - declares what can be done
        from leads.models import Campaign, Lead

        searchable(Lead, "company_name", "contact_name", "number", "phone", "email")
        searchable(Campaign, "name", "number")
