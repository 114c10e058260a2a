"""State badges: one meaning per colour, always with the word beside it."""

from functools import cache

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

ICONS = settings.BASE_DIR / "node_modules" / "@tabler" / "icons" / "icons" / "outline"
GREY, BLUE, AMBER, GREEN, RED = "grey", "blue", "amber", "green", "red"

# Green: money in or done. Amber: waiting or due soon. Red: overdue or lost. Blue: in progress. Grey: draft or closed.
STATUSES = {
    GREY: "planned draft queued closed cancelled disqualified superseded void reversed credited ignored inactive",
    BLUE: "assigned contacted nurturing qualified discovery needs proposal negotiation contracting open approved sent"
    " active confirmed in_fulfilment shipped issued in_progress running",
    AMBER: "new paused on_hold in_approval in_review unpaid partly_paid registered imported waiting_customer reopened",
    GREEN: "converted won accepted signed fulfilled delivered completed paid matched applied resolved answered"
    " published refunded succeeded",
    RED: "lost declined expired terminated returned overdue written_off bounced failed",
}
TONES = {status: tone for tone, statuses in STATUSES.items() for status in statuses.split()}
# The same word, another meaning.
TONES |= {"payment.confirmed": GREEN, "payment.refunded": GREY, "delivery.planned": AMBER, "campaign.completed": GREY}
TONES |= {"bankstatement.imported": GREEN, "bankstatement.flagged": RED, "bankstatement.received": AMBER}
TONES |= {"writeoff.asked": AMBER, "writeoff.approved": RED}
TONES |= {"creditrelease.asked": AMBER, "creditrelease.approved": GREEN, "creditlimit.on_hold": RED}
TONES |= {"dispute.open": RED, "reminder.proposed": AMBER, "reminder.sent": GREEN, "reminder.dropped": GREY}
TONE_ICONS = {GREY: "circle-dashed", BLUE: "progress", AMBER: "clock", GREEN: "circle-check", RED: "alert-circle"}


@cache
def icon(name):
    """An outline icon as inline SVG, sized by CSS and silent to screen readers."""
    svg = (ICONS / f"{name}.svg").read_text()
    shape = svg[svg.index(">") + 1 : svg.rindex("</svg>")]
    shape = shape.replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "")
    return mark_safe(  # noqa: S308 (our own package's files)
        '<svg class="icon" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor"'
        ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">'
        f"{''.join(shape.splitlines())}</svg>"
    )


def tone_of(record):
    """The colour family of a record's status."""
    own_word = f"{record._meta.model_name}.{record.status}" if hasattr(record, "_meta") else record.status
    return TONES.get(own_word) or TONES.get(record.status, GREY)


def tone_badge(label, tone):
    """A badge for a derived state such as paid or overdue."""
    return format_html('<span class="state state-{}">{}{}</span>', tone, icon(TONE_ICONS[tone]), label)


def badge(record):
    """The badge of a record's status."""
    return tone_badge(record.get_status_display(), tone_of(record)) if getattr(record, "status", "") else ""


def tags(found):
    """The tags of a record as small badges."""
    return format_html_join(" ", '<span class="tag tag-{}">{}</span>', ((tag.colour, tag.name) for tag in found))


def initials(name):
    """One or two letters for an avatar: the last two characters of a Chinese name, else first letters of two words."""
    words = (name or "?").split()
    if not words or not words[0].isascii():
        return "".join(words)[-2:]
    return "".join(word[0] for word in words[:2]).upper()


def avatar(user):
    return format_html(
        '<span class="avatar-mini hue-{}" aria-hidden="true">{}</span>', user.pk % 6, initials(user.name)
    )


def person(user):
    """A colleague: initials and name; a dash for nobody."""
    return format_html('<span class="person">{}{}</span>', avatar(user), user.name) if user else "—"
