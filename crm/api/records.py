"""Reading, writing and moving records: the base of every viewset."""

from django import forms
from django.utils.functional import classproperty
from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from crm import access, records, verbs
from crm.access import authorize
from crm.api.problems import ProblemSerializer

REFUSALS = {
    code: OpenApiResponse(ProblemSerializer, description=words)
    for code, words in {
        400: "Invalid input",
        401: "Not signed in",
        403: "Not allowed for this role",
        404: "No such record in your scope",
        409: "Not possible in the present state; `legal` lists what is",
    }.items()
}


class RecordSerializer(serializers.ModelSerializer):
    """Base of every record's serializer: state, number and case are read-only; moves are told."""

    moves = serializers.SerializerMethodField(help_text="The verbs you may use on this record now.")

    READ_ONLY = ("id", "number", "status", "case", "created_at", "updated_at", "version")

    def get_moves(self, record) -> list[str]:
        user = self.context["request"].user
        return [verb.name for verb, _move in verbs.offered(record, user)] if hasattr(record, "MOVES") else []

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
            return {key: value for key, value in shown.items() if key not in MONEY_KEYS}
        return shown


MONEY_KEYS = {"net", "tax", "gross", "amount", "budget", "outstanding", "lines", "rate", "buyer", "spends"}


class RecordViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, mixins.UpdateModelMixin,
    viewsets.GenericViewSet,
):  # fmt: skip
    """List, read, create, change by the access table; verbs become `POST …/{id}/<verb>/` by `with_verbs`."""

    http_method_names = ("get", "post", "patch", "head", "options")
    lookup_value_regex = r"\d+"
    model = None
    select_related = ()
    prefetch_related = ()
    owns_what_it_creates = True
    store = staticmethod(records.save)  # the verb that creates and changes, the same as the pages'

    @classproperty
    def door(cls):
        return access.name("view", cls.model)

    @classproperty
    def queryset(cls):
        return cls.model.objects.all()

    def get_queryset(self):
        rows = self.model.objects.visible_to(self.request.user)
        return rows.select_related(*self.select_related).prefetch_related(*self.prefetch_related)

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if request.user.is_authenticated and self.action in {"list", "create"}:
            authorize(request.user, access.name("view" if self.action == "list" else "add", self.model))

    def perform_create(self, serializer):
        serializer.instance = self.write(self.model(), dict(serializer.validated_data))

    def perform_update(self, serializer):
        self.write(serializer.instance, dict(serializer.validated_data))
        serializer.instance = self.get_object()

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
        body = self.get_serializer(self.get_queryset().filter(pk=record.pk).first() or record).data
        if hasattr(result, "pk") and (type(result), result.pk) != (type(record), record.pk):
            body["result"] = {"record_type": result._meta.model_name, "id": result.pk}
        return Response(body)


def form_data(data):
    """JSON values as a form reads them: booleans and nulls in its own words."""
    if hasattr(data, "getlist"):
        return data
    return {key: "" if value is None else value for key, value in data.items()}


def with_verbs(viewset):
    """Add an endpoint for each verb of the viewset's model."""
    for verb in verbs.of(viewset.model).values():
        method = _endpoint(verb)
        schema = extend_schema(
            request=serializer_of(verb.form, f"{viewset.model.__name__}{verb.name.title().replace('_', '')}"),
            responses={200: viewset.serializer_class, **REFUSALS},
            summary=f"{verb.name.replace('_', ' ').capitalize()} a {viewset.model._meta.model_name}",
        )
        method = action(detail=True, methods=["post"], url_path=verb.name, url_name=verb.name)(schema(method))
        setattr(viewset, method.__name__, method)
    return viewset


def _endpoint(verb):
    def endpoint(self, request, pk=None):
        return self.perform_verb(verb)

    endpoint.__name__ = f"verb_{verb.name}"
    endpoint.__doc__ = verb.service.__doc__
    return endpoint


def _choice(field):
    return serializers.ChoiceField(choices=list(field.choices), required=field.required)


def _decimal(field):
    return serializers.DecimalField(field.max_digits or 16, field.decimal_places or 2, required=field.required)


SERIALIZER_FIELDS = (  # the most special first
    (forms.ModelChoiceField, lambda field: serializers.IntegerField(required=field.required)),
    (forms.ChoiceField, _choice),
    (forms.BooleanField, lambda field: serializers.BooleanField(required=field.required)),
    (forms.DecimalField, _decimal),
    (forms.IntegerField, lambda field: serializers.IntegerField(required=field.required)),
    (forms.DateTimeField, lambda field: serializers.DateTimeField(required=field.required)),
    (forms.DateField, lambda field: serializers.DateField(required=field.required)),
    (forms.FileField, lambda field: serializers.FileField(required=field.required)),
    (forms.Field, lambda field: serializers.CharField(required=field.required)),
)


def serializer_of(form_class, name):
    """A verb form's fields as the API documents them."""
    if form_class is None:
        return None
    fields = {}
    for key, field in form_class.base_fields.items():
        fields[key] = next(make(field) for kind, make in SERIALIZER_FIELDS if isinstance(field, kind))
    return inline_serializer(name, fields) if fields else None
