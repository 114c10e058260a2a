from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"

    def ready(self):
        from crm import bin, merging
        from crm.duplicates import watch
        from crm.search import searchable
        from leads import imports, queues, tasks, verbs  # noqa: F401 - declare what comes in, waits, runs and can be done
        from leads.models import Campaign, Lead

        watch(Lead, name="company_name", phone="phone", email="email")
        searchable(Lead, "company_name", "contact_name", "number", "phone", "email")
        searchable(Campaign, "name", "number")
        merging.mergeable(Lead, stays=Lead.refuse_merging_away, kept_apart=Lead.UNLESS_BOTH_CONVERTED)
        bin.deletable(Lead, states=Lead.UNCONVERTED)
        bin.deletable(Campaign)
