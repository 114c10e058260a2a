"""Closing the months of the books, and keeping money acts out of the closed ones."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext_lazy as _

from billing import checks, reports
from billing.models import Invoice, Payment, Period
from crm import clock
from crm.access import authorize
from crm.transitions import advance, locked, require


def refuse_closed(day, field=None):
    """Money is not dated into a closed month, and the month cannot be closed until this act is done."""
    period = Period.objects.of(day)
    row = Period.objects.raw("SELECT * FROM billing_period WHERE id = %s FOR SHARE", [period.pk])[0]
    if row.status == Period.Status.CLOSED:
        message = _("The period %(period)s is closed.") % {"period": row}
        raise ValidationError({field: message} if field else message)


@transaction.atomic
def close_period(period, *, by):
    """Close a month that is over and whose books add up: no money is dated into it any more, and how the receivables
    moved in it is kept."""
    authorize(by, "billing.close_period", period)
    locked(period)
    require(period, "close")
    if period.last_day >= clock.today():
        raise ValidationError(_("A period is closed only when it is over."))
    _refuse_broken()
    period.roll_forward = figures(period)
    period.save(update_fields=["roll_forward", "updated_at"])
    advance(period, "close", by=by, data={"closing": period.roll_forward["closing"]})
    return period


def _refuse_broken():
    found = checks.findings()
    if found:
        raise ValidationError(
            _("The money checks find %(count)s things that do not add up; look at them and put them right first."),
            params={"count": len(found)},
        )


def figures(period):
    """How the receivables moved in the period, as plain text: an amount by name, in the base currency."""
    moved = reports.roll_forward(period.first_day, period.last_day)
    return {name: str(amount) for name, amount in moved.items()}


@transaction.atomic
def reopen_period(period, *, reason, by):
    """Open a closed month again; who did it and why stays in the log."""
    authorize(by, "billing.reopen_period", period)
    locked(period)
    require(period, "reopen")
    period.journals.all().delete()
    period.roll_forward = None
    period.save(update_fields=["roll_forward", "updated_at"])
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
