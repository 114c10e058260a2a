"""Pairs of records that are probably one, found in one statement over all of them.

What counts as alike is what `crm.duplicates` says while one types, said in SQL; a test holds the two together.
"""

from dataclasses import dataclass

from django.core.exceptions import EmptyResultSet, ValidationError
from django.db import connection, transaction
from django.db.models import Count, IntegerField, Value
from django.db.models.functions import Length, Lower, Replace, Upper
from django.utils.translation import gettext_lazy as _

from crm import access, merging
from crm.access import authorize
from crm.duplicates import SHORTEST_PHONE, WATCHED
from crm.models import BillingTitle, Customer, NotDuplicate
from crm.models.expressions import digits_of, name_key, phone_ending

CROWD = 20  # records that share a sign; one that more share, say a switchboard, tells nobody apart
REASONS = {"tax": _("same tax number"), "email": _("same e-mail"), "phone": _("same phone"), "name": _("same name")}
WEIGHTS = {"tax": 60, "email": 50, "phone": 45, "name": 40}

PAIRS = """
WITH signs (id, kind, sign, whole, weight) AS MATERIALIZED ({signs}),
reasons AS (
    SELECT DISTINCT one.id AS one, other.id AS other, one.kind, one.weight FROM signs AS one
    JOIN signs AS other ON other.kind = one.kind AND other.sign = one.sign AND one.id < other.id
    WHERE right(one.whole, length(other.whole)) = other.whole OR right(other.whole, length(one.whole)) = one.whole
),
pairs AS (
    SELECT one, other, array_agg(kind ORDER BY weight DESC) AS kinds, least(99, sum(weight)) AS score
    FROM reasons GROUP BY one, other
)
SELECT one, other, kinds, score, count(*) OVER () FROM pairs
WHERE NOT EXISTS (
    SELECT 1 FROM crm_notduplicate AS said
    WHERE said.record_type = %s AND said.one = pairs.one AND said.other = pairs.other
) {besides}
ORDER BY score DESC, other DESC, one DESC LIMIT %s OFFSET %s
"""


@dataclass
class Pair:
    """Two records, why they look alike, and how sure it is: 1 to 99."""

    one: object
    other: object
    kinds: list
    score: int

    @property
    def reasons(self):
        return [REASONS[kind] for kind in self.kinds]


def _signs(model, rows):
    """One query per kind of sign: the record, the kind, what is looked up, what must agree, and its weight."""
    watched, empty = WATCHED[model], Value("")
    if watched.phone:
        sign, whole = phone_ending(watched.phone), digits_of(watched.phone)
        yield _as_signs(rows, model.objects, "phone", sign, whole, shortest=SHORTEST_PHONE)
    if watched.email:
        yield _as_signs(rows, model.objects, "email", Lower(watched.email), empty)
    if watched.name:
        yield _as_signs(rows, model.objects, "name", name_key(watched.name), empty, shortest=2)
    if model is Customer:
        titles = BillingTitle.objects.filter(customer__in=rows)
        sign = Upper(Replace("tax_number", Value(" "), empty))
        yield _as_signs(titles, BillingTitle.objects, "tax", sign, empty, key="customer").distinct()


def _as_signs(rows, everybody, kind, sign, whole, *, shortest=1, key="pk"):
    """The rows with a sign that some share, but no crowd. Who shares it is counted among all, along its index."""
    signs = everybody.order_by().annotate(sign=sign).values("sign").annotate(sharing=Count(key, distinct=key != "pk"))
    few = signs.filter(sharing__range=(2, CROWD)).values("sign")
    weight = Value(WEIGHTS[kind], output_field=IntegerField())
    told = rows.order_by().annotate(sign=sign, length=Length(sign)).filter(sign__in=few, length__gte=shortest)
    return told.annotate(kind=Value(kind), whole=whole, weight=weight).values_list(
        key, "kind", "sign", "whole", "weight"
    )


def found(user, model, *, limit=25, offset=0):
    """(pairs, how many there are) among the rows this person may see, the surest first."""
    authorize(user, "crm.view_duplicates")
    signs, params = [], []
    for query in _signs(model, model.objects.visible_to(user)):
        try:
            sql, values = query.query.sql_with_params()
        except EmptyResultSet:
            return [], 0
        signs.append(sql)
        params += values
    besides = merging.MERGEABLE[model].kept_apart
    sql = PAIRS.format(signs=" UNION ALL ".join(signs), besides=besides)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, model._meta.model_name, limit, offset])
        rows = cursor.fetchall()
    return _pairs(model, rows), rows[0][-1] if rows else 0


def _pairs(model, rows):
    keys = {key for one, other, *_rest in rows for key in (one, other)}
    records = model.objects.select_related(*model.OWNER_PATHS).in_bulk(keys)
    return [Pair(records[one], records[other], kinds, score) for one, other, kinds, score, _total in rows]


def types(user):
    """The record types whose duplicates this person may look through."""
    return [model for model in merging.MERGEABLE if access.allows(user, access.name("view", model))]


@transaction.atomic
def dismiss(one, other, *, by):
    """Remember that two records are two; saying it twice changes nothing."""
    for record in (one, other):
        authorize(by, access.name("merge", type(record)), record)
    first, second = sorted((one.pk, other.pk))
    if first == second:
        raise ValidationError(_("A record cannot be merged with itself."))
    said, _new = NotDuplicate.objects.get_or_create(
        record_type=one._meta.model_name, one=first, other=second, defaults={"said_by_id": by.pk}
    )
    return said


def model_named(record_type):
    return next((model for model in merging.MERGEABLE if model._meta.model_name == record_type), None)
