from django.apps import AppConfig


class KpisConfig(AppConfig):
    name = "kpis"

    def ready(self):
        from kpis import queues, tasks, verbs  # noqa: F401 - declare what waits, runs and can be done
