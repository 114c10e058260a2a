"""Statements of account (对账单): mailed to the customer, and remembered."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from crm import events, jobs
from crm.access import authorize


def refuse_period(first, last):
    """Raise ValidationError unless the days stand in their order."""
    if first > last:
        raise ValidationError({"last": _("The last day comes before the first.")})


@transaction.atomic
def send_statement(customer, *, currency, first, last, to, language, by):
    """Mail the customer's account between two days as PDF. The mail goes out once this act stands."""
    authorize(by, "billing.send_statement", customer)
    refuse_period(first, last)
    told = {"currency": currency, "first": str(first), "last": str(last), "text": f"{first} – {last} · {to}"}
    events.write(customer, "statement_sent", by=by, data=told)
    jobs.enqueue("billing.send_statement", customer.pk, currency, str(first), str(last), to, language, by=by)
    return customer
