"""All endpoints under /api/v1/, filled by the apps."""

from rest_framework.routers import APIRootView, DefaultRouter

from crm import doors
from crm.api.acts import with_verbs
from crm.api.bulk import with_bulk
from crm.api.guard import guarded


class Contents(APIRootView):
    """The addresses of all record types."""

    door = doors.SIGNED_IN


class Router(DefaultRouter):
    include_format_suffixes = False
    APIRootView = Contents

    def register(self, prefix, viewset, basename=None):
        super().register(prefix, guarded(viewset), basename)

    def add(self, prefix, viewset):
        """Register a record type with its verbs and its work on many."""
        self.register(prefix, with_bulk(with_verbs(viewset)), basename=f"api-{viewset.model._meta.model_name}")


router = Router()
