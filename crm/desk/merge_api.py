"""Duplicates and merges over the API."""

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from crm import duplicate_pairs, hanging, merging
from crm.api.removal import MergeSerializer
from crm.api.router import router
from crm.models import Merge, NotDuplicate


class PairSerializer(serializers.Serializer):
    record_type = serializers.SerializerMethodField()
    one = serializers.IntegerField(source="one.pk")
    other = serializers.IntegerField(source="other.pk")
    titles = serializers.SerializerMethodField()
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=list(duplicate_pairs.REASONS)))
    score = serializers.IntegerField(help_text="1 to 99; the higher, the surer.")

    def get_record_type(self, pair) -> str:
        return pair.one._meta.model_name

    def get_titles(self, pair) -> list[str]:
        return [hanging.titled(pair.one), hanging.titled(pair.other)]


LARGEST_PAGE = 200


def whole_number(request, name, otherwise, largest):
    """A number asked for in the address. Raises ValidationError for anything else."""
    asked = request.query_params.get(name, str(otherwise))
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 9 and int(asked) > 0):
        raise ValidationError({name: _("Give a whole number above 0.")})
    return min(int(asked), largest)


@extend_schema_serializer(many=False)
class PagedPairs(serializers.Serializer):
    count = serializers.IntegerField()
    results = PairSerializer(many=True)


class PairInput(serializers.Serializer):
    record_type = serializers.CharField()
    one = serializers.IntegerField()
    other = serializers.IntegerField()


class DuplicateViewSet(viewsets.GenericViewSet):
    """Pairs of customers, contacts or leads that are probably one."""

    door = "crm.view_duplicates"
    queryset = NotDuplicate.objects.none()
    serializer_class = PairSerializer
    pagination_class = None

    @extend_schema(
        parameters=[
            OpenApiParameter("record_type", str, enum=["customer", "contact", "lead"], default="customer"),
            OpenApiParameter("page", int),
            OpenApiParameter("page_size", int),
        ],
        responses={200: PagedPairs},
    )
    def list(self, request):
        """The surest first, among the records you may see."""
        model = self.model_named(request.query_params.get("record_type", "customer"))
        page, size = (whole_number(request, *asked) for asked in (("page", 1, 10_000), ("page_size", 25, LARGEST_PAGE)))
        pairs, total = duplicate_pairs.found(request.user, model, limit=size, offset=size * (page - 1))
        return Response({"count": total, "results": PairSerializer(pairs, many=True).data})

    @extend_schema(request=PairInput, responses={204: None})
    @action(detail=False, methods=["post"])
    def dismiss(self, request):
        """Say that two records are two, so that they are not shown again."""
        told = PairInput(data=request.data)
        told.is_valid(raise_exception=True)
        model = self.model_named(told.validated_data["record_type"])
        keys = [told.validated_data["one"], told.validated_data["other"]]
        records = model.objects.visible_to(request.user).in_bulk(keys)
        if len(records) < 2:
            raise ValidationError(_("There is no such record, or you may not see it."))
        duplicate_pairs.dismiss(*records.values(), by=request.user)
        return Response(status=204)

    def model_named(self, record_type):
        model = duplicate_pairs.model_named(record_type)
        if model not in duplicate_pairs.types(self.request.user):
            raise ValidationError({"record_type": _("Choose one of: customer, contact, lead.")})
        return model


class MergeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Which records became one, as far as you may see what they became."""

    door = "crm.view_duplicates"
    queryset = Merge.objects.none()
    serializer_class = MergeSerializer
    filterset_fields = ("record_type", "survivor_id", "loser_id")

    def get_queryset(self):
        condition = Q(pk__in=[])
        for model in merging.MERGEABLE:
            seen = model.objects.visible_to(self.request.user).values("pk")
            condition |= Q(record_type=model._meta.model_name, survivor_id__in=seen)
        return Merge.objects.filter(condition)

    @extend_schema(request=None, responses={200: MergeSerializer})
    @action(detail=True, methods=["post"])
    def undo(self, request, pk=None):
        """Take a merge apart, within 30 days and the latest first."""
        return Response(self.get_serializer(merging.undo(self.get_object(), by=request.user)).data)


router.register("duplicates", DuplicateViewSet, basename="api-duplicate")
router.register("merges", MergeViewSet, basename="api-merge")
