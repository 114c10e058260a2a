"""Reading, writing and changing records: the base of every viewset."""

from django import forms
from django.http import Http404
from django.utils.cache import get_conditional_response
from django.utils.functional import classproperty
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import mixins, serializers, viewsets
from rest_framework.permissions import SAFE_METHODS
from rest_framework.response import Response

from crm import access, external, records, verbs
from crm import tags as labels
from crm.access import authorize
from crm.api import merged, tags
from crm.api.acts import form_data
from crm.api.bulk import BulkRows


class ExternalIdsField(serializers.DictField):
    """{system: id} by which other systems know the record; on writing, null takes a name away."""

    child = serializers.CharField(allow_null=True, max_length=external.LONGEST_ID)

    def get_attribute(self, record):
        return external.of(record)


class TagsField(serializers.ListField):
    """The names of a record's tags."""

    child = serializers.CharField(max_length=labels.LONGEST)

    def get_attribute(self, record):
        return [tag.name for tag in labels.of(record)]


class RecordSerializer(serializers.ModelSerializer):
    """Base of every record's serializer: state, number and case are read-only; moves are told."""

    moves = serializers.SerializerMethodField(
        help_text="The verbs you may use on this record now; in a list with `?include=moves` only."
    )
    external_ids = ExternalIdsField(required=False, help_text="{system: id there}; null takes a name away.")

    tags = TagsField(required=False, help_text="Names of the company's tags; on writing, exactly these.")

    READ_ONLY = ("id", "number", "status", "case", "created_at", "updated_at", "version")

    def get_moves(self, record) -> list[str]:
        user = self.context["request"].user
        return [verb.name for verb, _move in verbs.offered(record, user)] if hasattr(record, "MOVES") else []

    def get_field_names(self, declared_fields, info):
        names = [*super().get_field_names(declared_fields, info), "external_ids"]
        return [*names, "tags"] if self.Meta.model.may_be_tagged else names

    def get_fields(self):
        fields = super().get_fields()
        view = self.context.get("view")
        if view is not None and not view.shows_moves:
            fields.pop("moves", None)
        return fields

    def validate_owner(self, owner):
        """Who reaches only their own records gives them to nobody else; that takes an assignment."""
        user, model = self.context["request"].user, self.Meta.model
        verb = "change" if self.instance else "add"
        if access.scope(user, access.name(verb, model)) == access.OWN and owner not in (None, user):
            raise serializers.ValidationError(_("You may only own this yourself."))
        return owner

    def get_extra_kwargs(self):
        known = super().get_extra_kwargs()
        return {**known, **{name: {"read_only": True} for name in self.READ_ONLY}}

    def build_relational_field(self, field_name, relation):
        field, options = super().build_relational_field(field_name, relation)
        queryset = options.get("queryset")
        user = getattr(self.context.get("request"), "user", None)
        if queryset is not None and user is not None and hasattr(queryset, "visible_to"):
            options["queryset"] = queryset.all().visible_to(user)
        return field, options

    def to_representation(self, record):
        shown = super().to_representation(record)
        if not access.sees_money(self.context["request"].user, record):
            return {key: value for key, value in shown.items() if key not in access.MONEY_FIELDS}
        return shown


class ExternalIdFilter:
    """`?external_system=sap&external_id=42`: the record that another system knows by this name."""

    def filter_queryset(self, request, queryset, view):
        system, name = (request.query_params.get(key) for key in ("external_system", "external_id"))
        if system is None and name is None:
            return queryset
        if not system or not name or "\x00" in system + name:
            words = "external_system and external_id go together."
            raise serializers.ValidationError({"external_id": [words]})
        return queryset.filter(pk__in=external.keys(queryset.model, {system: name}))

    def get_schema_operation_parameters(self, view):
        return [
            {"name": name, "in": "query", "required": False, "schema": {"type": "string"}, "description": words}
            for name, words in (
                ("external_system", "With `external_id`: the record another system knows by this name."),
                ("external_id", "Its id there."),
            )
        ]


class Include:
    """`?include=moves`: what the caller may do with each row, which costs a look at every one."""

    def filter_queryset(self, request, queryset, view):
        return queryset

    def get_schema_operation_parameters(self, view):
        words = "`moves`: what you may do with each row."
        schema = {"type": "string", "enum": ["moves"]}
        return [{"name": "include", "in": "query", "required": False, "schema": schema, "description": words}]


