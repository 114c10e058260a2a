"""Addresses made from routes."""

import re

WORDS = {"kind": "csv", "language": "zh", "key": "revenue", "verb": "approve", "record_type": "customer"}
PLACE = re.compile(r"\(\?P<(?P<group>\w+)>[^)]*\)|<(?:(?P<kind>\w+):)?(?P<name>\w+)>")


def filled(route, pk=1, **given):
    """A route as an address: words with what is given or usual, all other places with `pk`."""

    def word(place):
        name = place["group"] or place["name"]
        return str(given.get(name) or WORDS.get(name, pk))

    return "/" + re.sub(r"[\^$]|\\Z|\\", "", PLACE.sub(word, route))
