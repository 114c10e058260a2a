from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    name = "feedback"

    def ready(self):
        from crm.search import searchable
        from feedback import queues, receivers, related, tasks, verbs  # noqa: F401 - declare what is done and what waits
        from feedback.models import Ticket

        searchable(Ticket, "number", "subject")
