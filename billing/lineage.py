"""Where one receipt came from: what it pays, and the chain behind each of those invoices."""

from django.utils.translation import gettext_lazy as _

from billing.models import Invoice
from billing.models.sums import summed
from crm import access
from leads.models import Lead

STEPS = (
    ("campaign", _("campaign")), ("lead", _("lead")), ("opportunity", _("opportunity")), ("quote", _("quote")),
    ("contract", _("contract")), ("order", _("order")), ("invoice", _("invoice")),
)  # fmt: skip


def of_payment(payment, user):
    """[(the records along the chain, what of the payment went that way)], the most first; "" stands for a step that
    is not there or not for this person's eyes. What pays nothing yet has no chain."""
    invoices = Invoice.objects.annotate(of_it=summed("Allocation", "invoice", "paid", payment=payment))
    invoices = invoices.exclude(of_it=0).select_related("order", "contract__quote", "contract__opportunity__lead")
    found = [(_chain(invoice, user), invoice.of_it) for invoice in invoices.order_by("-of_it", "pk")]
    payment.read_balance()
    left = payment.unallocated
    return [*found, ([""] * len(STEPS), left)] if left else found


def _chain(invoice, user):
    contract = invoice.contract
    opportunity = contract and contract.opportunity
    lead = (opportunity and opportunity.lead) or Lead.objects.filter(case=invoice.case_id).order_by("pk").first()
    order = invoice.order or (contract and contract.orders.order_by("pk").first())
    records = (lead and lead.campaign, lead, opportunity, contract and contract.quote, contract, order, invoice)
    return [seen(record, user) for record in records]


def seen(record, user):
    """The record, if this person may see it."""
    if not record or not access.allows(user, access.name("view", type(record)), record):
        return ""
    return record
