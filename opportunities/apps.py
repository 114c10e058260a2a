from django.apps import AppConfig


class OpportunitiesConfig(AppConfig):
    name = "opportunities"

    def ready(self):
        from crm import bin
        from crm.search import searchable
        from opportunities import queues, tasks, verbs  # noqa: F401 - declare what can be done and what waits
        from opportunities.models import Opportunity, Quote

        searchable(Opportunity, "name", "number")
        searchable(Quote, "number")
        bin.deletable(Opportunity, parts=("opportunities.Quote.opportunity",))
        bin.deletable(Quote, states=(Quote.Status.DRAFT,))