class RecordViewSet(
    BulkRows, mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, mixins.UpdateModelMixin,
    viewsets.GenericViewSet,
):  # fmt: skip
    """List, read, create, change by the access table; the router adds `POST …/{id}/<verb>/` and `…/bulk/`."""

    http_method_names = ("get", "post", "patch", "head", "options")
    lookup_value_regex = r"\d{1,18}"
    filter_backends = (DjangoFilterBackend, ExternalIdFilter, Include)
    model = None
    select_related = ()
    prefetch_related = ()
    owns_what_it_creates = True
    takes_many = True  # over `…/bulk/`
    store = staticmethod(records.save)  # the verb that creates and changes, the same as the pages'

    @classproperty
    def door(cls):
        return access.name("view", cls.model)

    @classproperty
    def queryset(cls):
        return cls.model.objects.all()

    @property
    def shows_moves(self):
        """What one may do costs a look at every row, so a list tells it only when asked."""
        one = self.action != "list" or getattr(self, "swagger_fake_view", False)
        return one or "moves" in self.request.query_params.get("include", "").split(",")

    def get_queryset(self):
        rows = self.model.objects.visible_to(self.request.user)
        return rows.select_related(*self.select_related).prefetch_related(*self.prefetch_related)

    def paginate_queryset(self, queryset):
        rows = super().paginate_queryset(queryset)
        if rows and isinstance(rows[0], self.model):
            external.attach(rows)
            if self.model.may_be_tagged:
                labels.attach(rows)
        return rows

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if request.user.is_authenticated and self.action in {"list", "create", "bulk"}:
            authorize(request.user, access.name("view" if self.action == "list" else "add", self.model))
        if request.method not in SAFE_METHODS and self.lookup_field in self.kwargs:
            tags.require_match(request, self.get_queryset().filter(pk=self.kwargs[self.lookup_field]))

    def handle_exception(self, exc):
        """Who asks for a record that was merged away is led to where it lives on."""
        answer = merged.moved_to(self) if isinstance(exc, Http404) else None
        return answer or super().handle_exception(exc)

    # One record

    def retrieve(self, request, *args, **kwargs):
        response = self.shown(self.get_object())
        return get_conditional_response(request, etag=response["ETag"], response=response)

    def create(self, request, *args, **kwargs):
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        record = self.keep(self.model(), dict(serializer.validated_data))
        response = self.shown(record, status=201)
        response["Location"] = request.build_absolute_uri(f"{request.path}{record.pk}/")
        return response

    def update(self, request, *args, **kwargs):
        record = self.get_object()
        serializer = self.get_serializer(record, data=request.data, partial=kwargs.get("partial", False))
        serializer.is_valid(raise_exception=True)
        self.keep(record, dict(serializer.validated_data))
        return self.shown(self.get_object())

    def shown(self, record, status=200, **more):
        """The record as the caller may see it, with its tag."""
        response = Response({**self.get_serializer(record).data, **more}, status=status)
        tags.mark(response, record)
        return response

    def keep(self, record, values):
        """Create or change a record, with the names other systems have for it."""
        ids, names = values.pop("external_ids", None), values.pop("tags", None)
        record = self.write(record, values)
        if names is not None:
            labels.put(record, names, by=self.request.user)
        return external.link(record, ids, by=self.request.user) if ids else record

    def write(self, record, values):
        """Create or change through the one door; documents with lines call their own verb instead."""
        for field, value in values.items():
            setattr(record, field, value)
        if record._state.adding and self.owns_what_it_creates and hasattr(record, "owner_id") and "owner" not in values:
            record.owner = self.request.user
        return self.store(record, by=self.request.user)

    def perform_verb(self, verb):
        """One act: the verb's form checks the input, its service does the work."""
        record = self.get_object()
        authorize(self.request.user, access.name(verb.name, self.model), record)
        form = verb.bind(record, self.request.user, form_data(self.request.data), self.request.FILES)
        if form is not None and not form.is_valid():
            raise forms.ValidationError(form.errors.as_data())
        result = verbs.perform(verb, record, self.request.user, form)
        led_on = {}
        if hasattr(result, "pk") and (type(result), result.pk) != (type(record), record.pk):
            led_on = {"result": {"record_type": result._meta.model_name, "id": result.pk}}
        return self.shown(self.get_queryset().filter(pk=record.pk).first() or record, **led_on)
