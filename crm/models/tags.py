"""Words that colleagues put on records to find them again."""

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from crm.models.shared import Shared


class Tag(Shared):
    """A word of the company's common vocabulary."""

    class Colour(models.TextChoices):
        GREY = "grey", _("Grey")
        BLUE = "blue", _("Blue")
        AMBER = "amber", _("Amber")
        GREEN = "green", _("Green")
        RED = "red", _("Red")

    name = models.CharField(_("name"), max_length=40)
    colour = models.CharField(_("colour"), max_length=10, choices=Colour, default=Colour.BLUE)

    class Meta:
        ordering = ["name"]
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [
            models.UniqueConstraint(
                Lower("name"), name="one_tag_of_a_name",
                violation_error_message=_("There is a tag of this name already."),
            )
        ]  # fmt: skip

    def __str__(self):
        return self.name


class Tagged(models.Model):
    """A tag on a record."""

    tag = models.ForeignKey(Tag, models.CASCADE, related_name="uses")
    record_type = models.CharField(max_length=40)
    record_id = models.BigIntegerField()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        indexes = [models.Index(fields=["tag", "record_type", "record_id"])]
        constraints = [
            models.UniqueConstraint(fields=["record_type", "record_id", "tag"], name="one_tag_once_on_a_record")
        ]

    def __str__(self):
        return f"{self.tag_id} {self.record_type} {self.record_id}"
