"""What waits at home in marketing and leads, and one's tasks of any kind."""

from collections import defaultdict
from datetime import timedelta

from django.db.models import F, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from crm import chain, clock
from crm.access import Role
from crm.models import Task
from crm.queues import Queue, from_records, number, queue
from crm.templatetags.formatting import compact_money, percent
from leads.models import Campaign, Lead
from leads.views import CampaignPages, LeadPages

FIRST_CONTACT_DAYS = 1  # a lead is to be contacted by the day after it was given to somebody
SHOWN = 8


def contact_by(lead):
    """The day until which somebody has to contact a lead."""
    return clock.business_day(lead.assigned_at or lead.created_at) + timedelta(days=FIRST_CONTACT_DAYS)


def _is_late(lead):
    return contact_by(lead) < clock.today()


def _list_of_leads(**query):
    pairs = "&".join(f"{key}={value}" for key, value in query.items())
    return f"{reverse('leads:lead_list')}?{pairs}"


@queue(Role.SALES)
def leads_to_contact(user):
    rows = Lead.objects.filter(owner=user, status=Lead.Status.ASSIGNED).order_by("assigned_at", "pk")
    return from_records(
        _("Leads to contact"),
        LeadPages,
        rows,
        user,
        due=contact_by,
        late=_is_late,
        text=_lead_in_words,
        url=_list_of_leads(owner=user.pk, status=Lead.Status.ASSIGNED),
    )


def _lead_in_words(lead):
    return " · ".join(filter(None, [lead.company_name, lead.contact_name, lead.phone]))


@queue(*Role.values)
def follow_ups_due(user):
    """What one promised until today, and promises without a day."""
    rows = Task.objects.select_related("customer").filter(owner=user, done_at=None).exclude(due_on__gt=clock.today())
    rows = rows.order_by(F("due_on").asc(nulls_last=True), "pk")
    shown = list(rows[:SHOWN])
    names = _names_of_records(shown)
    return Queue(_("Follow-ups due"), rows.count(), reverse("crm:tasks"), [_task_row(task, names) for task in shown])


def _names_of_records(tasks):
    """{(record type, key): name} of what the tasks are about, one query for each type."""
    keys = defaultdict(set)
    for task in tasks:
        keys[task.record_type].add(task.record_id)
    models = {record_type: chain.model_of(record_type) for record_type in keys if record_type}
    return {
        (record_type, key): str(record)
        for record_type, model in models.items()
        if model
        for key, record in model.objects.in_bulk(keys[record_type]).items()
    }


def _task_row(task, names):
    about = [task.title, names.get((task.record_type, task.record_id)), str(task.customer or "")]
    return {
        "due": task.due_on,
        "late": bool(task.due_on and task.due_on < clock.today()),
        "text": " · ".join(dict.fromkeys(filter(None, about))),
        "amount": None,
        "currency": "",
        "url": reverse("crm:task_detail", args=[task.pk]),
        "action": {
            "label": _("Done"),
            "url": reverse("crm:task_done", args=[task.pk]),
            "post": True,
            "dialog": False,
        },
    }


@queue(Role.SALES)
def leads_to_claim(user):
    rows = Lead.objects.in_pool().exclude(last_owner=user).order_by("created_at", "pk")
    return from_records(
        _("In the pool, to claim"),
        LeadPages,
        rows,
        user,
        text=_lead_in_words,
        url=_list_of_leads(pool="true"),
        limit=5,
    )


@queue(Role.MARKETING)
def returned_leads(user):
    rows = Lead.objects.in_pool().exclude(returned_reason="").order_by("left_pool_owner_at", "pk")
    return from_records(
        _("Returned by sales"),
        LeadPages,
        rows.select_related("last_owner"),
        user,
        text=lambda lead: f"{lead.company_name} · {lead.last_owner}: {lead.returned_reason}",
        url=_list_of_leads(pool="true"),
    )


@queue(Role.MARKETING)
def campaign_budgets(user):
    """Running campaigns by how much of their budget is spent, the fullest first."""
    rows = Campaign.objects.filter(status__in=[Campaign.Status.ACTIVE, Campaign.Status.PAUSED], budget__gt=0)
    rows = rows.annotate(spent=Sum("spends__amount", default=0)).order_by(F("spent") / F("budget"), "pk").reverse()
    return from_records(
        _("Campaign spend against budget"),
        CampaignPages,
        rows,
        user,
        due=lambda campaign: campaign.ends_on,
        late=lambda campaign: campaign.spent > campaign.budget,
        text=_budget_in_words,
        url=f"{reverse('leads:campaign_list')}?status={Campaign.Status.ACTIVE}",
    )


def _budget_in_words(campaign):
    spent, budget = (compact_money(amount, campaign.currency) for amount in (campaign.spent, campaign.budget))
    return _("%(campaign)s · %(spent)s of %(budget)s spent (%(share)s)") % {
        "campaign": campaign,
        "spent": spent,
        "budget": budget,
        "share": percent(campaign.spent / campaign.budget),
    }


@queue(Role.MANAGER)
def leads_nobody_contacted(user):
    before = clock.days_ago(FIRST_CONTACT_DAYS)
    rows = Lead.objects.visible_to(user).filter(status=Lead.Status.ASSIGNED, assigned_at__lt=before)
    return from_records(
        _("Leads nobody contacted"),
        LeadPages,
        rows.order_by("assigned_at", "pk"),
        user,
        due=contact_by,
        late=_is_late,
        text=lambda lead: f"{lead.company_name} · {lead.owner}",
        action=_assign_act,
        url=_list_of_leads(status=Lead.Status.ASSIGNED),
    )


def _assign_act(lead):
    """What a manager does about a lead that lies: give it to somebody else."""
    url = reverse("leads:lead_act", args=[lead.pk, "assign"])
    return {"label": Lead.MOVES["assign"].label, "url": url, "post": False, "dialog": True}


# Numbers


@number(Role.SALES)
def my_open_leads(user):
    held = Lead.objects.filter(owner=user, status__in=Lead.HELD).count()
    return {"label": _("My open leads"), "text": str(held), "url": _list_of_leads(owner=user.pk), "sub": ""}


@number(Role.MARKETING, Role.MANAGER)
def leads_this_month(user):
    first = clock.today().replace(day=1)
    created = Lead.objects.visible_to(user).filter(created_at__gte=clock.day_start(first))
    qualified = created.filter(status__in=[Lead.Status.QUALIFIED, Lead.Status.CONVERTED]).count()
    return {
        "label": _("Leads this month"),
        "text": str(created.count()),
        "url": _list_of_leads(since=first),
        "sub": _("%(count)d qualified") % {"count": qualified},
    }


@number(Role.MARKETING)
def leads_in_pool(user):
    waiting = Lead.objects.in_pool().count()
    return {"label": _("Leads in the pool"), "text": str(waiting), "url": _list_of_leads(pool="true"), "sub": ""}
