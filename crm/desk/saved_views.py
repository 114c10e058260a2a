"""The views one keeps of lists: save, rename, share, replace, delete, open a list with one."""

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from crm import saved_views
from crm.doors import signed_in
from crm.models import SavedView
from crm.verbs import add_refusal
from crm.web.lists import pages_of
from crm.web.responses import go, respond


class ViewForm(forms.ModelForm):
    default = forms.BooleanField(label=_("open this list with it"), required=False)

    class Meta:
        model = SavedView
        fields = ("name", "shared")


def listing(request, view):
    """The list a view is of, as this person sees it; 404 where they do not."""
    pages = pages_of(view.list_key)
    if pages is None:
        raise Http404
    found = pages(request)
    found.may("view")
    return found


def own(request, pk):
    return get_object_or_404(SavedView.objects.liked_by_user(request.user), pk=pk, owner=request.user)


@signed_in
def views(request):
    """All views on offer, one's own and those shared by colleagues."""
    offered = SavedView.objects.offered_to(request.user).liked_by_user(request.user).select_related("owner")
    rows = [
        (view, pages(request).title_plural, pages(request).view_address(view))
        for view in offered.order_by("list_key", "name")
        if (pages := pages_of(view.list_key))
    ]
    return render(request, "desk/views.html", {"rows": rows})


@signed_in
def new(request):
    """Keep the list as it stands under a name."""
    asked = {**request.GET.dict(), **request.POST.dict()}  # the form is filled in at the list's own address
    view = SavedView(list_key=asked.get("list", ""), query=asked.get("query", "")[:2000], owner=request.user)
    listing(request, view)
    return edit_form(request, view, _t("Save this view"))


@signed_in
def edit(request, pk):
    view = own(request, pk)
    return edit_form(request, view, _t("View %(name)s") % {"name": view.name})


def edit_form(request, view, heading):
    form = ViewForm(request.POST or None, instance=view, initial={"default": getattr(view, "is_liked", False)})
    if form.is_valid():
        try:
            saved_views.save(form.save(commit=False), default=form.cleaned_data["default"], by=request.user)
            return go(request, listing(request, view).view_address(view))
        except ValidationError as refusal:
            add_refusal(form, refusal)
    context = {
        "form": form,
        "heading": heading,
        "submit_label": _t("Save"),
        "action": request.get_full_path(),
        "cancel_url": reverse("crm:views"),
    }
    status = 422 if form.errors else 200
    return respond(request, "_form.html", context, partial="_dialog.html", status=status)


@signed_in
@require_POST
def replace(request, pk):
    """Let a view of one's own be what the list shows now."""
    view = own(request, pk)
    view.query = request.POST.get("query", "")[:2000]
    saved_views.save(view, default=view.is_liked, by=request.user)
    return redirect(listing(request, view).view_address(view))


@signed_in
@require_POST
def delete(request, pk):
    saved_views.delete(own(request, pk), by=request.user)
    return redirect("crm:views")


@signed_in
@require_POST
def like(request, pk):
    """Open the list with this view from now on, or no longer."""
    view = get_object_or_404(SavedView.objects.offered_to(request.user), pk=pk)
    (saved_views.like if request.POST.get("like") else saved_views.unlike)(view, by=request.user)
    return redirect("crm:views")


urlpatterns = [
    path("views/", views, name="views"),
    path("views/new/", new, name="view_new"),
    path("views/<int:pk>/", edit, name="view_edit"),
    path("views/<int:pk>/replace/", replace, name="view_replace"),
    path("views/<int:pk>/delete/", delete, name="view_delete"),
    path("views/<int:pk>/like/", like, name="view_like"),
]
