"""Customers, catalogue, work and people over the API."""

import django_filters
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.views import APIView

from crm import chain, customers, doors, work
from crm.access import authorize
from crm.api.records import RecordSerializer, RecordViewSet
from crm.api.removal import destroy
from crm.api.router import router
from crm.desk import bin_api, merge_api, sight  # noqa: F401 - the first two add their endpoints
from crm.desk.catalogue import PriceListFilter, ProductFilter
from crm.desk.customers import BillingTitleFilter, ContactFilter, CustomerFilter
from crm.desk.lists_api import SavedViewViewSet
from crm.desk.tasks import TaskFilter
from crm.models import (
    BillingTitle,
    Contact,
    Customer,
    FollowUp,
    Job,
    PriceList,
    PriceListItem,
    Product,
    Task,
    Team,
    User,
)  # fmt: skip


class CustomerSerializer(RecordSerializer):
    class Meta:
        model = Customer
        fields = (
            "id", "name", "industry", "region", "phone", "website", "address", "notes", "owner", "created_at",
            "updated_at", "version",
        )  # fmt: skip

    def validate_owner(self, owner):
        """Who owns a customer is said on creation; later it takes the act of assigning."""
        if self.instance and owner != self.instance.owner:
            raise serializers.ValidationError(_("A customer changes hands by being assigned."))
        return super().validate_owner(owner)


class AssignSerializer(serializers.Serializer):
    owner = serializers.PrimaryKeyRelatedField(queryset=User.objects.filter(is_active=True))


class CustomerViewSet(RecordViewSet):
    model = Customer
    serializer_class = CustomerSerializer
    filterset_class = CustomerFilter
    select_related = ("owner__team",)

    @extend_schema(request=AssignSerializer, responses={200: CustomerSerializer})
    @action(detail=True, methods=["post"])
    def assign(self, request, pk=None):
        """Hand a customer to another rep."""
        customer = self.get_object()
        authorize(request.user, "crm.assign_customer", customer)
        wanted = AssignSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        customer = customers.assign(customer, owner=wanted.validated_data["owner"], by=request.user)
        return Response(self.get_serializer(customer).data)


class ContactSerializer(RecordSerializer):
    class Meta:
        model = Contact
        fields = (
            "id", "customer", "name", "title", "phone", "email", "is_primary", "consent", "created_at", "updated_at",
            "version",
        )  # fmt: skip


class ContactViewSet(RecordViewSet):
    model = Contact
    serializer_class = ContactSerializer
    filterset_class = ContactFilter
    select_related = ("customer__owner__team",)


class BillingTitleSerializer(RecordSerializer):
    class Meta:
        model = BillingTitle
        fields = (
            "id", "customer", "title", "tax_number", "address", "bank_account", "email", "is_default", "created_at",
            "updated_at", "version",
        )  # fmt: skip


class BillingTitleViewSet(RecordViewSet):
    model = BillingTitle
    serializer_class = BillingTitleSerializer
    filterset_class = BillingTitleFilter
    select_related = ("customer__owner__team",)


class ProductSerializer(RecordSerializer):
    class Meta:
        model = Product
        fields = (
            "id", "sku", "name", "kind", "unit", "price", "currency", "tax_rate", "gross_margin", "is_active",
            "created_at", "updated_at", "version",
        )  # fmt: skip


class ProductViewSet(RecordViewSet):
    model = Product
    serializer_class = ProductSerializer
    filterset_class = ProductFilter


class PriceSerializer(serializers.ModelSerializer):
    class Meta:
        model = PriceListItem
        fields = ("product", "price")


class PriceListSerializer(RecordSerializer):
    items = PriceSerializer(many=True, read_only=True)

    class Meta:
        model = PriceList
        fields = ("id", "name", "currency", "valid_from", "valid_until", "is_active", "items", "version")


class PriceListViewSet(RecordViewSet):
    model = PriceList
    serializer_class = PriceListSerializer
    filterset_class = PriceListFilter
    prefetch_related = ("items",)


class OnRecordSerializer(serializers.Serializer):
    """Names the record a piece of work hangs on."""

    record_type = serializers.CharField()
    record_id = serializers.IntegerField()

    def validate(self, values):
        model = chain.model_of(values.pop("record_type"))
        user = self.context["request"].user
        record = model and model.objects.visible_to(user).filter(pk=values.pop("record_id")).first()
        if record is None:
            raise ValidationError({"record_id": _("There is no such record, or you may not see it.")})
        return {**values, "record": record}


class FollowUpSerializer(serializers.ModelSerializer):
    class Meta:
        model = FollowUp
        fields = ("id", "record_type", "record_id", "case", "kind", "summary", "happened_at", "author", "created_at")


class FollowUpInput(OnRecordSerializer):
    kind = serializers.ChoiceField(choices=FollowUp.Kind.choices)
    summary = serializers.CharField()
    happened_at = serializers.DateTimeField(required=False)
    next_step = serializers.CharField(required=False, allow_blank=True, max_length=200)
    next_on = serializers.DateField(required=False, allow_null=True)


class FollowUpFilter(django_filters.FilterSet):
    class Meta:
        model = FollowUp
        fields = ("record_type", "record_id", "kind", "author", "case", "customer")


class WorkViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Work on records: read here, deleted by who wrote it or their manager."""

    destroy = destroy


class FollowUpViewSet(WorkViewSet):
    """What was said to customers, on the records you may see."""

    door = "crm.view_followup"
    queryset = FollowUp.objects.none()
    serializer_class = FollowUpSerializer
    filterset_class = FollowUpFilter

    def get_queryset(self):
        return work.follow_ups_visible_to(self.request.user).order_by("-pk")

    @extend_schema(request=FollowUpInput, responses={201: FollowUpSerializer})
    def create(self, request):
        """Log a follow-up on any record."""
        told = FollowUpInput(data=request.data, context={"request": request})
        told.is_valid(raise_exception=True)
        logged = work.log_follow_up(by=request.user, **told.validated_data)
        return Response(FollowUpSerializer(logged).data, status=201)


class TaskSerializer(serializers.ModelSerializer):
    class Meta:
        model = Task
        fields = ("id", "title", "due_on", "owner", "record_type", "record_id", "done_at", "created_at")
        read_only_fields = ("record_type", "record_id", "done_at", "created_at")


class TaskInput(serializers.Serializer):
    title = serializers.CharField(max_length=200)
    due_on = serializers.DateField(required=False, allow_null=True)
    owner = serializers.PrimaryKeyRelatedField(queryset=User.objects.filter(is_active=True), required=False)


class TaskViewSet(WorkViewSet):
    """What is promised, by you or by your team."""

    door = "crm.view_task"
    queryset = Task.objects.none()
    serializer_class = TaskSerializer
    filterset_class = TaskFilter

    def get_queryset(self):
        return Task.objects.visible_to(self.request.user).select_related("owner__team")

    @extend_schema(request=TaskInput, responses={201: TaskSerializer})
    def create(self, request):
        """Promise something, or give a task to a colleague."""
        told = TaskInput(data=request.data)
        told.is_valid(raise_exception=True)
        made = work.add_task(**{"owner": request.user, **told.validated_data}, by=request.user)
        return Response(TaskSerializer(made).data, status=201)

    @extend_schema(request=None, responses={200: TaskSerializer})
    @action(detail=True, methods=["post"])
    def complete(self, request, pk=None):
        """Tick a task off."""
        task = work.complete_task(self.get_object(), by=request.user)
        task.refresh_from_db()
        return Response(TaskSerializer(task).data)


class UserSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ("id", "name", "email", "roles", "team")


class AccessSerializer(serializers.Serializer):
    """One permission of a user, and what it rests on."""

    permission = serializers.CharField(source="reason.permission")
    label = serializers.CharField()
    allowed = serializers.BooleanField(source="reason.allowed")
    roles = serializers.ListField(child=serializers.CharField(), source="reason.roles")
    scope = serializers.ChoiceField(["no", "own", "team", "all"], source="reason.scope_key")
    why = serializers.CharField(source="reason.text")
    records = serializers.IntegerField(allow_null=True, help_text="How many records it reaches now.")


class UserViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Colleagues, so that owners and assignees can be named."""

    door = doors.SIGNED_IN
    queryset = User.objects.filter(is_active=True).order_by("name", "pk")
    serializer_class = UserSerializer
    filterset_fields = ("team",)

    @extend_schema(
        parameters=[OpenApiParameter("record", str, description="address of a record's page, or its number")],
        responses=AccessSerializer(many=True),
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def access(self, request, pk=None):
        """What a user sees and does, and why; with `record`, what of it on that record. For administrators."""
        authorize(request.user, "crm.view_user")
        user = get_object_or_404(User.objects.all(), pk=pk)
        if asked := request.query_params.get("record"):
            seen, acts = sight.about(user, sight.named(asked))
            lines = [seen, *acts]
        else:
            lines = [line for group in sight.overview(user) for line in group.lines]
        return Response(AccessSerializer(lines, many=True).data)


class TeamSerializer(serializers.ModelSerializer):
    class Meta:
        model = Team
        fields = ("id", "name", "parent")


class TeamViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    door = doors.SIGNED_IN
    queryset = Team.objects.order_by("path")
    serializer_class = TeamSerializer


class JobSerializer(serializers.ModelSerializer):
    class Meta:
        model = Job
        fields = (
            "id", "task", "status", "progress", "total", "result", "error", "created_at", "started_at", "finished_at",
        )  # fmt: skip


class JobViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Background work you asked for; administrators see all of it."""

    door = "crm.view_job"
    queryset = Job.objects.none()
    serializer_class = JobSerializer
    filterset_fields = ("task", "status")

    def get_queryset(self):
        return Job.objects.visible_to(self.request.user).order_by("-pk")


class MeView(APIView):
    """Who you are."""

    door = doors.SIGNED_IN

    @extend_schema(responses=UserSerializer)
    def get(self, request):
        return Response(UserSerializer(request.user).data)


router.add("customers", CustomerViewSet)
router.add("contacts", ContactViewSet)
router.add("billing-titles", BillingTitleViewSet)
router.add("products", ProductViewSet)
router.add("price-lists", PriceListViewSet)
router.register("follow-ups", FollowUpViewSet, basename="api-followup")
router.register("tasks", TaskViewSet, basename="api-task")
router.register("users", UserViewSet, basename="api-user")
router.register("teams", TeamViewSet, basename="api-team")
router.register("jobs", JobViewSet, basename="api-job")
router.register("views", SavedViewViewSet, basename="api-view")
