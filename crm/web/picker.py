"""The saved views at the head of a list."""

from urllib.parse import urlencode

from django.urls import reverse

from crm import saved_views
from crm.models import SavedView
from crm.web import paging

ALL = "all"  # the list as it is, whatever view one likes best


class ViewPicker:
    """Which of the views on offer the address stands for, and what can be done with it."""

    def views(self):
        """The views this person may open on this list, with `is_mine` and `is_liked`."""
        user = self.request.user
        offered = SavedView.objects.offered_to(user).filter(list_key=self.list_key()).liked_by_user(user)
        return list(offered.select_related("owner"))

    def favourite(self, views):
        return next((view for view in views if view.is_liked), None)

    def view_address(self, view):
        query = f"{view.query}&" if view.query else ""
        return f"{reverse(self.url_name('list'))}?{query}view={view.pk}"

    def picker(self, views):
        """The context of the picker."""
        query = self.request.GET
        current = next((view for view in views if str(view.pk) == query.get("view")), None)
        kept = saved_views.clean(query.urlencode())
        changed = current is not None and kept != current.query
        return {
            "current": current,
            "changed": changed,
            "mine": [(view, self.view_address(view)) for view in views if view.owner_id == self.request.user.pk],
            "shared": [(view, self.view_address(view)) for view in views if view.owner_id != self.request.user.pk],
            "all_url": f"?view={ALL}" if self.favourite(views) else self.request.path,
            "save_url": f"{reverse('crm:view_new')}?{urlencode({'list': self.list_key(), 'query': kept})}",
            "may_update": changed and current.owner_id == self.request.user.pk,
            "query": kept,
            "clear_url": f"?{self.cleared().urlencode()}",
        }

    def cleared(self):
        """The address without any filter: order, columns and page size stay."""
        query = paging.without_place(self.request.GET)
        for name in [name for name in query if name not in ("o", "columns", "size", "view")]:
            del query[name]
        return query
