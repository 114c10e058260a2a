"""Rows of a table as a person may see them, and records that nobody owns."""

from functools import cache

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm import access


@cache
def _address(app, record_type):
    """What stands before and behind the key in the address of such a record's page."""
    return reverse(f"{app}:{record_type}_detail", args=[0]).rsplit("0", 1)


@cache
def _words(field):
    return dict(field.flatchoices)


class OwnedQuerySet(models.QuerySet):
    SETS = ()  # the methods without arguments by which a choice of these rows may be narrowed

    def visible_to(self, user):
        """The rows this person may see, by the access table."""
        return access.visible(self, user)


class Reachable:
    """What every record has: a type's name and a page."""

    OWNER_PATHS = ()
    may_be_tagged = False

    @property
    def record_type(self):
        return self._meta.model_name

    def get_absolute_url(self):
        before, after = _address(self._meta.app_label, self._meta.model_name)
        return f"{before}{self.pk}{after}"

    def _get_FIELD_display(self, field):
        """Django puts the choices together anew for each value; a list asks hundreds of times."""
        value = getattr(self, field.attname)
        return str(_words(field).get(value, value if value is not None else ""))

    @classmethod
    def visible_besides(cls, user):
        """A further condition for rows visible without owning them: all, where nobody owns any."""
        return models.Q() if not cls.OWNER_PATHS else models.Q(pk__in=[])

    def owners(self):
        """The people whose scope this record falls in."""
        for path in self.OWNER_PATHS:
            person = self
            for step in path.split("__"):
                person = getattr(person, step) if person else None
            yield person


class Versioned(Reachable, models.Model):
    """A record with a version, so that nobody overwrites what somebody else changed."""

    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    objects = OwnedQuerySet.as_manager()

    class Meta:
        abstract = True


class Shared(Versioned):
    """Something the whole company shares; nobody owns it, the access table alone decides."""

    class Meta:
        abstract = True
