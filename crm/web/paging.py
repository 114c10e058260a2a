"""Pages of a list, equally fast at any depth: each begins where the row before it stands, not at a number."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Q
from django.utils import timezone

from crm.templatetags.formatting import plain

COUNTED = 10_000  # rows counted exactly; beyond, a list says "10,000+"
PLACE = ("page", "after", "before", "at", "last", "panel")  # parameters that say where one stands, not what is listed
VALUE = "list_value"
LONGEST = 250  # characters of a mark


def counted(queryset):
    """How many rows there are, COUNTED + 1 for more than that."""
    return queryset.order_by().values("pk")[: COUNTED + 1].count()


def count_text(total):
    return plain(total) if total <= COUNTED else f"{plain(COUNTED)}+"


class Keyset:
    """Rows in the order of one term; equal values are settled by the key, rows without a value come last.

    Ascending, the newest of equal rows comes first; descending is the reverse, so one index (term, -key) serves both.
    Rows with and without a value are asked for apart, because no index serves both at once.
    """

    def __init__(self, queryset, term, descending):
        self.term, self.down = term, descending
        self.key_down = descending if term == "pk" else not descending
        self.has_empty, self.field = _about(queryset, term)
        needs_value = "__" in term and term not in queryset.query.annotations
        self.rows = queryset.annotate(**{VALUE: F(term)}) if needs_value else queryset
        self.name = VALUE if needs_value else term

    def take(self, size, mark=None, back=False):
        """Up to `size` rows after the mark (before it, nearest first, when going back); from the end without one."""
        found = []
        for part in self._parts(mark, back):
            if len(found) < size:
                found += part[: size - len(found)]
        return found

    def mark(self, record):
        """Where a record stands, as text for the address."""
        if self.term == "pk":
            return str(record.pk)
        value = getattr(record, self.name)
        if value is None:
            return str(record.pk)
        return f"{record.pk}~{value.isoformat() if isinstance(value, datetime) else value}"

    def read(self, text):
        """(value, key) of a mark; None for what is no mark of this order."""
        key, tilde, value = text.partition("~")
        if not key.isdecimal() or len(key) > 18 or len(text) > LONGEST or "\x00" in text:
            return None
        if self.term == "pk" or not tilde:
            return None, int(key)
        try:
            return self._value(value), int(key)
        except (ValidationError, ValueError):
            return None

    def _value(self, text):
        value = self.field.to_python(text)
        if isinstance(value, datetime) and timezone.is_naive(value):
            raise ValueError(text)
        if isinstance(value, Decimal) and abs(value.adjusted()) > 30:
            raise ValueError(text)
        return value

    def _parts(self, mark, back):
        """The querysets to read one after the other."""
        if self.term == "pk":
            return [self._ordered(self.rows, mark, back, by_value=False)]
        is_empty = mark is not None and mark[0] is None
        valued = self.rows.filter(**{f"{self.name}__isnull": False}) if self.has_empty else self.rows
        parts = []
        if not is_empty or back:
            parts.append(self._ordered(valued, None if is_empty else mark, back, by_value=True))
        if self.has_empty and (is_empty or mark is None or not back):
            empty = self.rows.filter(**{f"{self.name}__isnull": True})
            parts.append(self._ordered(empty, mark if is_empty else None, back, by_value=False))
        return parts[::-1] if back else parts

    def _ordered(self, rows, mark, back, by_value):
        key_down, value_down = self.key_down != back, self.down != back
        order = ["-pk" if key_down else "pk"]
        beyond = Q()
        if mark is not None:
            beyond = Q(**{f"pk__{'lt' if key_down else 'gt'}": mark[1]})
        if by_value:
            order.insert(0, F(self.name).desc() if value_down else F(self.name).asc())
            if mark is not None:
                sign = "lt" if value_down else "gt"
                # The first condition says nothing new, but an index can begin there.
                beyond = Q(**{f"{self.name}__{sign}e": mark[0]}) & (Q(**{f"{self.name}__{sign}": mark[0]}) | beyond)
        return rows.filter(beyond).order_by(*order)


def _about(queryset, term):
    """May the term be without a value, and what field says how it is written?"""
    if term in queryset.query.annotations:
        return True, queryset.query.annotations[term].output_field
    model, may_be_empty, found = queryset.model, False, None
    for step in term.split("__"):
        found = model._meta.pk if step == "pk" else model._meta.get_field(step)
        may_be_empty = may_be_empty or found.null
        model = found.related_model or model
    if found.is_relation:
        raise FieldDoesNotExist(f"{term} is a relation; order by one of its fields.")
    return may_be_empty, found


@dataclass
class Page:
    """Some rows in a row, and the way to those around them. `first` is None where the position is not known."""

    rows: list
    size: int
    total: int
    first: int | None
    links: dict = field(default_factory=dict)

    @property
    def last(self):
        return None if self.first is None else self.first + len(self.rows) - 1

    @property
    def total_text(self):
        return count_text(self.total)


def page_of(queryset, term, descending, size, query):
    """The page the address asks for. What the address cannot mean is read as the first page."""
    keyset = Keyset(queryset, term, descending)
    back, mark = _asked(keyset, query)
    rows = keyset.take(size + 1, mark, back)
    if back and mark is not None and len(rows) < size:  # the way back ended at the beginning
        back, mark, rows = False, None, keyset.take(size + 1)
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
    is_first, is_last = (not more, mark is None) if back else (mark is None, not more)
    total = len(rows) if is_first and is_last else counted(queryset)
    page = Page(rows, size, total, _first(query, len(rows), total, is_first, back and is_last))
    page.links = _links(keyset, page, query, is_first, is_last)
    return page


def _asked(keyset, query):
    """(backwards?, mark) of the address; backwards without a mark is the last page."""
    if "last" in query:
        return True, None
    for name in ("after", "before"):
        if name in query and (mark := keyset.read(query[name])):
            return name == "before", mark
    return False, None


def _first(query, shown, total, is_first, from_end):
    """The number of the page's first row, as far as it can be told."""
    if is_first or not shown:
        return 1
    if from_end:
        return total - shown + 1 if total <= COUNTED else None
    at = query.get("at", "")
    return int(at) + 1 if at.isdecimal() and len(at) < 10 else None


def _links(keyset, page, query, is_first, is_last):
    """The addresses of the first, previous, next and last page, where they lead somewhere."""
    links, first = {}, page.first
    if page.rows and not is_first:
        before = None if first is None else max(first - 1 - page.size, 0)
        links["first"] = _address(query)
        links["previous"] = _address(query, before=keyset.mark(page.rows[0]), at=before)
    if page.rows and not is_last:
        links["next"] = _address(query, after=keyset.mark(page.rows[-1]), at=page.last)
        links["last"] = _address(query, last=1)
    return links


def _address(query, **place):
    changed = without_place(query)
    for name, value in place.items():
        if value is not None:
            changed[name] = value
    return f"?{changed.urlencode()}"


def without_place(query):
    """The address's parameters from the beginning of the list."""
    changed = query.copy()
    for name in PLACE:
        changed.pop(name, None)
    return changed
