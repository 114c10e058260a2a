"""Lists of one record type on the page of another."""

from dataclasses import dataclass, field

RELATED = {}  # model -> [function(pages, record) -> Related or None]


def relate(model, function):
    """Hang a list of a later stage on an earlier record's page, so that the earlier need not know the later."""
    RELATED.setdefault(model, []).append(function)


@dataclass
class Related:
    """A list shown on another record's page."""

    label: str
    columns: list
    rows: list = field(default_factory=list)
    create_url: str = ""
    create_label: str = ""
