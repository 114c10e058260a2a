"""All endpoints under /api/v1/, filled by the apps."""

from rest_framework.routers import APIRootView, DefaultRouter

from crm import doors
from crm.api.records import with_verbs


class Contents(APIRootView):
    """The addresses of all record types."""

    door = doors.SIGNED_IN


class Router(DefaultRouter):
    include_format_suffixes = False
    APIRootView = Contents

    def add(self, prefix, viewset):
        """Register a record type with its verbs."""
        self.register(prefix, with_verbs(viewset), basename=f"api-{viewset.model._meta.model_name}")


router = Router()
