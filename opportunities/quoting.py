"""What can be done with quotes: drafting, approval of discounts, sending, and the customer's answer."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as noop

from crm import clock, events, jobs, links, money, records, work
from crm.access import CUSTOMER, SYSTEM, Role, authorize, refuse_own
from crm.models import Company
from crm.transitions import IllegalMove, advance, legal_verbs, locked, require
from opportunities.colleagues import nearest
from opportunities.models import Opportunity, Quote, QuoteLine
from opportunities.services import note, quote_drafted, reach

ACCEPTED_STAGE = "contracting"  # where a deal is at least, once the customer has said yes


@transaction.atomic
def save_quote(quote, *, lines=None, by, seen=None):
    """Draft a quote or change the draft. Customer, case and owner are those of its opportunity.

    It is valid for the company's usual number of days unless a day is given. Once submitted it is changed by a new
    version only.
    """
    adding = quote._state.adding
    if adding:
        _begin(quote, by)
    else:
        _require_draft(quote)
    if quote.contact and quote.contact.customer_id != quote.customer_id:
        raise ValidationError({"contact": _("This contact belongs to another customer.")})
    if lines is not None:
        money.total(quote, [money.price_line(line, quote.currency) for line in lines])
    records.save(quote, by=by, seen=seen, lines=lines)
    if lines is not None:
        records.set_lines(quote, lines)
    if adding:
        quote_drafted(quote.opportunity, by=by)
    return quote


def valid_until_by_default():
    """The last day of a quote made today."""
    return clock.today() + timedelta(days=Company.current().quote_valid_days)


def _begin(quote, by):
    opportunity = Opportunity.objects.visible_to(by).filter(pk=quote.opportunity_id).first()
    if opportunity is None:
        raise ValidationError({"opportunity": _("Choose the opportunity.")})
    if not opportunity.is_open:
        raise ValidationError({"opportunity": _("Quotes are made for open opportunities only.")})
    quote.opportunity, quote.case, quote.customer = opportunity, opportunity.case, opportunity.customer
    quote.owner = opportunity.owner
    quote.contact = quote.contact or opportunity.contact
    quote.valid_until = quote.valid_until or valid_until_by_default()
    quote.rate = money.rate_to_base(quote.currency, clock.today())


def _require_draft(quote):
    """Only a draft is edited, and it stays with its opportunity."""
    stored = Quote.objects.select_for_update(of=("self",)).get(pk=quote.pk)
    if stored.status != Quote.Status.DRAFT:
        raise IllegalMove(_("Only a draft can be changed; make a new version."), legal_verbs(stored))
    if stored.opportunity_id != quote.opportunity_id:
        raise ValidationError({"opportunity": _("A quote stays with its opportunity.")})
    if stored.currency != quote.currency:
        quote.rate = money.rate_to_base(quote.currency, clock.today())


# Approval


@transaction.atomic
def submit(quote, *, by):
    """Say that a draft is ready. A discount above the company's limit waits for a manager, anything else may go out."""
    authorize(by, "opportunities.submit_quote", quote)
    locked(quote)
    require(quote, "submit")
    if not quote.lines.exists():
        raise ValidationError(_("A quote needs at least one line."))
    _refuse_past_validity(quote)
    quote.submitted_by = by if by.pk else None
    quote.save(update_fields=["submitted_by", "updated_at"])
    if quote.largest_discount <= Company.current().sales_discount_limit:
        advance(quote, "submit", by=by)
        _tell(quote, noop("Quote %(quote)s is ready to be sent"), by)
        return quote
    advance(quote, "submit", by=by, to=Quote.Status.IN_APPROVAL, data={"discount": str(quote.largest_discount)})
    for manager in nearest(quote.owner, Role.MANAGER, but=by):
        work.notify(
            manager, noop("%(who)s asks you to approve quote %(quote)s"), url=quote.get_absolute_url(),
            who=str(by), quote=str(quote),
        )  # fmt: skip
    return quote


def _refuse_past_validity(quote):
    if quote.past_validity:
        raise ValidationError({"valid_until": _("The quote is past its validity; give it a later day.")})


def _tell(quote, text, by):
    """Tell the owner and who submitted the quote, except the one who acts. `text` speaks of %(quote)s."""
    for person in {quote.owner, quote.submitted_by} - {None, by}:
        work.notify(person, text, url=quote.get_absolute_url(), quote=str(quote))


@transaction.atomic
def approve(quote, *, by):
    """Allow a discount above the limit. Nobody approves what they submitted."""
    authorize(by, "opportunities.approve_quote", quote)
    locked(quote)
    require(quote, "approve")
    refuse_own(by, quote.submitted_by)
    advance(quote, "approve", by=by)
    _tell(quote, noop("Quote %(quote)s was approved"), by)
    return quote


