"""The orders as a board: a column per state in which there is work."""

from django.db.models import Count, F, Sum, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils import timezone

from contracts.models import Order
from crm import clock, money, verbs
from crm.models import Company
from crm.templatetags.formatting import due
from opportunities.board import BoardColumn

STATES = (
    Order.Status.DRAFT,
    Order.Status.CONFIRMED,
    Order.Status.IN_FULFILMENT,
    Order.Status.DELIVERED,
    Order.Status.ACCEPTED,
    Order.Status.ON_HOLD,
)
CARDS_PER_COLUMN = 50


def columns(rows, user):
    """The board of these orders, in three queries however many there are."""
    rows = rows.filter(status__in=STATES)
    currency = Company.current().base_currency
    found = {state.value: BoardColumn(state.value, state.label, currency) for state in STATES}
    in_base = Sum(F("gross") * F("rate"), default=0)
    for row in rows.order_by().values("status").annotate(count=Count("pk"), sum=in_base):
        column = found[row["status"]]
        column.count, column.sum = row["count"], money.rounded(row["sum"], currency)
    place = Window(RowNumber(), partition_by="status", order_by=[F("promised_on").asc(nulls_last=True), "pk"])
    ranked = rows.order_by().annotate(place=place).filter(place__lte=CARDS_PER_COLUMN)
    for order in ranked.order_by("status", "place"):
        found[order.status].cards.append(card(order, user))
    return list(found.values())


def card(order, user):
    late = order.promised_on and order.promised_on < clock.today() and order.status in (*Order.RUNNING, "on_hold")
    return {
        "record": order,
        "title": f"{order.number} · {order.customer}",
        "subtitle": order.contract.title,
        "amount": order.gross,
        "currency": order.currency,
        "owner": order.owner,
        "next_step": due(order.promised_on),
        "age_days": (timezone.now() - order.status_since).days,
        "late": bool(late),
        "url": order.get_absolute_url(),
        "move_url": reverse("contracts:order_board_move", args=[order.pk]) if reachable(order, user) else None,
    }


def reachable(order, user):
    """{state: the act of this person that leads there}."""
    return {target(order, verb.name): verb for verb, move in verbs.offered(order, user) if not move.danger}


def target(order, name):
    """Where an act leads; resuming leads back to where the order was held."""
    return order.held_from if name == "resume" else order.MOVES[name].target


def verb_to(order, state, user):
    return reachable(order, user).get(state)
