"""A column of a list, a fact of a record: one declaration serves table, related list and export."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import models
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from crm import access, tags
from crm.access import MONEY_FIELDS
from crm.models import User
from crm.templatetags import badges, formatting

KNOWN_TO_ALL = {"user", "team"}  # colleagues are named wherever they did something

TAGS = "tags"  # the column of a record's tags; they are brought along by `tags.attach`


@dataclass(frozen=True)
class Column:
    """`name` is a path (`customer__name`) or a property; `render(record)` gives the cell where that is not enough."""

    name: str
    label: object = ""
    render: object = None
    sort: str = ""  # the ordering term; empty means not sortable
    align: str = ""

    def told(self, record, user):
        """The plain value, for exports; empty where this person may not know it."""
        value = self.value(record)
        hidden = (self.is_money and not access.sees_money(user, record)) or not may_name(user, value, record)
        return None if hidden else value

    def value(self, record):
        if self.render:
            return self.render(record)
        if self.name == TAGS:
            return ", ".join(map(str, tags.of(record)))
        value = record
        for step in self.name.split("__"):
            value = getattr(value, step, None) if value is not None else None
        display = getattr(record, f"get_{self.name}_display", None)
        return display() if display else value

    def cell(self, record, user):
        """The cell as people see it."""
        if self.name == "status":
            return badges.badge(record)
        if self.name == TAGS:
            return badges.tags(tags.of(record))
        return show(self.told(record, user), getattr(record, "currency", "") if self.is_money else "")

    @property
    def is_money(self):
        return self.name.rsplit("__", 1)[-1] in MONEY_FIELDS and self.render is None

    @property
    def at(self):
        return self.align or ("end" if self.is_money else "")

    def title(self, model):
        """The label given, else the field's own name."""
        if self.label:
            return capfirst(str(self.label))
        field = model
        for step in self.name.split("__"):
            try:
                field = field._meta.get_field(step)
            except Exception:
                return step
            if field.is_relation and field.related_model and step != self.name.rsplit("__", 1)[-1]:
                field = field.related_model
        return capfirst(str(getattr(field, "verbose_name", self.name)))


def may_name(user, value, record):
    """May this value be named on the record? What is seen as far as the record itself is; else it is asked about."""
    if not isinstance(value, models.Model) or value._meta.model_name in KNOWN_TO_ALL:
        return True
    needed = access.name("view", type(value))
    as_far = access.scope(user, needed) >= access.scope(user, access.name("view", type(record)))
    return as_far or access.allows(user, needed, value)


def show(value, currency=""):
    """Any value as people read it."""
    if value is None or value == "":
        return ""
    if isinstance(value, SafeString):
        return value
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        return formatting.money(value, currency) if currency else formatting.plain(value)
    if isinstance(value, datetime | date):
        return formatting.when(value)
    if isinstance(value, User):
        return badges.person(value)
    if isinstance(value, models.Model) and hasattr(value, "get_absolute_url"):
        return format_html('<a href="{}">{}</a>', value.get_absolute_url(), value)
    return escape(str(value))


def fact(record, name, user, label=""):
    """(label, html) of one field for the record's facts; phones and mails can be tapped."""
    column = Column(name, label)
    value = column.told(record, user)
    if name.endswith("phone") and value:
        html = format_html('<a href="tel:{}">{}</a>', value, value)
    elif name.endswith("email") and value:
        html = format_html('<a href="mailto:{}">{}</a>', value, value)
    elif isinstance(value, str) and "\n" in value:
        html = format_html('<span class="pre">{}</span>', value)
    else:
        html = column.cell(record, user)
    return column.title(type(record)), html
