"""What surrounds every page: the chain as navigation, quick create, the bell, the company."""

from django.conf import settings
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from crm import access
from crm.models import Company

SECTIONS = (
    ("leads", _("Marketing & leads"), "speakerphone"),
    ("opportunities", _("Opportunities"), "target-arrow"),
    ("contracts", _("Contracts & orders"), "writing-sign"),
    ("billing", _("Billing"), "receipt-2"),
    ("feedback", _("Feedback"), "message-heart"),
    ("kpis", _("KPIs"), "chart-bar"),
    ("customers", _("Customers"), "building"),
    ("admin", _("Administration"), "settings"),
)
PLACES = []  # [(section, label, url name, permission)] in the order the apps declare them
CREATABLE = []  # record pages offered under "+"


def place(pages):
    """Put a record type's list into the navigation, and under "+" if it asks for it."""
    if pages.section:
        label = pages.model._meta.verbose_name_plural
        add(pages.section, label, pages.url_name("list"), access.name("view", pages.model))
    if pages.quick_create and pages not in CREATABLE:
        CREATABLE.append(pages)


def add(section, label, url_name, permission):
    """Put any page into the navigation."""
    entry = (section, label, url_name, permission)
    if entry not in PLACES:
        PLACES.append(entry)


def navigation(user, path):
    """The sections and pages this person may open."""
    found = []
    for key, label, icon in SECTIONS:
        children = [
            {"label": capfirst(str(name)), "url": reverse(url), "active": path.startswith(reverse(url))}
            for section, name, url, permission in PLACES
            if section == key and access.allows(user, permission)
        ]
        if children:
            longest = max((child["url"] for child in children if child["active"]), key=len, default="")
            for child in children:
                child["active"] = child["url"] == longest
            active = any(child["active"] for child in children)
            found.append(
                {"label": label, "icon": icon, "url": children[0]["url"], "active": active, "children": children}
            )
    return found


def quick_create(user):
    return [
        {"label": capfirst(str(pages.model._meta.verbose_name)), "url": reverse(pages.url_name("new"))}
        for pages in CREATABLE
        if access.allows(user, access.name("add", pages.model))
    ]


def frame(request):
    """Context processor."""
    user = getattr(request, "user", None)
    found = {"company": Company.current(), "languages": settings.LANGUAGES}
    found |= {"single_sign_on": settings.SINGLE_SIGN_ON, "only_single_sign_on": settings.OIDC_ONLY}
    if user is not None and user.is_authenticated:
        home = {"label": _("Home"), "icon": "home", "url": reverse("home"), "active": request.path == reverse("home")}
        found |= {
            "nav": [home, *navigation(user, request.path)],
            "quick_create": quick_create(user),
            "unread": user.notifications.filter(read_at=None).count(),
        }
    return {"frame": found}
