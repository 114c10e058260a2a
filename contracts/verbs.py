"""The acts on contracts, amendments, orders and deliveries, with their input."""

from django import forms
from django.utils.translation import gettext_lazy as _

from contracts.forms import PlanForm
from contracts.models import Amendment, Contract, Delivery, Order
from contracts.services import amendments, contracts, deliveries, orders
from crm import clock
from crm.models import Product
from crm.transitions import Move
from crm.verbs import ReasonForm, Verb, VerbForm, register
from crm.web.forms import DateInput
from opportunities.models import Quote


class SignForm(VerbForm):
    signed_on = forms.DateField(label=_("signed on"), widget=DateInput, initial=clock.today)
    signed_copy = forms.FileField(
        label=_("signed copy"), required=False, help_text=_("Kept with the contract's files.")
    )


class ShipForm(VerbForm):
    """Goods ask for carrier and tracking number, a service for its checklist; a mixed delivery shows all three."""

    carrier = forms.CharField(label=_("carrier"), required=False, max_length=100)
    tracking_number = forms.CharField(label=_("tracking number"), required=False, max_length=100)
    checklist = forms.CharField(
        label=_("checklist"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For services: what was done, line by line."),
    )  # fmt: skip

    def prepare(self):
        for name in self.fields:
            self.initial.setdefault(name, getattr(self.record, name))
        kinds = set(self.record.lines.values_list("order_line__product__kind", flat=True))
        if kinds == {Product.Kind.GOODS}:
            del self.fields["checklist"]
        elif kinds == {Product.Kind.SERVICE}:
            del self.fields["carrier"], self.fields["tracking_number"]


class DeliverForm(VerbForm):
    delivered_on = forms.DateField(label=_("delivered on"), widget=DateInput, initial=clock.today)


class AcceptForm(VerbForm):
    accepted_by = forms.CharField(label=_("accepted by"), max_length=100, help_text=_("Who signed for it."))
    accepted_on = forms.DateField(label=_("accepted on"), widget=DateInput, initial=clock.today)

    def prepare(self):
        contact = self.record.order.contract.contact
        self.initial.setdefault("accepted_by", contact.name if contact else "")


# The contract is this stage's answer to an accepted quote, so this stage puts the act on the quote's page.
Quote.MOVES["draft_contract"] = Move(
    _("Draft contract"), (Quote.Status.ACCEPTED,), when=lambda quote: not hasattr(quote, "contract")
)
register(Quote, Verb("draft_contract", contracts.draft_from_quote, alone=True))
register(
    Contract,
    Verb("submit", contracts.submit),
    Verb("approve", contracts.approve),
    Verb("return", contracts.return_, ReasonForm),
    Verb("sign", contracts.sign, SignForm),
    Verb("fulfil", contracts.fulfil),
    Verb("close", contracts.close),
    Verb("amend", amendments.amend, ReasonForm, alone=True),
    Verb("terminate", contracts.terminate, ReasonForm),
    Verb("void", contracts.void, ReasonForm),
)
register(
    Amendment,
    Verb("submit", amendments.submit),
    Verb("approve", amendments.approve),
    Verb("return", amendments.return_, ReasonForm),
    Verb("withdraw", amendments.withdraw, ReasonForm),
)
register(
    Order,
    Verb("confirm", orders.confirm),
    Verb("start", orders.start),
    Verb("plan", deliveries.plan, PlanForm),
    Verb("complete", orders.complete),
    Verb("hold", orders.hold, ReasonForm),
    Verb("resume", orders.resume),
    Verb("cancel", orders.cancel, ReasonForm),
)
register(
    Delivery,
    Verb("ship", deliveries.ship, ShipForm),
    Verb("deliver", deliveries.deliver, DeliverForm),
    Verb("accept", deliveries.accept, AcceptForm),
    Verb("return", deliveries.return_, ReasonForm),
    Verb("cancel", deliveries.cancel, ReasonForm),
)
