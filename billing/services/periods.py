"""Closing the months of the books, and keeping money acts out of the closed ones."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice, Payment, Period
from crm import clock
from crm.access import authorize
from crm.transitions import advance, locked


def refuse_closed(day, field=None):
    """Money is not dated into a closed month, and the month cannot be closed until this act is done."""
    period = Period.objects.of(day)
    row = Period.objects.raw("SELECT * FROM billing_period WHERE id = %s FOR SHARE", [period.pk])[0]
    if row.status == Period.Status.CLOSED:
        message = _("The period %(period)s is closed.") % {"period": row}
        raise ValidationError({field: message} if field else message)


@transaction.atomic
def close_period(period, *, by):
    """Close a month that is over: no money is dated into it any more."""
    authorize(by, "billing.close_period", period)
    locked(period)
    if period.last_day >= clock.today():
        raise ValidationError(_("A period is closed only when it is over."))
    advance(period, "close", by=by)
    return period


@transaction.atomic
def reopen_period(period, *, reason, by):
    """Open a closed month again; who did it and why stays in the log."""
    authorize(by, "billing.reopen_period", period)
    locked(period)
    advance(period, "reopen", by=by, reason=reason)
    return period


def fill_months():
    """Every month from the first money act to today has its period."""
    issued = Invoice.objects.aggregate(day=Min("issued_on"))["day"]
    received = Payment.objects.aggregate(day=Min("received_on"))["day"]
    known = set(Period.objects.values_list("first_day", flat=True))
    month, first = clock.today().replace(day=1), min(filter(None, [issued, received, clock.today()]))
    while month >= first.replace(day=1):
        if month not in known:
            Period.objects.of(month)
        month = (month - timedelta(days=1)).replace(day=1)
