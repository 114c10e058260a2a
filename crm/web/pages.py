"""The pages of one record type: declare model, filter, columns and form, and there are list, record, form and acts."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from crm import access, bin, doors, frame, records
from crm.imports import kinds
from crm.web import removal, work
from crm.web.acts import ActPages
from crm.web.detail import DetailPages
from crm.web.editing import EditPages
from crm.web.lists import LISTS, ListPages


class RecordPages(ListPages, DetailPages, EditPages, ActPages, removal.RemovalPages):
    """Declare model, filter, columns and form; override a method where a record type differs."""

    model = None
    filterset_class = None
    form_class = None
    columns = ()
    facts = ()
    section = ""  # its place in the navigation: a key of crm.frame.SECTIONS
    icon = "file"
    select_related = ()
    list_template = "_list.html"
    detail_template = "_record.html"
    form_template = "_form.html"
    quick_create = False
    may_follow_up = True
    empty_text = ""
    store = staticmethod(records.save)  # the verb that creates and changes; a record type may have its own

    def __init__(self, request=None):
        self.request = request

    # What it is called and where it lives

    @classmethod
    def url_name(cls, page):
        return f"{cls.model._meta.app_label}:{cls.model._meta.model_name}_{page}"

    @property
    def title(self):
        return capfirst(self.model._meta.verbose_name)

    @property
    def title_plural(self):
        return capfirst(self.model._meta.verbose_name_plural)

    @property
    def create_url(self):
        allowed = self.form_class and access.allows(self.request.user, access.name("add", self.model))
        return reverse(self.url_name("new")) if allowed else None

    @property
    def import_url(self):
        kind = kinds.of_model(self.model)
        if kind is None or not access.allows(self.request.user, kind.permission):
            return None
        return f"{reverse('crm:imports')}?kind={kind.key}"

    # Rows

    def rows(self):
        """The rows this person may see, with what the list shows."""
        return self.model.objects.visible_to(self.request.user).select_related(*self.select_related)

    def found(self):
        """The rows the address asks for, as a filter."""
        return self.filterset_class(self.request.GET, self.rows(), request=self.request)

    def get(self, pk):
        return get_object_or_404(self.rows(), pk=pk)

    # Doors

    def may(self, verb):
        if not access.allows(self.request.user, access.name(verb, self.model)):
            raise PermissionDenied(_("Your role does not allow this."))

    @classmethod
    def view(cls, method):
        def page(request, **kwargs):
            try:
                return getattr(cls(request), method)(**kwargs)
            except Http404:
                if survivor := removal.survivor(cls, request, **kwargs):
                    return removal.moved(survivor)
                raise

        page.__name__ = f"{cls.__name__}.{method}"
        return cls.door(page)

    @classmethod
    def door(cls, view):
        """Open to whoever may see this record type at all."""
        return doors.needs(access.name("view", cls.model))(view)

    @classmethod
    def urls(cls, prefix):
        """All addresses of this record type under `prefix`, and its place in the navigation."""
        name = cls.model._meta.model_name
        frame.place(cls)
        LISTS[cls.list_key()] = cls
        found = [
            path(f"{prefix}/", cls.view("list"), name=f"{name}_list"),
            path(f"{prefix}/bulk/", cls.view("bulk"), name=f"{name}_bulk"),
            path(f"{prefix}/export.<str:kind>", cls.view("export"), name=f"{name}_export"),
            path(f"{prefix}/<int:pk>/", cls.view("detail"), name=f"{name}_detail"),
            *(
                [path(f"{prefix}/<int:pk>/tags/", cls.view("tag"), name=f"{name}_tag")]
                if cls.model.may_be_tagged
                else []
            ),
            *work.urls(cls, prefix, name),
        ]
        if cls.form_class:
            found += [
                path(f"{prefix}/new/", cls.view("new"), name=f"{name}_new"),
                path(f"{prefix}/<int:pk>/edit/", cls.view("edit"), name=f"{name}_edit"),
            ]
        if cls.model in bin.DELETABLE:
            found.append(path(f"{prefix}/<int:pk>/delete/", cls.view("delete"), name=f"{name}_delete"))
        if hasattr(cls.model, "MOVES"):
            found.append(path(f"{prefix}/<int:pk>/<str:verb>/", cls.view("act"), name=f"{name}_act"))
        return found
