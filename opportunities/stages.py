"""The pipeline: its stages in order. A new stage is one line here."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Stage:
    """`probability` in per cent; `target_days` is how long a deal should stay at most."""

    key: str
    label: str
    probability: int
    target_days: int


STAGES = (
    Stage("discovery", _("Discovery"), 10, 14),
    Stage("needs", _("Needs analysis"), 25, 14),
    Stage("proposal", _("Proposal"), 50, 14),
    Stage("negotiation", _("Negotiation"), 75, 21),
    Stage("contracting", _("Contracting"), 90, 14),
)
BY_KEY = {stage.key: stage for stage in STAGES}
WON, LOST, ON_HOLD = "won", "lost", "on_hold"


def choices():
    return [(stage.key, stage.label) for stage in STAGES] + [
        (WON, _("Won")),
        (LOST, _("Lost")),
        (ON_HOLD, _("On hold")),
    ]
