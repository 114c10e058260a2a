"""What can be done with opportunities: opening, moving and closing them. Quotes have a module of their own."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as noop

from crm import clock, money, records, work
from crm.access import SYSTEM, Role, authorize
from crm.models import Attachment, Comment, Company, Contact, Customer, FollowUp, Task
from crm.transitions import advance, locked, require
from opportunities.colleagues import nearest
from opportunities.models import Opportunity
from opportunities.stages import BY_KEY, STAGES, WON

# Opening


@transaction.atomic
def save_opportunity(opportunity, *, by, seen=None):
    """Write a deal down or change it. Its rate to the base currency is frozen when the currency is chosen."""
    if opportunity.customer_id is None:
        raise ValidationError({"customer": _("Choose the customer.")})
    if opportunity.contact and opportunity.contact.customer_id != opportunity.customer_id:
        raise ValidationError({"contact": _("This contact belongs to another customer.")})
    if opportunity.owner is None or not opportunity.owner.has_role(Role.SALES, Role.MANAGER):
        raise ValidationError({"owner": _("Opportunities are worked by sales; choose a sales rep.")})
    if opportunity._state.adding:
        opportunity.last_activity_at = opportunity.created_at
    before = Opportunity.objects.filter(pk=opportunity.pk).values_list("currency", flat=True).first()
    if opportunity.currency != before:
        opportunity.rate = money.rate_to_base(opportunity.currency, clock.business_day(opportunity.created_at))
    return records.save(opportunity, by=by, seen=seen)


@transaction.atomic
def open_from_lead(lead, *, customer=None, opportunity_name, amount, expected_close_on=None, by):
    """Turn a qualified lead into customer, contact and opportunity at once; a lead can be converted once only.

    Without `customer` a new one is made from the lead. The opportunity goes on in the lead's case; follow-ups, tasks,
    comments and files stay with the lead and count for the customer from now on.
    """
    authorize(by, "leads.convert_lead", lead)
    locked(lead)
    require(lead, "convert")
    customer = _customer_of(lead, customer, by)
    opportunity = Opportunity(
        lead=lead,
        case=lead.case,
        customer=customer,
        contact=_contact_of(lead, customer, by),
        owner=lead.owner,
        name=opportunity_name,
        amount=amount,
        currency=Company.current().base_currency,
        expected_close_on=expected_close_on,
        need=lead.need,
    )
    save_opportunity(opportunity, by=by)
    _hand_over(lead, customer)
    advance(lead, "convert", by=by, data={"text": str(opportunity), "opportunity": opportunity.pk})
    return opportunity


def _customer_of(lead, customer, by):
    """The chosen customer if the person may see it, else a new one of the rep's."""
    if customer is None:
        customer = Customer(
            name=lead.company_name, industry=lead.industry, region=lead.region, phone=lead.phone, owner=lead.owner
        )
        return records.save(customer, by=by)
    if not Customer.objects.visible_to(by).filter(pk=customer.pk).exists():
        raise ValidationError({"customer": _("There is no such customer, or you may not see it.")})
    return customer


def _contact_of(lead, customer, by):
    """The person of the lead: one known by phone or e-mail at this customer, else a new contact."""
    same = Q(pk__in=[])
    for field in ("phone", "email"):
        if getattr(lead, field):
            same |= Q(**{field: getattr(lead, field)})
    if known := customer.contacts.filter(same).first():
        return known
    contact = Contact(
        customer=customer,
        name=lead.contact_name or lead.company_name[:100],
        title=lead.contact_title,
        phone=lead.phone,
        email=lead.email,
        consent=lead.consent,
        is_primary=not customer.contacts.exists(),
    )
    return records.save(contact, by=by)


def _hand_over(lead, customer):
    """The case and the work done so far now belong to the customer."""
    lead.customer = customer
    lead.save(update_fields=["customer", "updated_at"])
    if lead.case:
        lead.case.customer = customer
        lead.case.save(update_fields=["customer"])
    for model in (FollowUp, Task, Comment, Attachment):
        model.objects.filter(record_type="lead", record_id=lead.pk).update(customer=customer)


# Moving


def note(opportunity, **changes):
    """Change fields beside the state, and remember that something happened."""
    changes["last_activity_at"] = timezone.now()
    for field, value in changes.items():
        setattr(opportunity, field, value)
    opportunity.save(update_fields=[*changes, "updated_at"])


@transaction.atomic
def move(opportunity, *, stage, reason="", by):
    """Bring a deal to another stage. Going back needs a note that says why."""
    authorize(by, "opportunities.move_opportunity", opportunity)
    locked(opportunity)
    require(opportunity, "move")
    if stage not in BY_KEY:
        raise ValidationError({"stage": _("There is no such stage.")})
    if stage == opportunity.status:
        return opportunity
    if goes_back(opportunity, stage) and not reason.strip():
        raise ValidationError({"reason": _("Say why the deal goes back.")})
    advance(opportunity, "move", by=by, to=stage, reason=reason)
    note(opportunity)
    return opportunity


def goes_back(opportunity, stage):
    """Would this stage be a step back for the deal?"""
    return opportunity.is_open and stage in BY_KEY and _order(stage) < _order(opportunity.status)


def _order(stage):
    return [known.key for known in STAGES].index(stage)


