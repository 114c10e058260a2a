"""Keeping lists under a name. A view is its owner's; others who are offered it may only open it and like it."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from crm.models import SavedView

NOT_KEPT = ("view", "pick", "panel", "page", "after", "before", "at", "last")  # where one stands is no part of a view


def clean(query):
    """The part of an address that makes a view, in one order, so that equal views are equal texts."""
    asked = QueryDict(query.removeprefix("?"), mutable=True)
    for name in NOT_KEPT:
        asked.pop(name, None)
    kept = QueryDict(mutable=True)
    for name in sorted(asked):
        kept.setlist(name, [value for value in asked.getlist(name) if value not in ("", "unknown")])
    return kept.urlencode(safe=",")


@transaction.atomic
def save(view, *, by, default=False):
    """Keep a new view or a changed one. Raises ValidationError where the name is taken."""
    if view.owner_id is None:
        view.owner = by
    refuse_others(view, by)
    view.query = clean(view.query)
    view.full_clean()
    view.save()
    like(view, by=by) if default else unlike(view, by=by)
    return view


def delete(view, *, by):
    refuse_others(view, by)
    view.delete()


@transaction.atomic
def like(view, *, by):
    """Open this list with the view from now on, instead of any other."""
    if not SavedView.objects.offered_to(by).filter(pk=view.pk).exists():
        raise PermissionDenied(_("This view is not shared with you."))
    by_then = SavedView.liked_by.through.objects
    by_then.filter(user_id=by.pk, savedview__list_key=view.list_key).delete()
    view.liked_by.add(by)


def unlike(view, *, by):
    view.liked_by.remove(by)


def refuse_others(view, by):
    if view.owner_id != by.pk:
        raise PermissionDenied(_("Only its owner changes a view."))
