"""All endpoints under /api/v1/, filled by the apps."""

from rest_framework.routers import APIRootView, DefaultRouter

from crm import doors
from crm.api.acts import with_verbs
from crm.api.bulk import with_bulk
from crm.api.guard import guarded
from crm.api.removal import with_removal


class Contents(APIRootView):
    """The addresses of all record types."""

    door = doors.SIGNED_IN


class Router(DefaultRouter):
    include_format_suffixes = False
    APIRootView = Contents

    def register(self, prefix, viewset, basename=None):
        super().register(prefix, guarded(viewset), basename)

    def add(self, prefix, viewset):
        """Register a record type with its verbs, its work on many, deleting and merging."""
        whole = with_removal(with_bulk(with_verbs(viewset)))
        self.register(prefix, whole, basename=f"api-{viewset.model._meta.model_name}")


router = Router()
