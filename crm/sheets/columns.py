"""Recognising columns by their headers."""

import re
import unicodedata


def _bare(header):
    """A header without case, width, spaces, punctuation and remarks in brackets."""
    plain = unicodedata.normalize("NFKC", str(header)).lower()
    return re.sub(r"[\W_]+", "", re.sub(r"[(\[【].*?[)\]】]", "", plain))


def match_columns(headers, fields):
    """{field: position} for `fields` {field: [known headers]}; earlier spellings win, no column serves two fields."""
    bare = [_bare(header) for header in headers]
    found = {}
    for field, known in fields.items():
        positions = (at for name in known for at, header in enumerate(bare) if header and header == _bare(name))
        position = next((at for at in positions if at not in found.values()), None)
        if position is not None:
            found[field] = position
    return found
