"""The names of events as other programs know them: `invoice.issued`, `lead.claimed`, `customer.changed`."""

from crm import chain

PAST = {
    "win": "won", "lose": "lost", "send": "sent", "resend": "resent", "hold": "held", "take": "taken",
    "withdraw": "withdrawn", "submit": "submitted", "ship": "shipped", "plan": "planned", "replan": "replanned",
    "cancel": "cancelled", "fulfil": "fulfilled", "follow": "followed", "split": "split", "undo": "undone",
}  # fmt: skip
ALWAYS = ("created", "changed", "assigned", "deleted", "restored", "follow_up", "commented", "attached", "linked")
TEST = "webhook.tested"


def kind_of(record_type, verb):
    """The name of what happened to a record: its type and the act in the past tense."""
    head, *rest = verb.split("_")
    return f"{record_type}.{'_'.join([_past(head), *rest])}"


def _past(word):
    if word in PAST:
        return PAST[word]
    if word.endswith("ed"):
        return word
    if word.endswith("y") and word[-2] not in "aeiou":
        return f"{word[:-1]}ied"
    return f"{word}d" if word.endswith("e") else f"{word}ed"


def all_kinds():
    """{record type's name: [(kind, label)]} of everything that can be told."""
    return {model._meta.verbose_name: list(_kinds(model).items()) for model in chain.all_models()}


def _kinds(model):
    verbs = (*ALWAYS, *getattr(model, "MOVES", {}))
    return {kind_of(model._meta.model_name, verb): chain.verb_label(verb, model) for verb in verbs}


def names():
    return {kind for kinds in all_kinds().values() for kind, _label in kinds}
