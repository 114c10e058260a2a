"""Home: the role's work queue, its numbers, and what was handed to others; search and the bell."""

from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from crm import frame, queues, search
from crm.doors import signed_in
from crm.web import respond


@signed_in
def home(request):
    context = {
        "greeting": greeting(request.user),
        "queues": [found for found in queues.collect(queues.QUEUES, request.user) if found and found.count],
        "numbers": [found for found in queues.collect(queues.NUMBERS, request.user) if found][:4],
        "handed": [item for items in queues.collect(queues.HANDED, request.user) for item in items][:10],
        "target": next((found for found in queues.collect(queues.TARGETS, request.user) if found), None),
    }
    return render(request, "home.html", context)


def greeting(user):
    """A word that fits the hour where the user is."""
    hour = timezone.localtime().hour
    text = (
        _("Good morning, %(name)s")
        if hour < 12
        else _("Good afternoon, %(name)s")
        if hour < 18
        else _("Good evening, %(name)s")
    )
    return text % {"name": user.name}


@signed_in
def chain_menu(request):
    """The navigation as a page, for the phone's bottom bar."""
    return render(request, "chain.html", {"nav": frame.navigation(request.user, frame.active_place(request.path))})


@signed_in
def search_everything(request):
    """Search over all one may see; typed in the box on top, or as a page."""
    query = request.GET.get("q", "")
    groups = [
        (capfirst(str(model._meta.verbose_name_plural)), [hit(record) for record in found])
        for model, found in search.everywhere(request.user, query)
    ]
    return respond(request, "search.html", {"groups": groups, "query": query}, partial="_search_results.html")


def hit(record):
    return {
        "title": str(record),
        "subtitle": search.subtitle(record),
        "url": record.get_absolute_url(),
        "badge_record": record if hasattr(record, "get_status_display") else None,
    }


@signed_in
def notifications(request):
    """The bell: what one was told, newest first; looking at it marks it read."""
    page = Paginator(request.user.notifications.all(), 50).get_page(request.GET.get("page"))
    found = list(page)
    request.user.notifications.filter(pk__in=[item.pk for item in found], read_at=None).update(read_at=timezone.now())
    return render(request, "desk/notifications.html", {"notifications": found, "page": page})
