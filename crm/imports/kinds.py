"""What can be brought in: each type declares its columns, and how a row becomes records."""

import re
from functools import cached_property

from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import access
from crm.imports import looking
from crm.imports.fields import Field, names

KINDS = {}  # key -> Kind, in the order the apps declare them
EXTERNAL_ID = Field(
    "external_id", gettext_lazy("id in the other system"),
    names("id|record id|record-id|external id|数据id|记录id|系统编号"), attr=None,
)  # fmt: skip


def register(kind):
    """Declare a type of records that files may hold."""
    KINDS[kind.key] = kind()
    return kind


def of_model(model):
    return next((kind for kind in KINDS.values() if kind.model is model), None)


def offered(user):
    """The types this person may bring in."""
    return [kind for kind in KINDS.values() if access.allows(user, kind.permission)]


class Kind:
    """A type of records. Subclasses declare; the methods below say how one row, or several, become a record."""

    key = ""
    model = None
    assign = ""  # the permission to give a record to somebody else; by default that to import
    fields = ()
    keys = ()  # fields by which known records are found to be updated
    identity = ()  # fields that name one record of the type: two rows never create it twice
    group = ""  # rows with the same value here are one record
    whole = None  # form of what holds for all rows, beside the file

    @property
    def permission(self):
        return access.name("import", self.model)

    @cached_property
    def by_key(self):
        return {column.key: column for column in self.fields}

    @property
    def title(self):
        return capfirst(str(self.model._meta.verbose_name_plural))

    def sees_all(self, user):
        """May this person look at everybody's imports of the type?"""
        views_all = access.scope(user, access.name("view", self.model)) == access.ALL
        return views_all and access.scope(user, self.permission) == access.ALL

    def whole_form(self, run, by, data=None, **options):
        return self.whole(data, by=by, **options) if self.whole else None

    def wrong_for_all(self, said, run):
        """{name: error} of what was said for all rows."""
        form = self.whole_form(run, run.uploaded_by, said)
        if form is None:
            return {"whole": _("There is no such choice.")} if said else {}
        return {} if form.is_valid() else {name: " ".join(lines) for name, lines in form.errors.items()}

    # How rows become a record

    def prepare(self, batch, units):
        """Look up for the whole chunk what `describe` needs; nothing by default."""

    def begin(self, unit, batch):
        """The record to fill: the known one, or a new one."""
        return unit.known or self.model()

    def describe(self, unit, batch):
        """Fill the unit's record from its values. Raises ValidationError with the fields at fault."""
        record = self.begin(unit, batch)
        for key, value in unit.values.items():
            column = self.by_key[key]
            if column.fills is not None and not (column.new_only and unit.known is not None):
                setattr(record, column.fills, value)
        self.complete(record, unit, batch)
        self.check(record)
        return record

    def complete(self, record, unit, batch):
        """Supply what the file does not say; nothing by default."""

    def check(self, record):
        """The model's own checks; what a record points at was looked up and need not be asked for again."""
        relations = {column.name for column in record._meta.concrete_fields if column.is_relation}
        record.clean_fields(exclude=relations)
        record.clean()

    def persons(self, unit):
        """[(phone, e-mail)] by which a likely duplicate is recognised."""
        return []

    def company(self, unit):
        """The company's name, where a customer of this name would be a duplicate."""
        return ""

    def holder(self, found):
        """The record that a likely duplicate stands for."""
        return found

    def refuse_own_number(self, number):
        """A number of our own form will be given to somebody else one day."""
        if number and re.fullmatch(rf"{self.model.PREFIX}-\d{{4}}-\d+", number):
            raise ValidationError(
                {"number": _("Numbers of this form are given by this system; it has no such record.")}
            )

    def find(self, key, words, batch):
        """{word: record} of known records by the values of a field; None where several have it."""
        if key == "external_id":
            return looking.by_external_id(self.model, words, batch.answers.system, lock=batch.write)
        return looking.by_field(self.model, self.by_key[key].fills, words, lock=batch.write)

    def may_change(self, record, by):
        return access.allows(by, access.name("change", self.model), record)

    def may_own(self, record, by):
        """May this person give the record to its owner?"""
        if record.owner is None or record.owner.pk == by.pk:
            return True
        return access.allows(by, self.assign or self.permission, record)

    # How they are written

    def create(self, book, units):
        """Save the records of new units, with all that belongs to them."""
        book.add([(unit, unit.record) for unit in units])

    def update(self, book, units):
        """Save changed records."""
        book.change([(unit, unit.record) for unit in units])

    def stuck(self, records):
        """{key: reason} of created records that may not be taken back though nobody touched them."""
        return {}
