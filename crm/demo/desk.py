"""Work for today: chains timed so that each waits, since a few days at most, for the act of one role."""

from datetime import timedelta
from random import Random

from crm.access import Role
from crm.demo import sales
from crm.demo.ledger import Ledger
from crm.demo.story import Fate

WAITING = (  # record type, state, how many
    ("lead", "new", 4), ("lead", "assigned", 4), ("lead", "contacted", 2), ("lead", "qualified", 2),
    ("opportunity", "quote asked", 2), ("quote", "draft", 1), ("quote", "in_approval", 3), ("quote", "approved", 2),
    ("quote", "sent", 2), ("quote", "accepted", 2), ("contract", "draft", 2), ("contract", "in_review", 3),
    ("contract", "approved", 2), ("amendment", "in_review", 1), ("order", "draft", 2), ("order", "confirmed", 2),
    ("delivery", "shipped", 1), ("order", "accepted", 1),
    ("invoice", "draft", 2), ("invoice", "approved", 2), ("invoice", "issued", 2), ("payment", "registered", 3),
    ("payment", "refund asked", 1), ("writeoff", "asked", 2),
    ("ticket", "new", 2), ("ticket", "in_progress", 1), ("ticket", "reopened", 1),
)  # fmt: skip
LONGEST = timedelta(days=420)  # from the lead to the last point anything waits at
WEEK = timedelta(days=7)
TRIES = 6


def plan(story):
    """[(moment it begins, fate, seed)], at most half of all leads."""
    wanted = [(record_type, state, n) for record_type, state, count in WAITING for n in range(count)]
    wanted.sort(key=lambda entry: entry[2])
    seed = story.random.random()
    chains = (_rehearsed(story, (kind, state), n, f"{seed} {kind} {state} {n}") for kind, state, n in wanted)
    found = []
    for chain in chains:
        if len(found) >= story.leads // 2:
            break
        if chain:
            found.append(chain)
    return found


def _rehearsed(story, stop, n, seed):
    """Tell the chain to nobody first, to learn how long it takes; then begin it so that it has just come there."""
    begin = story.at_work(story.end - LONGEST)
    for attempt in range(TRIES):
        reached = _rehearse(story, begin, stop, n, f"{seed} {attempt}")
        if reached and story.end - reached <= WEEK:
            return begin, _fate(story, stop, n), f"{seed} {attempt}"
        if reached:
            begin += WEEK * ((story.end - reached) // WEEK)
            if (again := _rehearse(story, begin, stop, n, f"{seed} {attempt}")) and story.end - again <= WEEK:
                return begin, _fate(story, stop, n), f"{seed} {attempt}"
            begin = story.at_work(story.end - LONGEST)
    return None


def _fate(story, stop, n):
    """Every other of these belongs to the rep whose login everybody tries first."""
    reps = story.people.by_role[Role.SALES]
    return Fate(goes_well=True, stop=stop, rep=reps[0] if n % 2 == 0 else None)


def _rehearse(story, begin, stop, n, seed):
    ledger, story.ledger = story.ledger, Ledger(story.end)
    story.ledger.keys = ledger.keys
    fate = _fate(story, stop, n)
    try:
        tell(story, begin, fate, seed)
    finally:
        story.ledger = ledger
    return fate.stopped_at


def tell(story, begin, fate, seed):
    """Such a chain has dice of its own, so that it goes the same way every time."""
    dice, story.random = story.random, Random(seed)  # noqa: S311 - a story, not a secret
    try:
        sales.chain(story, begin, fate)
    finally:
        story.random = dice