def reach(opportunity, stage, *, by):
    """Bring an open deal forward to a stage because of what happened; a deal already there or beyond stays."""
    if opportunity.is_open and _order(opportunity.status) < _order(stage):
        advance(opportunity, "move", by=by, to=stage)
    note(opportunity)


@transaction.atomic
def request_quote(opportunity, *, due_on=None, reason="", by):
    """Ask sales support for a quote draft by a day (today or later); they get a task and are told."""
    authorize(by, "opportunities.request_quote_opportunity", opportunity)
    locked(opportunity)
    require(opportunity, "request_quote")
    if due_on and due_on < clock.today():
        raise ValidationError({"due_on": _("This day has passed.")})
    asked = _least_busy(nearest(opportunity.owner, Role.SALES_SUPPORT))
    if asked is None:
        raise ValidationError(_("Nobody in sales support serves your team; draft the quote yourself."))
    note(opportunity, quote_asked_at=timezone.now(), quote_asked_of=asked, quote_due_on=due_on or clock.today())
    advance(opportunity, "request_quote", by=by, reason=reason, data={"asked": asked.pk, "text": str(asked)})
    title = say("Draft a quote: %(deal)s") % {"deal": opportunity}
    work.add_task(title=title[:200], due_on=opportunity.quote_due_on, owner=asked, by=by, record=opportunity)
    return opportunity


def _least_busy(people):
    open_tasks = Task.objects.filter(owner__in=people, done_at=None)
    load = dict(open_tasks.order_by().values_list("owner").annotate(Count("pk")))
    return min(people, key=lambda person: load.get(person.pk, 0), default=None)


def quote_drafted(opportunity, *, by):
    """The draft asked for is there: the request and its task are done."""
    if opportunity.quote_asked_at is None:
        return
    asked, since = opportunity.quote_asked_of, opportunity.quote_asked_at
    note(opportunity, quote_asked_at=None, quote_asked_of=None, quote_due_on=None)
    tasks = Task.objects.filter(
        owner=asked, done_at=None, record_type="opportunity", record_id=opportunity.pk, created_at__gte=since
    )
    for task in tasks:
        work.complete_task(task, by=by if by == task.owner else SYSTEM)


# Closing


@transaction.atomic
def win(opportunity, *, by):
    """Close a deal as won. It needs a signed contract; winning twice changes nothing."""
    authorize(by, "opportunities.win_opportunity", opportunity)
    locked(opportunity)
    if opportunity.status == WON:
        return opportunity
    require(opportunity, "win")
    if not has_signed_contract(opportunity):
        raise ValidationError(_("A deal is won by a signed contract; have the contract signed first."))
    _close(opportunity)
    advance(opportunity, "win", by=by)
    if by.pk != opportunity.owner_id:
        work.notify(
            opportunity.owner, noop("%(deal)s is won"), url=opportunity.get_absolute_url(), deal=str(opportunity)
        )
    return opportunity


def has_signed_contract(opportunity):
    return opportunity.contracts.filter(status__in=("signed", "fulfilled", "closed")).exists()


@transaction.atomic
def lose(opportunity, *, lost_reason, competitor="", reason="", by):
    """Close a deal as lost: why, and to whom if it was a competitor."""
    authorize(by, "opportunities.lose_opportunity", opportunity)
    locked(opportunity)
    require(opportunity, "lose")
    if lost_reason not in Opportunity.LostReason.values:
        raise ValidationError({"lost_reason": _("Choose why the deal was lost.")})
    if has_signed_contract(opportunity):
        raise ValidationError(_("The contract of this deal is signed; terminate the contract first."))
    _close(opportunity, lost_reason=lost_reason, competitor=competitor)
    advance(opportunity, "lose", by=by, reason=reason, data={"lost_reason": lost_reason, "text": competitor})
    return opportunity


def _close(opportunity, **changes):
    """Remember the stage, for a reopening, and that no draft is waited for any more."""
    quote_drafted(opportunity, by=SYSTEM)
    held_from = opportunity.status if opportunity.is_open else opportunity.held_from
    note(opportunity, held_from=held_from, closed_at=timezone.now(), **changes)


@transaction.atomic
def hold(opportunity, *, reason, by):
    """Put a deal aside for a while, with the reason."""
    authorize(by, "opportunities.hold_opportunity", opportunity)
    locked(opportunity)
    require(opportunity, "hold")
    note(opportunity, held_from=opportunity.status)
    advance(opportunity, "hold", by=by, reason=reason)
    return opportunity


@transaction.atomic
def resume(opportunity, *, by):
    """Go on with a deal, in the stage where it was put aside."""
    authorize(by, "opportunities.resume_opportunity", opportunity)
    locked(opportunity)
    advance(opportunity, "resume", by=by, to=_stage_left(opportunity))
    note(opportunity, held_from="")
    return opportunity


@transaction.atomic
def reopen(opportunity, *, reason, by):
    """Take a closed deal up again in the stage it had. With a signed contract it stays won."""
    authorize(by, "opportunities.reopen_opportunity", opportunity)
    locked(opportunity)
    require(opportunity, "reopen")
    if has_signed_contract(opportunity):
        raise ValidationError(_("The contract of this deal is signed; terminate the contract first."))
    advance(opportunity, "reopen", by=by, to=_stage_left(opportunity), reason=reason)
    note(opportunity, held_from="", closed_at=None, lost_reason="", competitor="")
    return opportunity


def _stage_left(opportunity):
    return opportunity.held_from if opportunity.held_from in BY_KEY else STAGES[0].key
