"""Webhooks over the API: register, change, rotate, test, and read what became of each message."""

import django_filters
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from crm import access
from crm.api.records import RecordSerializer, RecordViewSet
from crm.api.router import router
from crm.models import User, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from crm.webhooks import services

SECRET = serializers.CharField(help_text="Shown this once; verify messages with it.")
LARGEST_KEY = 2**63 - 1


class WebhookSerializer(RecordSerializer):
    """An address that is told of events; without `event_types` of all that `acts_as` may see."""

    acts_as = serializers.PrimaryKeyRelatedField(queryset=User.objects.filter(is_active=True))

    class Meta:
        model = WebhookEndpoint
        fields = (
            "id", "url", "description", "event_types", "acts_as", "active", "failing_since", "disabled_reason", "owner",
            "created_at", "updated_at", "version",
        )  # fmt: skip
        read_only_fields = ("failing_since", "disabled_reason", "owner")


class NewWebhookSerializer(WebhookSerializer):
    secret = serializers.CharField(read_only=True, source="shown_secret", help_text=SECRET.help_text)

    class Meta(WebhookSerializer.Meta):
        fields = (*WebhookSerializer.Meta.fields, "secret")


class WebhookFilter(django_filters.FilterSet):
    class Meta:
        model = WebhookEndpoint
        fields = ("active", "acts_as")


class AttemptSerializer(serializers.ModelSerializer):
    class Meta:
        model = WebhookAttempt
        fields = ("at", "body", "code", "answer", "error", "duration_ms")


class WebhookDeliverySerializer(serializers.ModelSerializer):
    class Meta:
        model = WebhookDelivery
        fields = (
            "id", "endpoint", "event", "kind", "message_id", "status", "attempts", "due_at", "created_at",
            "finished_at",
        )  # fmt: skip


class WebhookDeliveryWithTriesSerializer(WebhookDeliverySerializer):
    tries = AttemptSerializer(many=True, read_only=True)

    class Meta(WebhookDeliverySerializer.Meta):
        fields = (*WebhookDeliverySerializer.Meta.fields, "tries")


class ReplaySerializer(serializers.Serializer):
    from_event = serializers.IntegerField(min_value=1, max_value=LARGEST_KEY, help_text="The first event's id.")


class WebhookViewSet(RecordViewSet):
    """Addresses of other programs. A new one's answer holds its secret, this once."""

    model = WebhookEndpoint
    serializer_class = WebhookSerializer
    filterset_class = WebhookFilter
    select_related = ("owner__team",)
    takes_many = False
    store = staticmethod(services.save_endpoint)

    @extend_schema(responses={201: NewWebhookSerializer})
    def create(self, request, *args, **kwargs):
        return super().create(request, *args, **kwargs)

    def get_serializer(self, *args, **kwargs):
        if args and hasattr(args[0], "shown_secret"):
            return NewWebhookSerializer(*args, context=self.get_serializer_context(), **kwargs)
        return super().get_serializer(*args, **kwargs)

    @extend_schema(request=None, responses=inline_serializer("WebhookSecret", {"secret": SECRET}))
    @action(detail=True, methods=["post"])
    def rotate(self, request, pk=None):
        """Make a new secret; messages carry both signatures for a day."""
        return Response({"secret": services.rotate(self.get_object(), by=request.user)})

    @extend_schema(request=None, responses=WebhookDeliverySerializer)
    @action(detail=True, methods=["post"])
    def test(self, request, pk=None):
        """Send a message that tells of nothing but itself."""
        return Response(WebhookDeliverySerializer(services.send_test(self.get_object(), by=request.user)).data)

    @extend_schema(request=ReplaySerializer, responses=inline_serializer("Replay", {"job": serializers.IntegerField()}))
    @action(detail=True, methods=["post"])
    def replay(self, request, pk=None):
        """Send all events from a number on again, those never sent included; the answer names the job."""
        asked = ReplaySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response({"job": services.replay(self.get_object(), by=request.user, **asked.validated_data).pk})


class WebhookDeliveryViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """What became of each message; one of them with every attempt."""

    door = access.name("view", WebhookDelivery)
    queryset = WebhookDelivery.objects.order_by("-pk")
    serializer_class = WebhookDeliverySerializer
    filterset_fields = ("endpoint", "status", "kind")
    lookup_value_regex = r"\d{1,18}"

    def get_serializer_class(self):
        return WebhookDeliverySerializer if self.action == "list" else WebhookDeliveryWithTriesSerializer

    @extend_schema(request=None, responses=WebhookDeliveryWithTriesSerializer)
    @action(detail=True, methods=["post"])
    def replay(self, request, pk=None):
        """Send one message again, under its id."""
        return Response(self.get_serializer(services.send_again(self.get_object(), by=request.user)).data)


router.add("webhooks", WebhookViewSet)
router.register("webhook-deliveries", WebhookDeliveryViewSet, basename="api-webhookdelivery")
