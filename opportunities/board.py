"""The deals as a board: a column per stage, and what was won and lost of late."""

from dataclasses import dataclass, field
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import Count, F, OuterRef, Q, Subquery, Sum, Window
from django.db.models.functions import RowNumber
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from crm import access, clock, money
from crm.models import Company, Task
from crm.transitions import IllegalMove
from crm.verbs import of
from opportunities import services
from opportunities.models import OPEN, Opportunity
from opportunities.stages import BY_KEY, LOST, STAGES, WON
from opportunities.verbs import MoveForm

CARDS_PER_COLUMN = 50
CLOSED_DAYS = 30  # won and lost deals stay on the board for so long


@dataclass
class BoardColumn:
    """One stage: all its deals counted and summed in the base currency, its first cards."""

    key: str
    label: str
    currency: str
    count: int = 0
    sum: Decimal = money.ZERO
    weighted: Decimal | None = None
    cards: list = field(default_factory=list)


def columns(rows, user):
    """The board of these opportunities, in three queries however many there are."""
    rows = rows.filter(Q(status__in=OPEN) | Q(status__in=(WON, LOST), closed_at__gte=clock.days_ago(CLOSED_DAYS)))
    currency = Company.current().base_currency
    found = {stage.key: BoardColumn(stage.key, stage.label, currency) for stage in STAGES}
    found |= {
        WON: BoardColumn(WON, _("Won, %(days)d days") % {"days": CLOSED_DAYS}, currency),
        LOST: BoardColumn(LOST, _("Lost, %(days)d days") % {"days": CLOSED_DAYS}, currency),
    }
    for row in sums(rows):
        column = found[row["status"]]
        column.count, column.sum = row["count"], money.rounded(row["sum"], currency)
        if stage := BY_KEY.get(column.key):
            column.weighted = money.rounded(column.sum * stage.probability / 100, currency)
    for opportunity in first_cards(rows):
        found[opportunity.status].cards.append(card(opportunity, user))
    return list(found.values())


def sums(rows):
    """Count and sum per stage, in the base currency by the rates frozen on the deals."""
    in_base = Sum(F("amount") * F("rate"), default=0)
    return rows.order_by().values("status").annotate(count=Count("pk"), sum=in_base)


def first_cards(rows):
    """The deals longest in each stage, with the next step promised on them."""
    tasks = Task.objects.filter(record_type="opportunity", record_id=OuterRef("pk"), done_at=None)
    place = Window(RowNumber(), partition_by="status", order_by=["status_since", "pk"])
    ranked = rows.order_by().annotate(place=place).filter(place__lte=CARDS_PER_COLUMN)
    next_step = Subquery(tasks.order_by(F("due_on").asc(nulls_last=True), "pk").values("title")[:1])
    return ranked.annotate(next_step=next_step).order_by("status", "place")


def card(opportunity, user):
    may_move = opportunity.is_open and access.allows(user, "opportunities.move_opportunity", opportunity)
    return {
        "record": opportunity,
        "title": opportunity.name,
        "subtitle": str(opportunity.customer),
        "amount": opportunity.amount,
        "currency": opportunity.currency,
        "owner": opportunity.owner,
        "next_step": opportunity.next_step,
        "age_days": opportunity.days_in_stage,
        "late": opportunity.late,
        "url": opportunity.get_absolute_url(),
        "move_url": reverse("opportunities:board_move", args=[opportunity.pk]) if may_move else None,
    }


def drop(pages, opportunity, stage):
    """A card was dropped on a column: done at once, or asked for what the move needs, or refused with the reason."""
    user, known = pages.request.user, of(Opportunity)
    if stage == LOST:
        return pages.act_form(opportunity, known["lose"], known["lose"].bind(opportunity, user))
    if services.goes_back(opportunity, stage):
        form = MoveForm(record=opportunity, by=user, initial={"stage": stage})
        return pages.act_form(opportunity, known["move"], form)
    try:
        if stage == WON:
            services.win(opportunity, by=user)
        else:
            services.move(opportunity, stage=stage, by=user)
    except ValidationError as refusal:
        status = 409 if isinstance(refusal, IllegalMove) else 422
        return render(pages.request, "_refusal.html", {"texts": refusal.messages, "status": status}, status=status)
    return HttpResponse(status=204)
