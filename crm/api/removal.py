"""Deleting and merging over the API: endpoints that record types get by declaring it; links to what was merged away."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from crm import bin, merging
from crm.models import Merge


class MergeInput(serializers.Serializer):
    """Which record is folded into this one, and which of its values are taken over."""

    loser = serializers.IntegerField(help_text="The id of the record that will be no more.")
    take = serializers.ListField(
        child=serializers.CharField(), required=False,
        help_text="The fields whose value comes from the loser; left out: where only the loser has one or it is newer.",
    )  # fmt: skip


class MergeSerializer(serializers.ModelSerializer):
    survivor = serializers.IntegerField(source="survivor_id")
    loser = serializers.IntegerField(source="loser_id")
    moved = serializers.DictField(source="counts", child=serializers.IntegerField())

    class Meta:
        model = Merge
        fields = (
            "id", "record_type", "survivor", "loser", "title", "moved", "merged_by", "merged_at", "until", "undone_at",
            "undone_by",
        )  # fmt: skip


def with_removal(viewset):
    """Add DELETE where records can be deleted, and `merge` where they can be merged."""
    if viewset.model in bin.DELETABLE:
        viewset.destroy = destroy
        viewset.http_method_names = (*viewset.http_method_names, "delete")
    if viewset.model in merging.MERGEABLE:
        viewset.merge = _merge_endpoint(viewset)
    return viewset


@extend_schema(responses={204: None})
def destroy(self, request, pk=None):
    """Put it into the recycle bin with everything that hangs on it; it can be restored for 30 days."""
    bin.delete(self.get_object(), by=request.user)
    return Response(status=204)


def _merge_endpoint(viewset):
    @extend_schema(request=MergeInput, responses={200: MergeSerializer})
    @action(detail=True, methods=["post"])
    def merge(self, request, pk=None):
        """Fold another record of this type into this one; it can be undone for 30 days."""
        told = MergeInput(data=request.data)
        told.is_valid(raise_exception=True)
        survivor, key, take = self.get_object(), told.validated_data["loser"], told.validated_data.get("take")
        if made := merging.done(survivor, key):
            return Response(MergeSerializer(made).data)
        loser = self.get_queryset().filter(pk=key).first()
        if loser is None:
            raise ValidationError({"loser": _("There is no such record, or you may not see it.")})
        if unknown := set(take or ()) - {field.name for field in merging.fields(self.model)}:
            raise ValidationError({"take": _("Not to be chosen: %(fields)s") % {"fields": ", ".join(sorted(unknown))}})
        made = merging.merge(survivor, loser, take=None if take is None else set(take), by=request.user)
        return Response(MergeSerializer(made).data)

    return merge
