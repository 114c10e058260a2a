"""Looking in what came back for what must not be there: marks of hidden records, amounts that are not told."""

import re

from tests.permissions import oracle

READABLE = ("text/", "application/json", "application/problem+json", "application/vnd.oai.openapi")


def hidden_from(user, world):
    """The texts this user must never read: of records out of sight, and amounts kept from them."""
    found = []
    for record in world.records:
        key = (oracle.kind(record), record.pk)
        if key in world.marks and not oracle.sees(user, record):
            found.append(world.marks[key])
        if key in world.secrets and not oracle.sees_money(user, record):
            found += world.secrets[key]
    return found


def leaked(answer, hidden):
    """Those of the hidden texts that an answer contains."""
    if answer.status_code != 200 or not answer.headers.get("Content-Type", "").startswith(READABLE):
        return []
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = re.sub(r"(?<=\d),(?=\d{3})", "", body.decode())
    return [secret for secret in hidden if secret in text]
