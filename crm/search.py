"""Search over everything one may see: any part of a name, number, e-mail or phone, Chinese included.

The index holds pairs of neighbouring characters, so PostgreSQL finds candidates by an ordinary GIN index and
no extension is needed; the text itself then confirms the match.
"""

import re
import unicodedata

from django.db.models import Case, IntegerField, Value, When

from crm.models import SearchEntry

LONGEST = 200  # characters of a query that are looked at
FIELDS = {}  # model -> the names of the fields that can be searched
TELLING = ("number", "sku", "title", "subject", "customer")


def searchable(model, *fields):
    """Declare which fields of a record type the search box finds."""
    FIELDS[model] = fields


def normalise(text):
    """Full-width to half-width, lower case, single spaces."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", str(text)).lower()).strip()


def pairs(text):
    """The neighbouring characters of each word; a single character stands for itself."""
    found = set()
    for word in text.split():
        found.update(word[at : at + 2] for at in range(len(word) - 1))
        found.update(word)
    return sorted(found)


def text_of(record):
    """What is searchable of a record; phones also as bare digits, so any spelling finds them."""
    words = [normalise(getattr(record, field) or "") for field in FIELDS[type(record)]]
    digits = {re.sub(r"\D", "", word) for word in words if re.fullmatch(r"\+?[\d\s()/.-]{6,}", word)}
    return " ".join(filter(None, [*words, *sorted(digits)]))


def entry(record):
    text = text_of(record)
    return SearchEntry(record_type=record._meta.model_name, record_id=record.pk, text=text, tokens=pairs(text))


def index(*records):
    """Bring the index up to date for these records."""
    SearchEntry.objects.bulk_create(
        [entry(record) for record in records if type(record) in FIELDS],
        update_conflicts=True,
        unique_fields=["record_type", "record_id"],
        update_fields=["text", "tokens"],
        batch_size=1000,
    )


def matching(model, query):
    """The keys of the records of a type whose text contains every word of the query."""
    entries = SearchEntry.objects.filter(record_type=model._meta.model_name)
    for word in normalise(query[:LONGEST]).split():
        digits = re.sub(r"\D", "", word)
        needle = digits if len(digits) >= 6 and not re.search(r"[^\d+().-]", word) else word
        tokens = [needle[at : at + 2] for at in range(len(needle) - 1)] or [needle]
        entries = entries.filter(tokens__contains=tokens, text__contains=needle)
    return entries.values("record_id")


def narrow(queryset, query):
    """A list's own search box."""
    return queryset.filter(pk__in=matching(queryset.model, query)) if query.strip() else queryset


def everywhere(user, query, limit=6):
    """(model, hits) for each record type with hits this person may see; names that begin with the query come first."""
    if not query.strip():
        return
    for model in FIELDS:
        if hits := list(nearest(narrow(model.objects.visible_to(user), query), query)[:limit]):
            yield model, hits


def nearest(queryset, query):
    """Those whose name begins with the query first, then the newest."""
    first = Case(
        *[
            When(**{f"{field}__istartswith": query.strip()[:LONGEST], "then": Value(0)})
            for field in FIELDS[queryset.model][:2]
        ],
        default=Value(1),
        output_field=IntegerField(),
    )
    return queryset.annotate(nearness=first).order_by("nearness", "-pk").distinct()


def subtitle(record):
    """What tells a record from others of the same name: number, title, customer."""
    words = [str(getattr(record, name, None) or "") for name in TELLING]
    return " · ".join(word for word in words if word and word != str(record))
