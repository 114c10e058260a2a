"""A record's verbs as endpoints: `POST …/{id}/<verb>/`."""

from django import forms
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import parsers, serializers
from rest_framework.decorators import action

from crm import verbs


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
            responses=viewset.serializer_class,
            summary=f"{verb.name.replace('_', ' ').capitalize()} a {viewset.model._meta.model_name}",
        )
        options = {"methods": ["post"], "url_path": verb.name, "url_name": verb.name, **takes(verb.form)}
        method = action(detail=True, **options)(schema(method))
        setattr(viewset, method.__name__, method)
    return viewset


def takes(form):
    """JSON; where there is a file to send, a multipart form as well."""
    files = form and any(isinstance(field, forms.FileField) for field in form.base_fields.values())
    return {"parser_classes": [parsers.JSONParser, parsers.MultiPartParser]} if files else {}


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
