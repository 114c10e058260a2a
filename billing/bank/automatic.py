"""Booking by itself what is sure enough, for accounts that ask for it."""

from itertools import islice

from django.core.exceptions import ValidationError

from billing.bank import booking, matching
from crm.access import SYSTEM

CHUNK = 200
APART = 5  # percent by which the best proposal must be ahead of the next


def book_sure(statement):
    """Book the new lines whose best proposal reaches the account's threshold and has no rival; how many were booked."""
    threshold = statement.account.book_from
    if not threshold:
        return 0
    rows = statement.lines.waiting().select_related("account").order_by("pk").iterator(chunk_size=CHUNK)
    booked = 0
    while lines := list(islice(rows, CHUNK)):
        proposals = matching.propose(lines)
        booked += sum(_book(sure) for line in lines if (sure := _sure(proposals[line.pk], threshold)))
    return booked


def _sure(proposals, threshold):
    """The best proposal, if it is sure and alone; receipts put together are left to a person."""
    if not proposals or proposals[0].score < threshold or proposals[0].ignored_as or len(proposals[0].lines) > 1:
        return None
    ahead = len(proposals) == 1 or proposals[0].score - proposals[1].score >= APART
    return proposals[0] if ahead else None


def _book(proposal):
    try:
        booking.match(proposal.lines, proposal.booking, score=proposal.score, reasons=proposal.reasons, by=SYSTEM)
    except ValidationError:
        return False  # somebody was quicker, or an earlier line paid it: it waits for a person
    return True
