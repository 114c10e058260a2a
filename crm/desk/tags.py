"""The company's vocabulary of tags."""

from django.utils.translation import gettext_lazy as _

from crm import frame
from crm.models import Tag
from crm.web import Column, ListFilter, RecordForm, RecordPages


class TagFilter(ListFilter):
    ORDERING = ("name", "colour", "created_at")
    DEFAULT_ORDER = "name"

    class Meta:
        model = Tag
        fields = ("colour",)

    def by_text(self, queryset, name, value):
        return queryset.filter(name__icontains=value)


class TagForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = Tag
        fields = ("name", "colour")


class TagPages(RecordPages):
    model = Tag
    filterset_class = TagFilter
    form_class = TagForm
    may_follow_up = False
    empty_text = _("No tags yet. They are made where they are put on a record.")
    columns = (Column("name", sort="name"), Column("colour", sort="colour"), Column("created_at", sort="created_at"))
    facts = ("colour", "created_at")


frame.add("customers", Tag._meta.verbose_name_plural, TagPages.url_name("list"), "crm.change_tag")
