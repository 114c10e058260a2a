"""The pages of tickets and surveys, and the customer's own survey page."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from crm import links
from crm.templatetags import badges, formatting
from crm.verbs import add_refusal
from crm.web import Column, RecordPages
from feedback import services
from feedback.filters import SurveyFilter, TicketFilter
from feedback.forms import SurveyForm, TicketForm
from feedback.models import SurveyInvitation, Ticket


def solution_clock(ticket):
    """Where the resolution clock stands, in words and colour."""
    if ticket.status == Ticket.Status.WAITING_CUSTOMER:
        return badges.tone_badge(say("Clock paused"), "grey")
    if ticket.resolved_at:
        in_time = ticket.resolved_at <= ticket.resolution_due_at
        return badges.tone_badge(say("In time") if in_time else say("Late"), "green" if in_time else "red")
    return formatting.due(ticket.resolution_due_at)


def answer_clock(ticket):
    """Where the first-response clock stands."""
    if ticket.answered_at:
        in_time = ticket.answered_at <= ticket.response_due_at
        return badges.tone_badge(say("In time") if in_time else say("Late"), "green" if in_time else "red")
    return formatting.due(ticket.response_due_at)


class TicketPages(RecordPages):
    model = Ticket
    filterset_class = TicketFilter
    form_class = TicketForm
    detail_template = "feedback/ticket_detail.html"
    section = "feedback"
    quick_create = True
    store = staticmethod(services.save_ticket)
    select_related = ("owner__team", "customer__owner__team", "contact", "order")
    empty_text = _("No tickets. Customers are content, or nobody asked them.")
    columns = (
        Column("subject"),
        Column("status", sort="status"),
        Column("customer"),
        Column("kind"),
        Column("priority", sort="priority"),
        Column("owner"),
        Column("response_due_at", label=_("first answer"), render=answer_clock),
        Column("resolution_due_at", label=_("solution"), render=solution_clock, sort="resolution_due_at"),
        Column("created_at", sort="created_at"),
    )
    facts = (
        "customer", "contact", "order", "kind", "priority", "owner", "description", "resolution", "created_at",
        "answered_at", "resolved_at",
    )  # fmt: skip

    def heading(self, ticket):
        return ticket.subject

    def extra(self, ticket):
        return {"answer_clock": answer_clock(ticket), "solution_clock": solution_clock(ticket)}

    def related(self, ticket):
        return [self.related_list(_("Surveys"), SurveyPages, ticket.surveys.all())]


def stars(survey):
    """The score in words and colour."""
    if survey.score is None:
        return ""
    tone = "green" if survey.score >= 4 else "red" if survey.score <= services.LOW_SCORE else "amber"
    return badges.tone_badge(f"{survey.score} / 5", tone)


class SurveyPages(RecordPages):
    model = SurveyInvitation
    filterset_class = SurveyFilter
    section = "feedback"
    select_related = ("owner__team", "customer__owner__team", "contact", "order", "ticket")
    empty_text = _("No surveys yet. They go out when an order is accepted or a ticket is closed.")
    columns = (
        Column("number"),
        Column("customer"),
        Column("status", sort="status"),
        Column("score", render=stars, sort="score"),
        Column("recommend", align="end"),
        Column("comment"),
        Column("answered_at", sort="answered_at"),
        Column("created_at", sort="created_at"),
    )
    facts = (
        "customer", "contact", "order", "ticket", "sent_at", "expires_at", "answered_at", "score", "recommend",
        "comment",
    )  # fmt: skip

    def heading(self, survey):
        return str(survey.customer)


@login_not_required
def survey(request, key):
    """The customer's page: one question, one answer."""
    invitation = links.find(SurveyInvitation.objects.select_related("customer", "order", "ticket"), key)
    if invitation is None:
        return render(request, "feedback/survey_over.html", status=404)
    if invitation.status == SurveyInvitation.Status.ANSWERED:
        return render(request, "feedback/survey_thanks.html", {"survey": invitation})
    if invitation.status == SurveyInvitation.Status.EXPIRED or invitation.expires_at < timezone.now():
        return render(request, "feedback/survey_over.html", status=410)
    form = SurveyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.record_answer(invitation, **form.cleaned_data)
            return redirect(request.path)
        except ValidationError as refusal:
            add_refusal(form, refusal)
    context = {"form": form, "survey": invitation}
    return render(request, "feedback/survey.html", context, status=422 if form.errors else 200)
