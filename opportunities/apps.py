from django.apps import AppConfig


class OpportunitiesConfig(AppConfig):
    name = "opportunities"

    def ready(self):
        from crm import bin
        from crm.search import searchable
        from opportunities import imports, queues, tasks, verbs  # noqa: F401 - declare what comes in, can be done and waits
        from opportunities.models import Opportunity, Quote

        searchable(Opportunity, "name", "number")
        searchable(Quote, "number")
        bin.deletable(Opportunity, parts=("opportunities.Quote.opportunity",))
        bin.deletable(Quote, states=(Quote.Status.DRAFT,))
