"""What can be done with customers."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from crm import events, work
from crm.access import authorize
from crm.transitions import locked


@transaction.atomic
def assign(customer, *, owner, by):
    """Hand a customer to another rep, who is told; who sees its records follows."""
    authorize(by, "crm.assign_customer", customer)
    locked(customer)
    if not owner.has_role("sales", "manager"):
        raise ValidationError({"owner": _("Customers belong to sales; choose a sales rep.")})
    if customer.owner_id == owner.pk:
        return customer
    before, customer.owner = customer.owner_id, owner
    customer.version += 1
    customer.save(update_fields=["owner", "version", "updated_at"])
    told = {"from": before, "to": owner.pk, "text": str(owner), "changes": {"owner": [before, owner.pk]}}
    events.write(customer, "assigned", by=by, data=told)
    if owner != by:
        text = gettext_noop("%(who)s gave you the customer %(customer)s")
        work.notify(owner, text, url=customer.get_absolute_url(), who=str(by), customer=str(customer))
    return customer
