"""What waits for whom in billing."""

from django.db.models import Count, F, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from billing.models import Invoice, Payment, Refund, WriteOff
from billing.reports import in_base, sum_in_base
from billing.views.invoices import InvoicePages
from billing.views.payments import PaymentPages
from billing.views.write_offs import WriteOffPages
from contracts.models import Contract
from contracts.queues import titled
from contracts.views import ContractPages
from crm import access, clock
from crm.access import Role
from crm.models import Company
from crm.queues import Queue, from_records, handed, number, queue
from crm.templatetags.formatting import compact_money


def invoices(query=""):
    return f"{reverse('billing:invoice_list')}?{query}"


def payments(query=""):
    return f"{reverse('billing:payment_list')}?{query}"


def asked_back(payment):
    return payment.refund_asked


def named(record):
    return f"{record} · {record.customer}"


def of_invoice(write_off):
    return f"{write_off.invoice} · {write_off.customer}"


def due_on(invoice):
    return invoice.due_on


def is_late(invoice):
    return invoice.due_on < clock.today()


def _requests(user, **conditions):
    return Invoice.objects.visible_to(user).with_balance().filter(**conditions).order_by("status_since", "pk")


@queue(Role.FINANCE)
def contracts_to_close(user):
    """Fulfilled, invoiced in full, and nothing outstanding."""
    owing = Invoice.objects.receivable().exclude(contract=None).values("contract")
    fulfilled = Contract.objects.visible_to(user).filter(status=Contract.Status.FULFILLED).exclude(pk__in=owing)
    invoiced = Sum("invoices__gross", filter=Q(invoices__status__in=Invoice.OWED))
    rows = fulfilled.annotate(invoiced=invoiced).filter(invoiced__gte=F("gross")).order_by("status_since", "pk")
    url = f"{reverse('contracts:contract_list')}?status=fulfilled"
    return from_records(_("Fulfilled contracts to close"), ContractPages, rows, user, text=titled, url=url)


@queue(Role.FINANCE)
def to_approve(user):
    rows = _requests(user, status=Invoice.Status.DRAFT, returned_reason="")
    url = invoices("status=draft&returned=false")
    return from_records(_("Invoice requests to approve"), InvoicePages, rows, user, text=named, url=url)


@queue(Role.FINANCE)
def to_issue(user):
    rows = _requests(user, status=Invoice.Status.APPROVED)
    return from_records(_("Invoices to issue"), InvoicePages, rows, user, text=named, url=invoices("status=approved"))


@queue(Role.FINANCE)
def to_send(user):
    rows = _requests(user, status=Invoice.Status.ISSUED)
    return from_records(_("Invoices to send"), InvoicePages, rows, user, text=named, url=invoices("status=issued"))


@queue(Role.FINANCE)
def to_confirm(user):
    rows = Payment.objects.visible_to(user).with_unallocated().filter(status=Payment.Status.REGISTERED)
    rows = rows.order_by("received_on", "pk")
    url = payments("status=registered")
    return from_records(_("Payments to confirm"), PaymentPages, rows, user, text=named, url=url)


@queue(Role.FINANCE)
def credit_to_allocate(user):
    """Money that pays nothing yet, of customers who owe something in its currency."""
    owed = Invoice.objects.receivable().values("customer")
    rows = Payment.objects.visible_to(user).with_credit().filter(customer__in=owed).order_by("received_on", "pk")
    url = payments("credit=true")
    return from_records(
        _("Credit to allocate"), PaymentPages, rows, user, text=named, amount=lambda payment: payment.available, url=url
    )


def _overdue(user):
    seen = access.visible(Invoice.objects.all(), user, "billing.view_invoice_terms")
    return seen.past_due(clock.today()).order_by("due_on", "pk")


@queue(Role.FINANCE, Role.SALES)
def overdue(user):
    return from_records(
        _("Overdue invoices"),
        InvoicePages,
        _overdue(user),
        user,
        due=due_on,
        late=is_late,
        text=named,
        amount=lambda invoice: invoice.outstanding,
        url=invoices("payment_state=overdue"),
    )


@queue(Role.SALES, Role.SALES_SUPPORT)
def returned(user):
    rows = _requests(user, status=Invoice.Status.DRAFT).exclude(returned_reason="")
    url = invoices("status=draft&returned=true")
    return from_records(_("Invoice requests returned"), InvoicePages, rows, user, text=named, url=url)


@queue(Role.MANAGER)
def refunds_to_approve(user):
    rows = Payment.objects.visible_to(user).with_unallocated().filter(refund_asked__gt=0).order_by("pk")
    url = payments("refund=true")
    return from_records(
        _("Refunds to approve"),
        PaymentPages,
        rows,
        user,
        text=named,
        amount=asked_back,
        url=url,
    )


@queue(Role.MANAGER)
def write_offs_to_approve(user):
    rows = WriteOff.objects.visible_to(user).filter(status=WriteOff.Status.ASKED).order_by("pk")
    url = f"{reverse('billing:writeoff_list')}?status=asked"
    return from_records(_("Write-offs to approve"), WriteOffPages, rows, user, text=of_invoice, url=url)


@queue(Role.MANAGER)
def overdue_by_owner(user):
    """Who of the team has how much overdue."""
    rows = _overdue(user).annotate(base=in_base()).order_by()
    owners = rows.values("owner", "owner__name").annotate(sum=Sum("base"), count=Count("pk")).order_by("-sum")
    found = [
        {
            "text": f"{row['owner__name'] or '—'} · {row['count']}",
            "amount": row["sum"],
            "currency": Company.current().base_currency,
            "url": invoices(f"payment_state=overdue&owner={row['owner'] or ''}"),
        }
        for row in owners
    ]
    return Queue(_("Overdue by owner"), len(found), invoices("payment_state=overdue"), found[:8])


@handed(Role.SALES)
def my_claims(user):
    """Payments I registered that finance has not confirmed, and invoices I asked for that are not issued."""
    claims = Payment.objects.filter(submitted_by=user, status=Payment.Status.REGISTERED).select_related("customer")
    waiting = (Invoice.Status.DRAFT, Invoice.Status.APPROVED)
    asked = Invoice.objects.filter(submitted_by=user, status__in=waiting, returned_reason="").select_related("customer")
    return [
        {"text": named(row), "holder": Role.FINANCE.label, "since": row.status_since, "url": row.get_absolute_url()}
        for row in [*claims.order_by("pk")[:5], *asked.order_by("pk")[:5]]
    ]


@number(Role.FINANCE, Role.MANAGER)
def outstanding(user):
    seen = access.visible(Invoice.objects.all(), user, "billing.view_invoice_terms")
    owed = seen.receivable()
    return _figure(_("Outstanding"), sum_in_base(owed), reverse("billing:ageing"))


@number(Role.FINANCE, Role.SALES)
def overdue_sum(user):
    return _figure(_("Overdue"), sum_in_base(_overdue(user)), invoices("payment_state=overdue"))


@number(Role.SALES)
def collected(user):
    """Confirmed receipts of this month less what was given back."""
    first = clock.today().replace(day=1)
    seen = Payment.objects.visible_to(user)
    received = seen.filter(status__in=Payment.RECEIVED, received_on__gte=first)
    given_back = Refund.objects.filter(payment__in=seen, refunded_on__gte=first)
    sum_ = sum_in_base(received, "amount") - sum_in_base(given_back, "amount", "payment__rate")
    return _figure(_("Collected this month"), sum_, payments(f"received_since={first.isoformat()}"))


def _figure(label, amount, url):
    return {"label": label, "text": compact_money(amount, Company.current().base_currency), "url": url}
