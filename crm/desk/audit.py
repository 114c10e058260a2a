"""Who came in, what they took out, and what was changed about people, rights and settings: for administrators."""

from datetime import timedelta

from django import forms
from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from crm import chain, clock
from crm.accounts import audit, sessions
from crm.doors import needs
from crm.models import Event, User
from crm.web.exports import batched, rows_response
from crm.web.forms import DateInput

DAYS = 30  # shown unless other days are asked for
PAGE = 50
STEP = 1000  # lines of a file that are in memory at once
COLUMNS = ("who", "what", "about", "text", "ip", "device")

KINDS = {
    "sign_in": (_("Signing in and out"), Q(record_type="user", verb__in=audit.SIGN_IN)),
    "factors": (_("Passwords and second factors"), Q(record_type="user", verb__in=audit.FACTORS)),
    "people": (_("People, roles and teams"), Q(record_type__in=["user", "team"], verb__in=["created", "changed"])),
    "tokens": (_("API tokens"), Q(record_type="apitoken")),
    "exports": (_("Exports and downloads"), Q(record_type="export") | Q(verb__in=["exported", "downloaded"])),
    "settings": (_("Settings"), Q(record_type__in=["company", "exchangerate"])),
    "seen_as": (_("Looking with other eyes"), Q(verb="viewed_as")),
}


class AuditFilter(forms.Form):
    person = forms.ModelChoiceField(User.objects.order_by("name"), label=_("person"), required=False)
    kind = forms.ChoiceField(
        label=_("kind"), choices=[("", "—"), *((key, label) for key, (label, _rows) in KINDS.items())], required=False
    )
    since = forms.DateField(label=_("from day"), widget=DateInput, required=False)
    until = forms.DateField(label=_("to day"), widget=DateInput, required=False)

    def rows(self):
        """The events asked for, the latest first."""
        asked = self.cleaned_data if self.is_valid() else {}
        first = asked.get("since") or clock.today() - timedelta(days=DAYS)
        last = asked.get("until") or clock.today()
        rows = Event.objects.filter(
            self._kinds(asked.get("kind")),
            recorded_at__gte=clock.day_start(first),
            recorded_at__lt=clock.day_start(last + timedelta(days=1)),
        )
        if person := asked.get("person"):
            rows = rows.filter(Q(actor=person) | Q(record_type="user", record_id=person.pk))
        return rows.select_related("actor").order_by("-recorded_at", "-pk")

    @staticmethod
    def _kinds(kind):
        if kind:
            return KINDS[kind][1]
        any_kind = Q()
        for _label, rows in KINDS.values():
            any_kind |= rows
        return any_kind


@needs("crm.view_audit")
def overview(request):
    """The log by person, kind and days; the same as a file under `?as=csv` or `xlsx`, which is itself logged."""
    form = AuditFilter(request.GET or None)
    if kind := request.GET.get("as"):
        return export(request, form.rows(), kind)
    page = Paginator(form.rows(), PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "entries": described(page), "days": DAYS}
    return render(request, "desk/audit.html", context)


def export(request, rows, kind):
    audit.note(request.user, "exported", request, list="audit", kind=kind)
    headers = [_t("Time"), _t("Who"), _t("What"), _t("About"), _t("Details"), _t("Address"), _t("Device")]
    chunks = batched(rows.iterator(chunk_size=STEP), STEP)
    entries = (entry for chunk in chunks for entry in described(chunk))
    lines = ([entry["event"].recorded_at, *(entry[name] for name in COLUMNS)] for entry in entries)
    return rows_response(headers, lines, f"audit-{clock.today():%Y%m%d}", kind)


def described(rows):
    """The events in words, with the people they are about; two queries whatever the number."""
    rows = list(rows)
    people = User.objects.in_bulk({event.record_id for event in rows if event.record_type == "user"})
    return [_described(event, people) for event in rows]


def _described(event, people):
    told = chain.entry(event)
    subject = people.get(event.record_id) if event.record_type == "user" else None
    return {
        "event": event,
        "who": told.actor,
        "what": capfirst(told.title.split(" · ", 1)[-1]),
        "about": str(subject) if subject else told.title.split(" · ", 1)[0],
        "url": subject.get_absolute_url() if subject else "",
        "text": told.text or _extra(event),
        "ip": event.data.get("ip", ""),
        "device": sessions.device(event.data["agent"]) if event.data.get("agent") else "",
    }


def _extra(event):
    known = ("list", "query", "kind", "rows", "factor", "ways")
    values = [event.data[name] for name in known if event.data.get(name)]
    return ", ".join(", ".join(map(str, value)) if isinstance(value, list) else str(value) for value in values)