@transaction.atomic
def send_back(quote, *, reason, by):
    """Return a quote to its author with the reason; it is a draft again."""
    authorize(by, "opportunities.return_quote", quote)
    locked(quote)
    require(quote, "return")
    refuse_own(by, quote.submitted_by)
    advance(quote, "return", by=by, reason=reason)
    _tell(quote, noop("Quote %(quote)s came back for changes"), by)
    return quote


# Towards the customer


@transaction.atomic
def send(quote, *, to="", language="zh-hans", message="", by):
    """Send the quote with its PDF and the customer's link; without an address only the link is made.

    Sending again reminds the customer: the link stays the same.
    """
    authorize(by, "opportunities.send_quote", quote)
    opportunity = _locked_with_deal(quote)
    require(quote, "send")
    _refuse_past_validity(quote)
    links.seal(quote)
    quote.sent_at = timezone.now()
    quote.save(update_fields=["link_digest", "sent_at", "updated_at"])
    advance(quote, "send", by=by, data={"text": to})
    note(opportunity)
    if to:
        jobs.enqueue("opportunities.send_quote", quote.pk, to, language, message, by=by)
    return quote


@transaction.atomic
def note_view(quote):
    """The customer has opened the link; the first time is remembered and told to the owner."""
    locked(quote)
    if quote.viewed_at is None and quote.status == Quote.Status.SENT:
        quote.viewed_at = timezone.now()
        quote.save(update_fields=["viewed_at", "updated_at"])
        events.write(quote, "viewed", by=CUSTOMER)
        _tell(quote, noop("The customer has opened quote %(quote)s"), CUSTOMER)
    return quote


@transaction.atomic
def accept(quote, *, accepted_by="", by):
    """The customer takes the offer while it is valid; one per deal. The deal goes to contracting."""
    authorize(by, "opportunities.accept_quote", quote)
    opportunity = _locked_with_deal(quote)
    require(quote, "accept")
    if quote.expired:
        raise ValidationError(_("The quote is past its validity and can no longer be accepted."))
    if opportunity.quotes.filter(status=Quote.Status.ACCEPTED).exists():
        raise ValidationError(_("Another quote of this deal has been accepted already."))
    advance(quote, "accept", by=by, data={"text": accepted_by})
    reach(opportunity, ACCEPTED_STAGE, by=by)
    _tell(quote, noop("Quote %(quote)s was accepted"), by)
    return quote


@transaction.atomic
def decline(quote, *, reason, by):
    """The customer does not take the offer, and says why."""
    authorize(by, "opportunities.decline_quote", quote)
    opportunity = _locked_with_deal(quote)
    require(quote, "decline")
    advance(quote, "decline", by=by, reason=reason)
    note(opportunity)
    _tell(quote, noop("Quote %(quote)s was declined"), by)
    return quote


def _locked_with_deal(quote):
    """Hold the deal first, then the quote, so that two answers to quotes of one deal come one after the other."""
    opportunity = locked(quote.opportunity)
    locked(quote)
    if opportunity.closed_at and quote.status in (Quote.Status.APPROVED, Quote.Status.SENT):
        raise ValidationError(_("The opportunity of this quote is closed."))
    return opportunity


@transaction.atomic
def revise(quote, *, reason="", by):
    """Make a new version with the same lines; it takes the place of the old one, which can no longer be accepted."""
    authorize(by, "opportunities.revise_quote", quote)
    opportunity = locked(quote.opportunity)
    locked(quote)
    require(quote, "revise")
    version = Quote(
        opportunity=opportunity,
        version_of=quote,
        revision=quote.revision + 1,
        contact=quote.contact,
        currency=quote.currency,
        terms=quote.terms,
    )
    save_quote(version, lines=[_copied(line) for line in quote.lines.all()], by=by)
    advance(quote, "revise", by=by, reason=reason, data={"text": str(version)})
    return version


def _copied(line):
    kept = ("product", "description", "quantity", "unit_price", "discount_percent", "tax_rate")
    return QuoteLine(**{field: getattr(line, field) for field in kept})


# By the clock


@transaction.atomic
def tell_expired(quote):
    """Once, when a sent quote has passed its validity: log it and tell the owner."""
    locked(quote)
    if not quote.expired or events.of_record(quote).filter(verb="expired").exists():
        return False
    events.write(quote, "expired", by=SYSTEM)
    _tell(quote, noop("Quote %(quote)s is past its validity"), SYSTEM)
    return True
