"""Telling the whole story, from the first campaign to this morning."""

import gc
from contextlib import contextmanager

from django.db import transaction

from crm.demo import banking, bells, books, catalogue, desk, marketing, people, sales
from crm.demo.story import Story

FLUSH_EVERY = 2000  # leads


@transaction.atomic
def load(*, leads=1200, seed=1, progress=lambda done, total: None):
    """Fill an empty database with the demo company: all of it, or nothing."""
    with _rare_collection():
        story = Story(leads, seed)
        people.hire(story)
        catalogue.stock(story)
        marketing.plan(story)
        books.prepare(story)
        _tell_chains(story, progress)
        books.close_months(story)
        books.enter_figures(story)
        books.set_targets(story)
        story.ledger.flush()
        banking.tell(story)
        story.ledger.flush()
        books.keep_figures()
        bells.ring(story)
    return story


@contextmanager
def _rare_collection():
    """Most objects live until the next flush, so looking for garbage often only costs time (a sixth of it)."""
    usual = gc.get_threshold()
    gc.set_threshold(200_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _tell_chains(story, progress):
    """One chain after the other, in the order they begin, so that what lies behind can be written down."""
    planned = desk.plan(story)
    chains = [(at, None, None) for at in marketing.arrivals(story, story.leads - len(planned))]
    chains = sorted([*chains, *planned], key=lambda chain: chain[0])
    for done, (at, fate, seed) in enumerate(chains):
        if fate:
            desk.tell(story, at, fate, seed)
        else:
            sales.chain(story, at)
        if done % FLUSH_EVERY == FLUSH_EVERY - 1:
            story.ledger.flush(at)
        if done % max(len(chains) // 100, 1) == 0:
            progress(done, len(chains))
    story.ledger.flush()
    progress(len(chains), len(chains))
