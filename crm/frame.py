"""What surrounds every page: the chain as navigation, quick create, the bell, the company."""

from collections import OrderedDict
from functools import cache

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from crm import access
from crm.models import Company

SECTIONS = (
    ("leads", _("Marketing & leads"), "speakerphone"),
    ("opportunities", _("Opportunities"), "target-arrow"),
    ("contracts", _("Contracts & orders"), "writing-sign"),
    ("billing", _("Billing"), "receipt-2"),
    ("collection", pgettext_lazy("section", "Collection"), "mail-dollar"),
    ("bank", pgettext_lazy("section", "Bank"), "building-bank"),
    ("books", pgettext_lazy("section", "Books"), "book-2"),
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


@cache
def _addresses():
    """[(place, its address)] of all places."""
    return [(entry, reverse(entry[2])) for entry in PLACES]


def active_place(path):
    """The address of the place that a page belongs to: the longest it begins with; '' outside of all."""
    if path == reverse("home"):
        return path
    return max((url for _entry, url in _addresses() if path.startswith(url)), key=len, default="")


def navigation(user, active):
    """Home, and the sections with the pages this person may open."""
    home = reverse("home")
    found = [{"label": _("Home"), "icon": "home", "url": home, "active": active == home}]
    for key, label, icon in SECTIONS:
        children = [
            {"label": capfirst(str(name)), "url": url, "active": url == active}
            for (section, name, _url_name, permission), url in _addresses()
            if section == key and access.allows(user, permission)
        ]
        if children:
            active_here = any(child["active"] for child in children)
            url = children[0]["url"]
            found.append({"label": label, "icon": icon, "url": url, "active": active_here, "children": children})
    return found


def quick_create(user):
    return [
        {"label": capfirst(str(pages.model._meta.verbose_name)), "url": reverse(pages.url_name("new"))}
        for pages in CREATABLE
        if access.allows(user, access.name("add", pages.model))
    ]


def around(user, active, company):
    """What the pieces around a page show."""
    return {"company": company, "nav": navigation(user, active), "quick_create": quick_create(user)}


PIECES = OrderedDict()  # rendered pieces, the longest unused first
MOST_PIECES = 1000


def piece(template, request):
    """A part of the frame, rendered once for all who stand alike; so nothing personal may be in it."""
    user, company, active = request.user, Company.current(), active_place(request.path)
    key = template, access.standing(user), get_language(), active, company.name, company.logo.name
    html = PIECES.get(key)
    if html is None:
        html = render_to_string(template, {"frame": around(user, active, company)})
    PIECES.pop(key, None)
    PIECES[key] = html  # now the latest used
    while len(PIECES) > MOST_PIECES:
        PIECES.popitem(last=False)
    return html


def frame(request):
    """Context processor: the company, and the number on the bell."""
    user = getattr(request, "user", None)
    found = {"company": Company.current(), "languages": settings.LANGUAGES}
    found |= {"single_sign_on": settings.SINGLE_SIGN_ON, "only_single_sign_on": settings.OIDC_ONLY}
    if user is not None and user.is_authenticated:
        found["unread"] = user.notifications.filter(read_at=None).count()
    return {"frame": found}
