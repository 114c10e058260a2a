"""What people keep of lists, for programs."""

from rest_framework import mixins, serializers, viewsets

from crm import doors
from crm.models import SavedView
from crm.web.lists import pages_of


class SavedViewSerializer(serializers.ModelSerializer):
    url = serializers.SerializerMethodField(help_text="The page that shows it.")

    class Meta:
        model = SavedView
        fields = ("id", "list_key", "name", "query", "shared", "owner", "created_at", "url")

    def get_url(self, view) -> str:
        pages = pages_of(view.list_key)
        return pages().view_address(view) if pages else ""


class SavedViewViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """The views of lists you have saved, and those shared with you."""

    door = doors.SIGNED_IN
    queryset = SavedView.objects.none()
    serializer_class = SavedViewSerializer
    filterset_fields = ("list_key", "shared")

    def get_queryset(self):
        return SavedView.objects.offered_to(self.request.user).order_by("list_key", "name", "pk")
