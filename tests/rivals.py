"""Many at once: threads with a database connection each, set off together."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

from django.core.exceptions import ValidationError
from django.db import connection

RIVALS = 20


def at_once(acts):
    """What each act gave: its result, or its refusal. Anything else fails the test. At most 20 run at a time."""
    workers = min(len(acts), RIVALS)
    ready = Barrier(workers)

    def one(number, act):
        try:
            if number < workers:
                ready.wait()
            return act()
        except ValidationError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(one, range(len(acts)), acts))


def all_at_once(act, *, times=RIVALS):
    """The same act by many: `act(number)` for each of them."""
    return at_once([partial(act, number) for number in range(times)])
