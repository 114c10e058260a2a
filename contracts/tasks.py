"""What runs by the clock: reminding of instalments that fall due."""

from datetime import timedelta

from celery.schedules import crontab
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from contracts.models import Instalment
from crm import clock, jobs, work
from crm.access import Role
from crm.models import Company, User


@jobs.task("contracts.remind_instalments", _("Remind of due instalments"), every=crontab(hour=9, minute=0))
def remind_instalments(job):
    """Tell the owner and finance, once, of each unpaid instalment that falls due in the next days."""
    today = clock.today()
    last = today + timedelta(days=Company.current().reminder_days)
    due = Instalment.objects.due_between(today, last).filter(reminded_at=None)
    finance = list(User.objects.filter(is_active=True, roles__contains=[Role.FINANCE]))
    told = sum(remind(part, finance) for part in due.select_related("contract__owner").order_by("pk"))
    return {"reminded": told}


@transaction.atomic
def remind(instalment, finance):
    """1 when somebody was told; whoever reminds first takes it."""
    if is_paid(instalment):
        return 0
    if not Instalment.objects.filter(pk=instalment.pk, reminded_at=None).update(reminded_at=timezone.now()):
        return 0
    contract = instalment.contract
    for person in {contract.owner, *finance} - {None}:
        work.notify(
            person,
            gettext_noop("%(instalment)s of contract %(contract)s falls due on %(day)s"),
            url=contract.get_absolute_url(),
            instalment=str(instalment),
            contract=contract.number,
            day=str(instalment.due_on),
        )
    return 1


def is_paid(instalment):
    """The invoices it asked for are paid in full."""
    owed = [invoice for invoice in instalment.invoices.all() if invoice.status in invoice.OWED]
    return bool(owed) and all(invoice.outstanding <= 0 for invoice in owed) and not _still_to_invoice(instalment, owed)


def _still_to_invoice(instalment, owed):
    return sum(invoice.gross for invoice in owed) < instalment.amount
