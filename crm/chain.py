"""A chain read whole: its record types, who holds the ball, and the timeline of everything on it."""

from dataclasses import dataclass
from functools import cache

from django.apps import apps
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from crm import access, changes, events, records, verbs
from crm.accounts import audit
from crm.models import FollowUp

LINKS = (  # the strip, in order: record type, label, icon
    ("leads.Campaign", _("Campaign"), "speakerphone"),
    ("leads.Lead", _("Lead"), "user-plus"),
    ("opportunities.Opportunity", _("Opportunity"), "target-arrow"),
    ("opportunities.Quote", _("Quote"), "file-dollar"),
    ("contracts.Contract", _("Contract"), "writing-sign"),
    ("contracts.Order", _("Order"), "package"),
    ("billing.Invoice", _("Invoice"), "file-invoice"),
    ("billing.Payment", pgettext_lazy("end of the chain", "Cash"), "cash"),
)
OFF_THE_STRIP = (
    "contracts.Amendment", "contracts.Delivery", "billing.CreditNote", "billing.WriteOff", "billing.Promise",
    "billing.Dispute", "billing.Reminder", "billing.CreditRelease", "feedback.Ticket", "feedback.SurveyInvitation",
)  # fmt: skip


def models():
    """Every record type of the chain, first to last."""
    return [apps.get_model(label) for label in (*(link[0] for link in LINKS), *OFF_THE_STRIP)]


def model_of(record_type):
    """The model behind an event's or a follow-up's record type; None when unknown."""
    return next((model for model in all_models() if model._meta.model_name == record_type), None)


def all_models():
    """Those of the chain, and the others whose events are told."""
    ground = ("crm.Customer", "crm.Contact", "crm.Product", "crm.Task")
    numbers = ("billing.Period", "kpis.Target", "kpis.Cost", "kpis.IndustrySales")
    bank = ("billing.CreditLimit", "billing.BankAccount", "billing.BankStatement", "billing.BankLine")
    return [*models(), *(apps.get_model(label) for label in (*ground, *bank, *numbers))]


@cache
def _types():
    return {model._meta.model_name: model for model in apps.get_models()}


def _told_of(event):
    """The model behind an event, whoever may read it; None when unknown."""
    return _types().get(event.record_type)


AMOUNTS = ("gross", "amount", "budget")  # the first that a record has is what it is worth


def amount_of(record):
    """What the record is worth, in its own currency: gross, or its amount; None where it has none."""
    for field in AMOUNTS:
        if getattr(record, field, None) is not None:
            return getattr(record, field)
    return None


def holder(record):
    """Who holds the ball: the owner, or the function whose work the next step is; '' when nothing is left to do."""
    for name, move in record.MOVES.items():
        offered = name in verbs.of(type(record)) and (move.when is None or move.when(record))
        if record.status not in move.sources or not move.onward or not offered:
            continue
        row = access.GRANTS.get(access.name(name, type(record)), ())
        roles = [role for role in access.Role if row and row[access.COLUMN[role]] > access.NO]
        if any(row[access.COLUMN[role]] == access.OWN for role in roles) and record.owner:
            return str(record.owner)
        if roles:
            return str(roles[0].label)
    return ""


@dataclass
class Entry:
    """One line of a timeline."""

    event: object
    icon: str
    title: str
    text: str
    actor: str
    source: str
    when: object


ICONS = {"created": "plus", "changed": "pencil", "follow_up": "phone", "commented": "message", "attached": "paperclip"}


LONGEST = 1000  # entries of a timeline shown at most


def timeline(record, user, limit=LONGEST):
    """What happened on this record's whole chain, newest first, as far as this person may see it."""
    if getattr(record, "case_id", None):
        found = events.visible_to(user, models()).filter(case=record.case_id)
    else:
        found = events.of_record(record)
    return entries(found | events.of_pasts(record), user, limit)


def customer_timeline(customer, user, limit=LONGEST):
    """What happened with a customer: on the customer's own record and on all its cases."""
    on_cases = events.visible_to(user, models()).filter(case__customer=customer)
    return entries(on_cases | events.of_record(customer) | events.of_pasts(customer), user, limit)


def entries(found, user, limit):
    """The newest of these events as lines of a timeline."""
    newest = list(found.select_related("actor").order_by("-occurred_at", "-pk")[:limit])
    return [entry(event) for event in events.told(newest, user)]


def entry(event):
    model = _told_of(event)
    return Entry(
        event=event,
        icon=ICONS.get(event.verb, "arrow-right" if event.to_state else "point"),
        title=_title(event, model),
        text=_text(event, model),
        actor=_actor(event),
        source=event.get_source_display(),
        when=event.occurred_at,
    )


def _actor(event):
    outsiders = {"customer": gettext("Customer"), "system": gettext("System")}
    return str(event.actor) if event.actor else outsiders.get(event.acting_role, "")


GROUND_VERBS = {
    **audit.WORDS,
    "created": pgettext_lazy("what happened", "created"),
    "changed": pgettext_lazy("what happened", "changed"),
    "commented": _("Comment"),
    "attached": _("File attached"),
    "assigned": _("Assigned"),
    "secret_rotated": _("Secret changed"),
    "follow_up": _("Follow-up logged"),
    "linked": _("known to another system as"),
    "consented": _("agreed to be contacted"),
    "deleted": pgettext_lazy("what happened", "deleted"),
    "restored": pgettext_lazy("what happened", "restored"),
    "merged": _("duplicates merged"),
    "unmerged": _("merge undone"),
    "import_undone": _("Import undone"),
    "exported": _("list exported"),
    "reminded": _("Reminder sent"),
    "statement_sent": _("Statement of account sent"),
    "tagged": _("tags changed"),
}


def verb_label(verb, model):
    """The words for a verb: those of its button, or of the acts every record knows."""
    moves = getattr(model, "MOVES", {})
    return moves[verb].label if verb in moves else GROUND_VERBS.get(verb, verb.replace("_", " "))


def _title(event, model):
    what = capfirst(str(model._meta.verbose_name)) if model else event.record_type
    if event.verb == "follow_up":
        return f"{what} · {FollowUp.Kind(event.data.get('kind', FollowUp.Kind.NOTE)).label}"
    return f"{what} · {verb_label(event.verb, model)}"


def _text(event, model):
    parts = []
    if event.to_state and event.from_state and event.to_state != event.from_state and model:
        labels = dict(model._meta.get_field("status").flatchoices)
        parts.append(f"{labels.get(event.from_state, event.from_state)} → {labels.get(event.to_state, event.to_state)}")
    parts += [event.reason, event.data.get("summary", ""), event.data.get("text", "")]
    if event.verb == "changed" and model:
        parts.append(_changes(event, model))
    return "\n".join(str(part) for part in parts if part)


def _changes(event, model):
    return "\n".join(
        f"{records.label(model, field)}: {changes.in_words(old)} → {changes.in_words(new)}"
        for field, (old, new) in event.data.get("changes", {}).items()
    )
