"""All endpoints under /api/v1/, filled by the apps."""

from rest_framework.routers import DefaultRouter

from crm.api.records import with_verbs


class Router(DefaultRouter):
    include_format_suffixes = False

    def add(self, prefix, viewset):
        """Register a record type with its verbs."""
        self.register(prefix, with_verbs(viewset), basename=f"api-{viewset.model._meta.model_name}")


router = Router()
