"""What waits for whom while money is collected."""

from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from billing.models import CreditRelease, Dispute, Invoice, Reminder
from billing.models.dunning import to_chase, with_history
from billing.views.collecting import DisputePages, ReminderPages
from billing.views.credit import CreditReleasePages
from billing.views.invoices import InvoicePages
from crm import clock
from crm.access import Role
from crm.queues import from_records, queue


def to_customer(letter):
    return f"{letter.level} · {letter.customer}"


def of_dispute(dispute):
    return f"{dispute.invoice} · {dispute.customer} · {dispute.get_kind_display()}"


def of_order(release):
    return f"{release.order} · {release.customer}"


def of_invoice(invoice):
    return f"{invoice} · {invoice.customer}"


@queue(Role.FINANCE)
def reminders_to_send(user):
    rows = Reminder.objects.visible_to(user).waiting().order_by("-level__days", "pk")
    url = f"{reverse('billing:reminder_list')}?status=proposed&waiting=true"
    return from_records(
        _("Reminders to send"), ReminderPages, rows, user, text=to_customer, amount=lambda letter: letter.balance,
        url=url,
    )  # fmt: skip


@queue(Role.FINANCE, Role.SALES)
def broken_promises(user):
    """Promised and not paid, and nobody has written or agreed anything since."""
    today = clock.today()
    rows = with_history(to_chase(Invoice.objects.visible_to(user), today), today).filter(broken_on__isnull=False)
    rows = rows.filter(Q(reminded_on=None) | Q(reminded_on__lte=F("broken_on"))).order_by("broken_on", "pk")
    return from_records(
        _("Broken promises"), InvoicePages, rows, user, due=lambda invoice: invoice.broken_on,
        late=lambda invoice: True, text=of_invoice, amount=lambda invoice: invoice.balance,
        url=f"{reverse('billing:promise_list')}?outcome=broken",
    )  # fmt: skip


@queue(Role.SALES, Role.OPERATIONS, Role.SERVICE, Role.FINANCE)
def disputes_to_resolve(user):
    rows = Dispute.objects.filter(handler=user, status=Dispute.Status.OPEN).order_by("status_since", "pk")
    url = f"{reverse('billing:dispute_list')}?status=open&handler={user.pk}"
    return from_records(_("Disputes to resolve"), DisputePages, rows, user, text=of_dispute, url=url)


@queue(Role.MANAGER)
def releases_to_decide(user):
    rows = CreditRelease.objects.visible_to(user).filter(status=CreditRelease.Status.ASKED).order_by("pk")
    url = f"{reverse('billing:creditrelease_list')}?status=asked"
    return from_records(_("Orders to release"), CreditReleasePages, rows, user, text=of_order, url=url)
