"""What waits in feedback: tickets by their clock, unhappy customers."""

from datetime import timedelta

from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import clock
from crm.access import Role
from crm.queues import from_records, number, queue
from crm.templatetags import formatting
from feedback.models import SurveyInvitation, Ticket
from feedback.views import TicketPages


def promised(ticket):
    """The clock that runs: to the first answer, then to the solution."""
    return ticket.resolution_due_at if ticket.answered_at else ticket.response_due_at


def _queue(label, rows, user, query):
    return from_records(
        label, TicketPages, rows.order_by(F("resolution_due_at").asc(nulls_last=True), "pk"), user,
        due=promised,
        late=lambda ticket: promised(ticket) < timezone.now(),
        text=lambda ticket: f"{ticket.number} {ticket.customer} · {ticket.subject}",
        url=f"{reverse('feedback:ticket_list')}?{query}",
    )  # fmt: skip


@queue(Role.SERVICE)
def tickets(user):
    mine_or_free = Q(owner=user) | Q(owner=None)
    rows = Ticket.objects.visible_to(user).filter(mine_or_free, status__in=Ticket.AT_WORK)
    return _queue(_("Tickets by clock"), rows, user, "open=true")


@queue(Role.SERVICE)
def to_close(user):
    rows = Ticket.objects.visible_to(user).filter(status=Ticket.Status.RESOLVED)
    return _queue(_("Solved, to be closed"), rows, user, "status=resolved")


@queue(Role.OPERATIONS)
def delivery_tickets(user):
    rows = Ticket.objects.visible_to(user).filter(kind=Ticket.Kind.DELIVERY, status__in=Ticket.AT_WORK)
    return _queue(_("Tickets about deliveries"), rows, user, "kind=delivery&open=true")


@queue(Role.SALES, Role.MANAGER)
def unhappy(user):
    """Complaints of my customers, so that nobody calls them unaware."""
    rows = Ticket.objects.visible_to(user).filter(kind=Ticket.Kind.COMPLAINT, status__in=Ticket.OPEN)
    return _queue(_("Unhappy customers"), rows, user, "kind=complaint&open=true")


@number(Role.SERVICE, Role.OPERATIONS)
def open_tickets(user):
    count = Ticket.objects.visible_to(user).open().count()
    return {"label": _("Open tickets"), "text": str(count), "url": f"{reverse('feedback:ticket_list')}?open=true"}


@number(Role.SERVICE)
def satisfaction(user):
    """The share of 4 and 5 among the answers of the last 90 days."""
    since = clock.day_start(clock.today() - timedelta(days=90))
    told = SurveyInvitation.objects.visible_to(user).filter(answered_at__gte=since)
    counts = told.aggregate(all=Count("pk"), happy=Count("pk", filter=Q(score__gte=4)))
    text = formatting.percent(counts["happy"] / counts["all"]) if counts["all"] else formatting.percent(None)
    return {
        "label": _("Satisfied, 90 days"),
        "text": text,
        "url": f"{reverse('feedback:surveyinvitation_list')}?status=answered",
    }
