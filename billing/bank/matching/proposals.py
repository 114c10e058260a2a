"""A proposal: what lines could be booked as, how sure that is, and why."""

from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from billing.bank.booking import Booking

REASONS = {  # key: (weight between 0 and 1, words)
    "reference": (0.95, _("same bank reference")),
    "number": (0.85, _("%(number)s in the memo")),
    "account": (0.80, _("account known as %(customer)s")),
    "alias": (0.70, _("payer known as %(customer)s")),
    "name": (0.65, _("payer is called like %(customer)s")),
    "amount": (0.60, _("amount equal")),
    "total": (0.55, _("together the amount")),
    "lines": (0.55, _("%(count)s receipts together the amount")),
    "fee": (0.40, _("amount equal but for a bank fee of %(fee)s")),
    "claim": (0.40, _("registered by %(who)s")),
    "only": (0.25, _("the only open one of this amount")),
    "day": (0.25, _("of the same day")),
    "near": (0.20, _("dated %(days)s days apart")),
    "due": (0.15, _("due %(day)s")),
    "words": (0.90, _("the memo speaks of a fee")),
    "partial": (0.00, _("a part of what is owed")),
    "over": (0.00, _("%(rest)s more than is owed")),
    "credit": (0.00, _("nothing open: as the customer's credit")),
    "claimed": (0.00, _("registered already as %(payment)s")),
    "rival": (0.00, _("another one fits as well")),
}
LOWERED = {"partial": 0.8, "over": 0.85, "credit": 0.6, "claimed": 0.8, "rival": 0.9}
MOST = 99


@dataclass
class Proposal:
    lines: list
    booking: Booking = field(default_factory=Booking)
    ignored_as: str = ""
    reasons: list = field(default_factory=list)  # [(key, {params})]

    def because(self, key, **params):
        self.reasons.append((key, {name: str(value) for name, value in params.items()}))
        return self

    @property
    def score(self):
        """Percent: reasons that agree make it surer, never quite sure."""
        doubt, factor = 1.0, 1.0
        for key, _params in self.reasons:
            doubt *= 1 - REASONS[key][0]
            factor *= LOWERED.get(key, 1)
        return min(MOST, round(100 * (1 - doubt) * factor))

    @property
    def told(self):
        """The reasons in words."""
        return [words_of(key, params) for key, params in self.reasons]

    @property
    def rest(self):
        return self.booking.rest(self.lines)

    @property
    def identity(self):
        return self.ignored_as, str(self.booking.asked()), tuple(line.pk for line in self.lines)

    @property
    def amount(self):
        return sum((line.amount for line in self.lines), Decimal(0))


def words_of(key, params):
    return str(REASONS[key][1]) % params
