"""One shape of paging for every list: a cursor after which the next rows begin.

Rows that come or go meanwhile neither repeat nor hide others, and the hundredth page is as quick as the first.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import F, OrderBy, Q
from django.utils.translation import gettext as _
from rest_framework import pagination
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

PAGE_SIZE, LARGEST_PAGE, COUNTED_TO = 25, 200, 10_000
SWITCH = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class Term:
    """One term of an order; where rows without a value stand is part of it."""

    path: str
    descending: bool
    nulls_last: bool

    @classmethod
    def of(cls, given):
        """From what `order_by` takes: "name", "-name", `F("name").desc(nulls_last=True)`."""
        if isinstance(given, str):
            descending = given.startswith("-")
            return cls(given.lstrip("-"), descending, not descending)
        nulls_last = given.nulls_last or (not given.descending and not given.nulls_first)
        return cls(given.expression.name, given.descending, bool(nulls_last))

    @property
    def reversed(self):
        return Term(self.path, not self.descending, not self.nulls_last)

    @property
    def ordering(self):
        if self.nulls_last != self.descending:  # as the database does by itself
            return f"-{self.path}" if self.descending else self.path
        return OrderBy(
            F(self.path),
            descending=self.descending,
            nulls_last=self.nulls_last or None,
            nulls_first=not self.nulls_last or None,
        )

    def value(self, row):
        for step in self.path.split("__"):
            row = getattr(row, step, None)
        return row.isoformat() if isinstance(row, date | datetime) else str(row) if isinstance(row, Decimal) else row

    def same(self, value):
        return Q(**{f"{self.path}__isnull": True}) if value is None else Q(**{self.path: value})

    def after(self, value):
        """The rows that stand behind this value."""
        if value is None:
            return Q(pk__in=[]) if self.nulls_last else Q(**{f"{self.path}__isnull": False})
        behind = Q(**{f"{self.path}__{'lt' if self.descending else 'gt'}": value})
        return behind | Q(**{f"{self.path}__isnull": True}) if self.nulls_last and self.path != "pk" else behind


def terms_of(queryset):
    """The order of the rows, always ended by the key so that no two rows are level."""
    given = queryset.query.order_by or queryset.model._meta.ordering or ("-pk",)
    terms = [Term.of(term) for term in given]
    if terms[-1].path in ("pk", "id"):
        return [*terms[:-1], Term("pk", terms[-1].descending, not terms[-1].descending)]
    return [*terms, Term.of("-pk")]


def beyond(terms, values):
    """The condition for rows that come after the one with these values."""
    found, level = Q(pk__in=[]), Q()
    for term, value in zip(terms, values, strict=True):
        found |= level & term.after(value)
        level &= term.same(value)
    return found


class Pagination(pagination.BasePagination):
    """`?page_size=100`, then the addresses in `next` and `previous`; `?count=true` counts, to 10,000."""

    def paginate_queryset(self, queryset, request, view=None):
        self.read(request, view)
        terms = terms_of(queryset)
        signature = [[term.path, term.descending] for term in terms]
        backwards, values = self.position(signature)
        order = [term.reversed for term in terms] if backwards else terms
        found = queryset.order_by(*(term.ordering for term in order))
        if values is not None:
            found = found.filter(beyond(order, values))
        rows = list(found[: self.size + 1])
        more, rows = len(rows) > self.size, rows[: self.size]
        if backwards:
            rows.reverse()
        self.next = self.link(signature, False, terms, rows[-1]) if rows and (more or backwards) else None
        before = more if backwards else values is not None
        self.previous = self.link(signature, True, terms, rows[0]) if rows and before else None
        self.count = queryset.order_by()[: COUNTED_TO + 1].count() if self.counted else None
        return rows

    def read(self, request, view):
        """What the address asks for. Raises ValidationError for what cannot be asked."""
        asked = request.query_params
        self.address, self.cursor = request.build_absolute_uri(), asked.get("cursor", "")
        size = asked.get("page_size", str(PAGE_SIZE))
        if not (size.isascii() and size.isdecimal() and len(size) < 9 and int(size) > 0):
            raise ValidationError({"page_size": _("Give a whole number above 0.")})
        self.size = min(int(size), LARGEST_PAGE)
        self.counted = SWITCH.get(asked.get("count", "false"))
        if self.counted is None:
            raise ValidationError({"count": _("Give true or false.")})
        if asked.get("o", "") not in ("", *orders(view)) and orders(view):
            raise ValidationError({"o": _("Rows cannot be ordered by this.")})

    def position(self, signature):
        """(backwards, values) of the cursor; no values without one."""
        if not self.cursor:
            return False, None
        try:
            known, backwards, values = signing.loads(self.cursor, salt="cursor")
        except signing.BadSignature as error:
            raise ValidationError({"cursor": _("This cursor is not valid.")}) from error
        if known != signature:
            raise ValidationError({"cursor": _("This cursor belongs to another list or order.")})
        return backwards, values

    def link(self, signature, backwards, terms, row):
        return self.address_of([signature, backwards, [term.value(row) for term in terms]])

    def address_of(self, place):
        return replace_query_param(self.address, "cursor", signing.dumps(place, salt="cursor", compress=True))

    def get_paginated_response(self, data):
        body = {"next": self.next, "previous": self.previous}
        if self.count is not None:
            body |= {"count": min(self.count, COUNTED_TO), "count_capped": self.count > COUNTED_TO}
        return Response({**body, "results": data})

    def get_paginated_response_schema(self, schema):
        link = {"type": ["string", "null"], "format": "uri"}
        capped = {"type": "boolean", "description": f"There are more than {COUNTED_TO:,}."}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": link, "previous": link, "count": {"type": "integer"}, "count_capped": capped, "results": schema,
            },
        }  # fmt: skip

    def get_schema_operation_parameters(self, view):
        size = {"type": "integer", "minimum": 1, "default": PAGE_SIZE}
        asked = [
            ("cursor", {"type": "string"}, "Where to go on: as given in `next` and `previous`."),
            ("page_size", size, f"Rows per page, {LARGEST_PAGE} at most."),
            ("count", {"type": "boolean"}, f"Count the rows too, up to {COUNTED_TO:,}."),
        ]
        if found := orders(view):
            asked.append(("o", {"type": "string", "enum": found}, "The order; `-` for descending."))
        return [
            {"name": name, "in": "query", "required": False, "schema": schema, "description": words}
            for name, schema, words in asked
        ]


def orders(view):
    """The terms by which the view's rows can be ordered."""
    terms = getattr(getattr(view, "filterset_class", None), "ORDERING", ())
    return [*terms, *(f"-{term}" for term in terms)]


class Places(Pagination):
    """The same for rows that are worked out, not stored: `paginate_queryset(range(count), …)` gives places."""

    def paginate_queryset(self, queryset, request, view=None):
        self.read(request, None)
        _backwards, place = self.position("places")
        first = place or 0
        last = min(first + self.size, len(queryset))
        self.next = self.address_of(["places", False, last]) if last < len(queryset) else None
        self.previous = self.address_of(["places", True, max(0, first - self.size)]) if first else None
        self.count = len(queryset) if self.counted else None
        return queryset[first:last]
