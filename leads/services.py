"""What can be done with campaigns and leads. The only place where their states move."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext

from crm import clock, money, records, work
from crm.access import Role, authorize
from crm.models import Company, User
from crm.transitions import advance, locked, require
from leads.models import Lead, Spend

# Campaigns


@transaction.atomic
def activate(campaign, *, by):
    """Start a campaign, or go on after a pause. It needs a budget and its dates."""
    authorize(by, "leads.activate_campaign", campaign)
    locked(campaign)
    require(campaign, "activate")
    missing = {
        field: _("A campaign starts only with a budget and dates.")
        for field in ("budget", "starts_on", "ends_on")
        if not getattr(campaign, field)
    }
    if missing:
        raise ValidationError(list(missing.values())[:1])
    advance(campaign, "activate", by=by)
    return campaign


@transaction.atomic
def pause(campaign, *, by):
    """Stop a campaign for a while."""
    authorize(by, "leads.pause_campaign", campaign)
    advance(campaign, "pause", by=by)
    return campaign


@transaction.atomic
def complete(campaign, *, by):
    """End a campaign; no further spend can be booked on it."""
    authorize(by, "leads.complete_campaign", campaign)
    advance(campaign, "complete", by=by)
    return campaign


@transaction.atomic
def cancel(campaign, *, reason, by):
    """Call a campaign off."""
    authorize(by, "leads.cancel_campaign", campaign)
    advance(campaign, "cancel", by=by, reason=reason)
    return campaign


@transaction.atomic
def book_spend(campaign, *, amount, spent_on, note="", by):
    """Book money spent on the campaign, in its currency, on a day not in the future."""
    authorize(by, "leads.book_spend_campaign", campaign)
    locked(campaign)
    require(campaign, "book_spend")
    if spent_on > clock.today():
        raise ValidationError({"spent_on": _("Money cannot be spent in the future.")})
    spend = Spend(
        campaign=campaign,
        amount=amount,
        spent_on=spent_on,
        note=note,
        currency=campaign.currency,
        rate=money.rate_to_base(campaign.currency, spent_on),
        booked_by=by if by.pk else None,
    )
    spend.full_clean()
    spend.save()
    advance(campaign, "book_spend", by=by, data={"amount": str(amount), "spent_on": str(spent_on), "text": note})
    return campaign


# Leads


def log(lead, *, by, seen=None):
    """Write a lead down. What a sales rep logs is theirs from the start; any other lead lies in the pool."""
    if lead._state.adding:
        mine = isinstance(by, User) and by.has_role(Role.SALES, Role.MANAGER) and not by.has_role(Role.MARKETING)
        lead.owner = by if mine else None
        lead.status = Lead.Status.ASSIGNED if mine else Lead.Status.NEW
        lead.assigned_at = lead.last_contact_at = timezone.now() if mine else None
    return records.save(lead, by=by, seen=seen)


def _held_by(lead, owner):
    """Before the state moves: the database accepts no held lead without an owner."""
    moment = timezone.now()
    lead.owner, lead.assigned_at, lead.last_contact_at, lead.returned_reason = owner, moment, moment, ""
    lead.save(update_fields=["owner", "assigned_at", "last_contact_at", "returned_reason", "updated_at"])


def _refuse_over_limit(owner):
    """A rep holds only so many open leads; claims of one rep are counted one after the other."""
    User.objects.select_for_update().get(pk=owner.pk)
    limit = Company.current().open_leads_limit
    if Lead.objects.filter(owner=owner, status__in=Lead.HELD).count() >= limit:
        raise ValidationError(
            ngettext(
                "More than %(limit)d open lead cannot be held. Finish or return one first.",
                "More than %(limit)d open leads cannot be held. Finish or return some first.",
                limit,
            ),
            params={"limit": limit},
        )


def _refuse_cooling(lead, owner):
    """Who gave a lead back has to leave it to others for some days."""
    days = Company.current().lead_cooldown_days
    if lead.last_owner_id == owner.pk and lead.left_pool_owner_at:
        free_at = lead.left_pool_owner_at + timedelta(days=days)
        if free_at > timezone.now():
            raise ValidationError(
                _("You returned this lead yourself; you may claim it again from %(day)s."),
                params={"day": clock.business_day(free_at)},
            )


@transaction.atomic
def claim(lead, *, by):
    """Take a lead from the pool. Of several at once exactly one gets it."""
    authorize(by, "leads.claim_lead", lead)
    locked(lead)
    require(lead, "claim")
    if lead.owner_id:
        raise ValidationError(_("%(who)s already has this lead."), params={"who": lead.owner})
    _refuse_over_limit(by)
    _refuse_cooling(lead, by)
    _held_by(lead, by)
    advance(lead, "claim", by=by)
    return lead


@transaction.atomic
def assign(lead, *, owner, by):
    """Give a lead to a sales rep, who is told."""
    authorize(by, "leads.assign_lead", lead)
    locked(lead)
    require(lead, "assign")
    if not owner.has_role("sales", "manager"):
        raise ValidationError({"owner": _("Leads are worked by sales; choose a sales rep.")})
    _refuse_over_limit(owner)
    keep = lead.status if lead.status in Lead.HELD else None
    _held_by(lead, owner)
    advance(lead, "assign", by=by, to=keep, data={"owner": owner.pk, "text": str(owner)})
    if owner != by:
        work.notify(
            owner,
            gettext_noop("%(who)s gave you the lead %(lead)s"),
            url=lead.get_absolute_url(),
            who=str(by),
            lead=str(lead),
        )
    return lead


@transaction.atomic
def contact(lead, *, kind, summary, next_step="", next_on=None, by):
    """Log a first or further contact with the lead; what comes next becomes a task."""
    authorize(by, "leads.contact_lead", lead)
    locked(lead)
    require(lead, "contact")
    if lead.status != Lead.Status.CONTACTED:
        to = lead.status if lead.status == Lead.Status.QUALIFIED else None
        advance(lead, "contact", by=by, to=to)
    work.log_follow_up(lead, kind=kind, summary=summary, next_step=next_step, next_on=next_on, by=by)
    return lead


@transaction.atomic
def nurture(lead, *, reason="", by):
    """Keep a lead warm in marketing until it is ready for sales."""
    authorize(by, "leads.nurture_lead", lead)
    locked(lead)
    advance(lead, "nurture", by=by, reason=reason)
    _to_pool(lead)
    return lead


GRADES = {  # (has a budget, timing) -> grade
    (True, Lead.Timing.NOW): Lead.Grade.A,
    (True, Lead.Timing.QUARTER): Lead.Grade.A,
    (True, Lead.Timing.YEAR): Lead.Grade.B,
    (False, Lead.Timing.NOW): Lead.Grade.B,
    (False, Lead.Timing.QUARTER): Lead.Grade.B,
    (False, Lead.Timing.YEAR): Lead.Grade.C,
    (True, ""): Lead.Grade.B,
}


@transaction.atomic
def qualify(lead, *, need, budget=None, timing="", grade="", by):
    """Judge a lead worth pursuing: its need, and a budget or a timing. The grade is proposed where none is given."""
    authorize(by, "leads.qualify_lead", lead)
    locked(lead)
    require(lead, "qualify")
    if not need.strip():
        raise ValidationError({"need": _("Say what the lead needs.")})
    if budget is None and not timing:
        raise ValidationError({"budget": _("Fill in the budget or the timing.")})
    lead.need, lead.budget, lead.timing = need, budget, timing
    lead.grade = grade or GRADES.get((budget is not None, timing), Lead.Grade.C)
    lead.full_clean()
    lead.save(update_fields=["need", "budget", "timing", "grade", "updated_at"])
    advance(lead, "qualify", by=by, data={"grade": lead.grade})
    return lead


def _to_pool(lead, returned_reason=""):
    """Nobody holds it any more; who did is remembered, so that they leave it to others for a while."""
    lead.last_owner, lead.left_pool_owner_at = lead.owner or lead.last_owner, timezone.now()
    lead.owner, lead.returned_reason = None, returned_reason[:200]
    lead.save(update_fields=["owner", "last_owner", "left_pool_owner_at", "returned_reason", "updated_at"])


@transaction.atomic
def return_to_pool(lead, *, reason, by):
    """Give a lead back with the reason, which marketing sees."""
    authorize(by, "leads.return_to_pool_lead", lead)
    locked(lead)
    advance(lead, "return_to_pool", by=by, reason=reason)
    _to_pool(lead, returned_reason=reason)
    return lead


@transaction.atomic
def recycle(lead, *, by):
    """Put a lead back into the pool because nobody followed up for too long; its owner is told."""
    authorize(by, "leads.recycle_lead", lead)
    owner = locked(lead).owner
    days = Company.current().lead_recycle_days
    if lead.last_contact_at and lead.last_contact_at >= clock.days_ago(days):
        return lead
    advance(lead, "recycle", by=by, data={"days": days})
    _to_pool(lead)
    work.notify(
        owner,
        gettext_noop("%(lead)s went back to the pool: no follow-up for too long"),
        url=lead.get_absolute_url(),
        lead=str(lead),
    )
    return lead


@transaction.atomic
def disqualify(lead, *, reason, by):
    """Close a lead that will not buy, with the reason."""
    authorize(by, "leads.disqualify_lead", lead)
    locked(lead)
    advance(lead, "disqualify", by=by, reason=reason)
    lead.disqualified_reason = reason[:200]
    lead.save(update_fields=["disqualified_reason", "updated_at"])
    return lead


@transaction.atomic
def reopen(lead, *, reason="", by):
    """Take a disqualified lead up again: back to its owner, else to the pool."""
    authorize(by, "leads.reopen_lead", lead)
    locked(lead)
    advance(lead, "reopen", by=by, reason=reason, to=Lead.Status.ASSIGNED if lead.owner_id else Lead.Status.NEW)
    lead.disqualified_reason = ""
    lead.save(update_fields=["disqualified_reason", "updated_at"])
    return lead
