from django.apps import AppConfig


class KpisConfig(AppConfig):
    name = "kpis"

    def ready(self):
        from kpis import imports, queues, tasks, verbs  # noqa: F401 - declare what comes in, waits, runs and can be done
