"""Home is made of queues: each app declares what waits for which role, and what it hands to others."""

from dataclasses import dataclass, field

from crm import verbs

QUEUES, NUMBERS, HANDED, TARGETS = [], [], [], []  # [(roles, function(user))]


@dataclass
class Queue:
    """Work of one kind that waits: how much, the first rows, and the list with all of it."""

    label: str
    count: int = 0
    url: str = ""
    rows: list = field(default_factory=list)


def _registrar(registry):
    def for_roles(*roles):
        def register(function):
            registry.append((set(roles), function))
            return function

        return register

    return for_roles


queue = _registrar(QUEUES)  # function(user) -> Queue
number = _registrar(NUMBERS)  # function(user) -> {label, text, url, sub}
handed = _registrar(HANDED)  # function(user) -> [{text, holder, since, url}]
target = _registrar(TARGETS)  # function(user) -> {label, value, goal, percent, pace}


def collect(registry, user):
    """What the functions declared for the user's roles answer."""
    return [function(user) for roles, function in registry if roles & set(user.roles)]


def from_records(
    label, pages_class, rows, user, *, due=None, late=None, text=None, action=None, amount=None, url="", limit=8
):
    """A queue of records, each with its next act in one click.

    `due`, `late`, `text`, `action` and `amount` are functions of the record; without `action` the likely next verb is
    offered.
    """
    rows = rows.select_related(*pages_class.select_related)
    return Queue(
        label, rows.count(), url, [_row(r, pages_class, user, due, late, text, action, amount) for r in rows[:limit]]
    )


def _row(record, pages_class, user, due, late, text, action, amount):
    from crm.access import sees_money
    from crm.chain import amount_of

    return {
        "due": due(record) if due else None,
        "late": bool(late and late(record)),
        "text": text(record) if text else f"{record._meta.verbose_name} {record}",
        "amount": (amount or amount_of)(record) if sees_money(user, record) else None,
        "currency": getattr(record, "currency", ""),
        "url": record.get_absolute_url(),
        "action": action(record) if action else next_act(record, pages_class, user),
    }


def next_act(record, pages_class, user):
    """The likely next act as a button."""
    if not hasattr(record, "MOVES"):
        return None
    verb = verbs.likely(record, user)
    if verb is None:
        return None
    url = pages_class().act_url(record, verb)
    return {"label": record.MOVES[verb.name].label, "url": url, "post": verb.form is None, "dialog": True}
