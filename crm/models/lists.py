"""What people keep of lists: the views they come back to."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SavedViewQuerySet(models.QuerySet):
    def offered_to(self, user):
        """One's own, and those shared by the colleagues of one's team and of the teams above it."""
        mine = models.Q(owner=user)
        if user.team_id:
            mine |= models.Q(shared=True, owner__team__path__in=_prefixes(user.team.path))
        return self.filter(mine)

    def liked_by_user(self, user):
        """Says of each whether this person's list opens with it (`is_liked`)."""
        likes = SavedView.liked_by.through.objects.filter(user=user, savedview=models.OuterRef("pk"))
        return self.annotate(is_liked=models.Exists(likes))


def _prefixes(path):
    """The paths of a team and of all above it: /1/, /1/4/."""
    steps = path.strip("/").split("/")
    return ["/" + "/".join(steps[:end]) + "/" for end in range(1, len(steps) + 1)]


class SavedView(models.Model):
    """A list as somebody likes it: its address under a name.

    Shared, it is offered to the owner's team and the teams below. It says how to look, not what may be seen: every
    reader sees their own rows. Who likes it best opens the list with it.
    """

    owner = models.ForeignKey("crm.User", models.CASCADE, related_name="saved_views")
    list_key = models.CharField(max_length=60)  # the label of the listed model: leads.lead
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=2000, blank=True)
    shared = models.BooleanField(_("share with my team and the teams below"), default=False)
    liked_by = models.ManyToManyField("crm.User", related_name="+", blank=True)  # whose list opens with it
    created_at = models.DateTimeField(default=timezone.now)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("view")
        verbose_name_plural = _("views")
        indexes = [models.Index(fields=["list_key", "shared"])]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "list_key", "name"], name="one_view_of_a_name",
                violation_error_message=_("You have a view of this name already."),
            )
        ]  # fmt: skip

    def __str__(self):
        return self.name
