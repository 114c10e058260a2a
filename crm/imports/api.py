"""Bringing in files over the API: the same steps as on the pages."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, parsers, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from crm import access, jobs
from crm.api.router import router
from crm.doors import SIGNED_IN
from crm.imports import answers, files, kinds, questions, running, undoing
from crm.models import ImportRow, ImportRun


class ImportSerializer(serializers.ModelSerializer):
    """Where an import stands. `state` is columns, previewing, previewed, running, stopped, done, undoing or undone;
    `counts` says how many rows are, or would be, created, updated, skipped and refused."""

    state = serializers.CharField(read_only=True)
    done = serializers.IntegerField(source="job.done", default=0, read_only=True)
    counts = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    answers = serializers.DictField(read_only=True)

    class Meta:
        model = ImportRun
        fields = (
            "id", "kind", "name", "headers", "total", "answers", "state", "done", "counts", "uploaded_by", "created_at",
            "undone_at",
        )  # fmt: skip


class UploadSerializer(serializers.Serializer):
    """A CSV or Excel file, and what it holds: leads, customers, products, opportunities, contracts, invoices, …"""

    file = serializers.FileField()
    kind = serializers.CharField()


class AnswersSerializer(serializers.Serializer):
    """How the file is to be read. What is left out stays as it was proposed."""

    columns = serializers.DictField(
        child=serializers.IntegerField(min_value=0), required=False, help_text="{field: position of its column, from 0}"
    )
    days = serializers.DictField(
        child=serializers.ChoiceField(["dmy", "mdy"]),
        required=False,
        help_text="{field: what comes first, day or month}",
    )
    words = serializers.DictField(
        child=serializers.DictField(child=serializers.CharField()), required=False,
        help_text="{field: {word: value, `__empty__` or `__skip__`}}",
    )  # fmt: skip
    system = serializers.CharField(required=False, allow_blank=True, max_length=50)
    mode = serializers.ChoiceField(list(answers.MODES), required=False)
    key = serializers.CharField(required=False, allow_blank=True)
    duplicates = serializers.ChoiceField(ImportRow.Decision.values, required=False)
    whole = serializers.DictField(required=False, help_text="What holds for all rows, such as the campaign of leads.")


class QuestionSerializer(serializers.Serializer):
    """Something the file leaves open: a word that is not known, or days that could be two."""

    field = serializers.CharField()
    about = serializers.ChoiceField(["word", "days"])
    word = serializers.CharField(required=False)
    rows = serializers.IntegerField()
    likely = serializers.CharField(allow_blank=True)
    options = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))


class DecisionSerializer(serializers.Serializer):
    """What is to become of likely duplicates: of the rows with these numbers, or of all."""

    decision = serializers.ChoiceField(ImportRow.Decision.choices)
    numbers = serializers.ListField(child=serializers.IntegerField(), required=False, allow_null=True)


class UndoSerializer(serializers.Serializer):
    """`rest`: keep what was worked on since, and undo the others."""

    rest = serializers.BooleanField(default=False)


class BlockedSerializer(serializers.Serializer):
    record_type = serializers.CharField()
    record_id = serializers.IntegerField()
    name = serializers.CharField()
    reason = serializers.CharField()


class ImportRowSerializer(serializers.ModelSerializer):
    class Meta:
        model = ImportRow
        fields = ("number", "outcome", "reason", "cells", "decision", "holder_type", "record_type", "record_id", "done")


ANSWER = {200: ImportSerializer}


class ImportViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Send a file, say how it is to be read, look at the preview, run it; undo it if it was wrong."""

    door = SIGNED_IN
    parser_classes = [parsers.JSONParser, parsers.MultiPartParser]
    queryset = ImportRun.objects.none()
    serializer_class = ImportSerializer
    filter_backends = []
    lookup_value_regex = r"\d+"

    def get_queryset(self):
        return ImportRun.objects.visible_to(self.request.user).select_related("job", "uploaded_by__team")

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if request.user.is_authenticated and not kinds.offered(request.user):
            raise PermissionDenied(_("Your role does not allow this."))

    def get_object(self):
        run = super().get_object()
        access.authorize(self.request.user, run.type.permission)
        return run

    def _told(self, run, code=status.HTTP_200_OK):
        return Response(ImportSerializer(self.get_queryset().get(pk=run.pk)).data, status=code)

    def _checked(self, serializer, request):
        asked = serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return asked.validated_data

    @extend_schema(request={"multipart/form-data": UploadSerializer}, responses={201: ImportSerializer})
    def create(self, request):
        """Take a file in. Its columns are matched by their names; nothing is created yet."""
        asked = self._checked(UploadSerializer, request)
        return self._told(files.receive(asked["file"], asked["kind"], by=request.user), status.HTTP_201_CREATED)

    @extend_schema(request=AnswersSerializer, responses=ANSWER)
    @action(detail=True, methods=["post"])
    def answers(self, request, pk=None):
        """Say how the file is to be read."""
        said = self._checked(AnswersSerializer, request)
        return self._told(answers.give(self.get_object(), by=request.user, **said))

    @extend_schema(responses={200: QuestionSerializer(many=True)}, filters=False)
    @action(detail=True, pagination_class=None)
    def questions(self, request, pk=None):
        """What the file leaves open with its columns as they are matched now."""
        found = questions.of(self.get_object(), request.user)
        return Response([_question(question) for question in found])

    @extend_schema(request=None, responses=ANSWER)
    @action(detail=True, methods=["post"])
    def preview(self, request, pk=None):
        """Look ahead over the whole file, in the background. Nothing is written."""
        return self._told(running.preview(self.get_object(), by=request.user))

    @extend_schema(request=DecisionSerializer, responses=ANSWER)
    @action(detail=True, methods=["post"])
    def decide(self, request, pk=None):
        """Say what is to become of likely duplicates."""
        said = self._checked(DecisionSerializer, request)
        run = self.get_object()
        running.decide(run, decision=said["decision"], numbers=said.get("numbers"), by=request.user)
        return self._told(run)

    @extend_schema(request=None, responses=ANSWER)
    @action(detail=True, methods=["post"])
    def run(self, request, pk=None):
        """Do what the preview showed, in the background."""
        return self._told(running.start(self.get_object(), by=request.user))

    @extend_schema(request=None, responses=ANSWER)
    @action(detail=True, methods=["post"])
    def resume(self, request, pk=None):
        """Go on with an import that was called off or failed."""
        return self._told(running.resume(self.get_object(), by=request.user))

    @extend_schema(request=None, responses=ANSWER)
    @action(detail=True, methods=["post"])
    def cancel(self, request, pk=None):
        """Call a running import off; what it brought in so far stays."""
        run = self.get_object()
        if run.job:
            jobs.cancel(run.job, by=request.user)
        return self._told(run)

    @extend_schema(request=UndoSerializer, responses=ANSWER)
    @action(detail=True, methods=["post"])
    def undo(self, request, pk=None):
        """Take a whole import back, in the background."""
        said = self._checked(UndoSerializer, request)
        return self._told(undoing.undo(self.get_object(), rest=said["rest"], by=request.user))

    @extend_schema(responses={200: BlockedSerializer(many=True)}, filters=False)
    @action(detail=True, pagination_class=None)
    def in_the_way(self, request, pk=None):
        """The records that were worked on since, so that undoing would keep them."""
        found = undoing.in_the_way(self.get_object())
        return Response([
            {"record_type": record._meta.model_name, "record_id": record.pk, "name": str(record), "reason": reason}
            for record, reason in found
        ])  # fmt: skip

    @extend_schema(
        responses={200: ImportRowSerializer(many=True)},
        parameters=[OpenApiParameter("outcome", str, enum=ImportRow.Outcome.values)],
    )
    @action(detail=True)
    def rows(self, request, pk=None):
        """What becomes of each row; `?outcome=refused` for those with a reason why not."""
        rows = self.get_object().rows.all()
        if outcome := request.query_params.get("outcome"):
            rows = rows.filter(outcome=outcome)
        return self.get_paginated_response(ImportRowSerializer(self.paginate_queryset(rows), many=True).data)


def _question(question):
    column = question.column.key
    if isinstance(question, questions.DayQuestion):
        rows = question.day_first + question.month_first + question.either
        options = [["dmy", _("Day first: 31/12/2025")], ["mdy", _("Month first: 12/31/2025")]]
        return {
            "field": column,
            "about": "days",
            "rows": rows,
            "likely": questions.likely_order(question),
            "options": options,
        }
    options = [[str(value), str(label)] for value, label in question.options]
    return {"field": column, "about": "word", "word": question.word, "rows": question.count,
            "likely": str(question.likely), "options": options}  # fmt: skip


router.register("imports", ImportViewSet, basename="api-import")
