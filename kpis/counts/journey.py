"""The measures of the way there: leads and how far they came, deals, and what customers say."""

from django.db.models import Case, Count, Exists, F, IntegerField, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import ExtractDay, TruncDate
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice, Payment
from crm import clock
from feedback.models import SurveyInvitation
from kpis.counts.money import ISSUED, RECEIVED, SELLER, first_contracts, signed_contracts
from kpis.measures import Measure, Source, first_of, in_base
from leads.models import Lead
from opportunities.models import Opportunity, Quote


def whole_days(start, end):
    """Days between two business days."""
    return ExtractDay(end - start)


def business_day(field):
    return TruncDate(field, tzinfo=clock.business_zone())


# Leads, and how far they came


def in_case(rows):
    """Is there such a row in the lead's chain?"""
    return Exists(rows.filter(case=OuterRef("case")))


STAGES = (  # how far a lead came, in order; a later stage includes the earlier ones
    ("lead", _("Leads")),
    ("qualified", _("Qualified")),
    ("opportunity", _("Opportunities")),
    ("quoted", _("Quoted")),
    ("signed", _("Signed")),
    ("invoiced", _("Invoiced")),
    ("collected", _("Collected")),
)


def leads_with_reach():
    """Leads with `reached`: the number of the last stage their chain has come to."""
    quoted = Quote.objects.filter(Q(sent_at__isnull=False) | Q(status=Quote.Status.ACCEPTED))
    tests = (
        Q(status__in=(Lead.Status.QUALIFIED, Lead.Status.CONVERTED)),
        in_case(Opportunity.objects.all()),
        in_case(quoted),
        in_case(signed_contracts()),
        in_case(Invoice.objects.filter(status__in=ISSUED)),
        in_case(Payment.objects.filter(status__in=RECEIVED)),
    )
    whens = [When(test, then=Value(stage)) for stage, test in reversed(list(enumerate(tests, start=1)))]
    return Lead.objects.annotate(reached=Case(*whens, default=Value(0), output_field=IntegerField()))


def at_stage(stage):
    """Leads that came at least to the stage of this number."""
    label = dict(enumerate(name for _key, name in STAGES))[stage]
    return Measure(label, (Source(lambda: leads_with_reach().filter(reached__gte=stage), moment="created_at"),))


def leads_received():
    """Leads with the day of the last payment in their chain."""
    receipts = Payment.objects.filter(status__in=RECEIVED, case=OuterRef("case")).order_by()
    last = receipts.values("case").annotate(last=Max("received_on")).values("last")
    return Lead.objects.annotate(paid_on=Subquery(last)).filter(paid_on__isnull=False)


LEADS_CREATED = Measure(_("Leads created"), (Source(lambda: Lead.objects.all(), moment="created_at"),))
LEADS_WON = Measure(
    _("Leads that became customers with a signed contract"),
    (Source(lambda: Lead.objects.filter(case__in=first_contracts().values("case")), moment="created_at"),),
)
LEAD_TO_CASH = Measure(
    _("Days from lead to its last receipt"),
    (
        Source(
            leads_received,
            day="paid_on",
            value=lambda: whole_days(business_day("created_at"), F("paid_on")),
        ),
    ),
)

LEADS_PAID = Measure(_("Leads with a receipt"), (Source(leads_received, day="paid_on"),))

# Deals


def deals(*statuses):
    return lambda: Opportunity.objects.filter(status__in=statuses, closed_at__isnull=False)


def worth():
    return in_base(F("amount") * F("rate"))


def _deals(label, *statuses, value=None, money=False):
    more = {"value": value} if value else {}
    return Measure(label, (Source(deals(*statuses), moment="closed_at", person=SELLER, **more),), money=money)


DEALS_WON = _deals(_("Deals won"), "won")
DEALS_CLOSED = _deals(_("Deals won or lost"), "won", "lost")
DEALS_WON_WORTH = _deals(_("Worth of deals won"), "won", value=worth, money=True)
DEALS_CLOSED_WORTH = _deals(_("Worth of deals won or lost"), "won", "lost", value=worth, money=True)
CYCLE_DAYS = _deals(
    _("Days from opening to winning"),
    "won",
    value=lambda: whole_days(business_day("created_at"), business_day("closed_at")),
)

# What customers say


def _surveys(label, moment, value=None, **conditions):
    def rows():
        return SurveyInvitation.objects.filter(**conditions)

    more = {"value": value} if value else {}
    person = first_of("customer__owner_id", "owner_id")
    return Measure(label, (Source(rows, moment=moment, person=person, **more),))


def promotion():
    """+1 for a promoter (9–10), −1 for a detractor (0–6)."""
    return Case(When(recommend__gte=9, then=1), When(recommend__lte=6, then=-1), default=0, output_field=IntegerField())


ANSWERED = {"status": SurveyInvitation.Status.ANSWERED, "score__isnull": False}
SURVEYS_ANSWERED = _surveys(_("Answers"), "answered_at", **ANSWERED)
SURVEYS_HAPPY = _surveys(_("Answers of 4 or 5"), "answered_at", **ANSWERED, score__gte=4)
SURVEYS_SCORE = _surveys(_("Sum of the scores"), "answered_at", lambda: F("score"), **ANSWERED)
SURVEYS_SENT = _surveys(_("Surveys sent"), "sent_at")
SURVEYS_RETURNED = _surveys(_("Surveys sent and answered"), "sent_at", answered_at__isnull=False)
RECOMMENDED = _surveys(_("Answers to “would you recommend us”"), "answered_at", recommend__isnull=False)
PROMOTION = _surveys(_("Promoters less detractors"), "answered_at", promotion, recommend__isnull=False)


def reach_of(rows):
    """{stage number: leads that came at least so far} of counted lead rows, in one query."""
    counts = {f"at_{stage}": Count("pk", filter=Q(reached__gte=stage)) for stage in range(len(STAGES))}
    return list(rows.aggregate(**counts).values())
