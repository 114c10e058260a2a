"""What this stage shows on the pages of the earlier ones."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contracts.models import Contract
from contracts.order_views import OrderPages
from contracts.views import ContractPages
from crm import access
from crm.models import Customer
from crm.web import relate
from opportunities.models import Opportunity, Quote


def contracts_of(pages, record):
    """The contracts of a customer or a deal, and the way to a new one."""
    user = pages.request.user
    if not access.scope(user, "contracts.view_contract"):
        return None
    found = pages.related_list(_("Contracts"), ContractPages, record.contracts.order_by("-pk"))
    if access.allows(user, "contracts.add_contract", record):
        found.create_url = f"{reverse(ContractPages.url_name('new'))}?{record.record_type}={record.pk}"
        found.create_label = _("New contract")
    return found


def contract_of_quote(pages, quote):
    """The contract drafted from a quote, once there is one."""
    found = pages.related_list(_("Contract"), ContractPages, Contract.objects.filter(quote=quote))
    return found if found.rows else None


def orders_of(pages, customer):
    if not access.scope(pages.request.user, "contracts.view_order"):
        return None
    rows = customer.orders.order_by("-pk")
    return pages.related_list(_("Orders"), OrderPages, rows, columns=OrderPages.in_brief)


relate(Customer, contracts_of)
relate(Customer, orders_of)
relate(Opportunity, contracts_of)
relate(Quote, contract_of_quote)
