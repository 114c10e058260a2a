"""What waits for whom in this stage."""

from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from contracts.delivery_views import DeliveryPages
from contracts.models import Amendment, Contract, Delivery, Order
from contracts.order_views import OrderPages
from contracts.views import AmendmentPages, ContractPages
from crm import chain, clock
from crm.access import Role
from crm.queues import from_records, handed, number, queue

STUCK_DAYS = 7  # a contract that has not moved for so long is the manager's business
SOON_DAYS = 7


def list_url(pages, query=""):
    return f"{reverse(pages.url_name('list'))}?{query}"


def titled(contract):
    return f"{contract.number} {contract.title} · {contract.customer}"


def of_customer(record):
    return f"{record.number} · {record.customer}"


def promised(order):
    return order.promised_on


def has_passed(order):
    return bool(order.promised_on and order.promised_on < clock.today())


def contracts_of(user, **conditions):
    return Contract.objects.visible_to(user).filter(**conditions).order_by("status_since", "pk")


@queue(Role.FINANCE)
def contracts_to_review(user):
    rows, url = contracts_of(user, status=Contract.Status.IN_REVIEW), list_url(ContractPages, "status=in_review")
    return from_records(_("Contracts to review"), ContractPages, rows, user, text=titled, url=url)


@queue(Role.FINANCE)
def amendments_to_review(user):
    rows = Amendment.objects.visible_to(user).filter(status=Amendment.Status.IN_REVIEW).order_by("status_since", "pk")
    url = list_url(AmendmentPages, "status=in_review")
    return from_records(_("Amendments to review"), AmendmentPages, rows, user, text=of_customer, url=url)


@queue(Role.SALES)
def returned_to_me(user):
    rows = contracts_of(user, status=Contract.Status.DRAFT, submitted_by__isnull=False)
    url = list_url(ContractPages, "returned=true")
    return from_records(_("Contracts returned by finance"), ContractPages, rows, user, text=titled, url=url)


@queue(Role.SALES)
def drafts_to_submit(user):
    rows = contracts_of(user, status=Contract.Status.DRAFT, submitted_by=None)
    url = list_url(ContractPages, "status=draft")
    return from_records(_("Contract drafts to hand in"), ContractPages, rows, user, text=titled, url=url)


@queue(Role.SALES)
def contracts_to_sign(user):
    rows, url = contracts_of(user, status=Contract.Status.APPROVED), list_url(ContractPages, "status=approved")
    return from_records(_("Contracts to sign"), ContractPages, rows, user, text=titled, url=url)


def orders_of(user, *states):
    return Order.objects.visible_to(user).with_progress().filter(status__in=states).order_by("promised_on", "pk")


@queue(Role.SALES)
def orders_to_confirm(user):
    rows, url = orders_of(user, Order.Status.DRAFT), list_url(OrderPages, "status=draft")
    return from_records(_("Orders to confirm"), OrderPages, rows, user, due=promised, text=of_customer, url=url)


@queue(Role.OPERATIONS)
def orders_to_start(user):
    rows, url = orders_of(user, Order.Status.CONFIRMED), list_url(OrderPages, "status=confirmed")
    return from_records(
        _("Orders to start"), OrderPages, rows, user, due=promised, late=has_passed, text=of_customer, url=url
    )


@queue(Role.OPERATIONS)
def deliveries_due(user):
    open_states = (Delivery.Status.PLANNED, Delivery.Status.SHIPPED, Delivery.Status.DELIVERED)
    soon = clock.today() + timedelta(days=SOON_DAYS)
    rows = Delivery.objects.visible_to(user).filter(status__in=open_states, planned_on__lte=soon)
    return from_records(
        _("Deliveries due"),
        DeliveryPages,
        rows.order_by("planned_on", "pk"),
        user,
        due=lambda delivery: delivery.planned_on,
        late=lambda delivery: delivery.planned_on < clock.today(),
        text=of_customer,
        url=list_url(DeliveryPages, f"due_until={soon}&o=planned_on"),
    )


@queue(Role.OPERATIONS)
def overdue_orders(user):
    rows = orders_of(user, *Order.RUNNING, Order.Status.ON_HOLD).filter(promised_on__lt=clock.today())
    url = list_url(OrderPages, "overdue=true")
    return from_records(
        _("Orders past their promised day"), OrderPages, rows, user, due=promised, late=has_passed, text=of_customer,
        url=url,
    )  # fmt: skip


@queue(Role.OPERATIONS)
def orders_to_complete(user):
    rows, url = orders_of(user, Order.Status.ACCEPTED), list_url(OrderPages, "status=accepted")
    return from_records(_("Accepted orders to complete"), OrderPages, rows, user, text=of_customer, url=url)


@queue(Role.MANAGER)
def stuck_contracts(user):
    waiting = (Contract.Status.DRAFT, Contract.Status.IN_REVIEW, Contract.Status.APPROVED)
    rows = contracts_of(user, status__in=waiting, status_since__lt=clock.days_ago(STUCK_DAYS))
    return from_records(
        _("Contracts that are stuck"),
        ContractPages,
        rows.select_related("owner"),
        user,
        text=lambda contract: f"{titled(contract)} · {chain.holder(contract)}",
        url=list_url(ContractPages, "o=status"),
    )


@number(Role.OPERATIONS)
def orders_running(user):
    count = orders_of(user, *Order.RUNNING).count()
    return {"label": _("Orders running"), "text": str(count), "url": reverse(OrderPages.url_name("board")), "sub": ""}


@handed(Role.SALES, Role.SALES_SUPPORT)
def with_finance(user):
    """The contracts one has handed in and finance is looking at."""
    rows = contracts_of(user, status=Contract.Status.IN_REVIEW).select_related("customer")[:10]
    return [
        {
            "text": titled(contract),
            "holder": str(Role.FINANCE.label),
            "since": contract.status_since,
            "url": contract.get_absolute_url(),
        }
        for contract in rows
    ]
