"""The recycle bin over the API, and deleting words, files and tasks."""

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from crm import bin
from crm.api.router import router
from crm.models import BinEntry


class BinEntrySerializer(serializers.ModelSerializer):
    record_id = serializers.IntegerField(source="key")
    along = serializers.DictField(
        source="counts", child=serializers.IntegerField(), help_text="How many of which type went along."
    )

    class Meta:
        model = BinEntry
        fields = ("id", "record_type", "record_id", "title", "along", "deleted_by", "deleted_at", "until")


class BinViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """What was deleted and can still be restored: your own, your team's, or all, by your role."""

    door = "crm.view_binentry"
    queryset = BinEntry.objects.none()
    serializer_class = BinEntrySerializer
    filterset_fields = ("record_type", "key", "deleted_by")

    def get_queryset(self):
        rows = BinEntry.objects.visible_to(self.request.user)
        return (rows if self.action == "restore" else rows.waiting()).select_related("deleted_by__team")

    @extend_schema(request=None, responses={200: BinEntrySerializer})
    @action(detail=True, methods=["post"])
    def restore(self, request, pk=None):
        """Bring a deleted record back as it was, with everything that went along."""
        entry = self.get_object()
        bin.restore(entry, by=request.user)
        return Response(self.get_serializer(entry).data)


router.register("bin", BinViewSet, basename="api-bin")
