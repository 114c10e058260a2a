"""What waits at home on opportunities and quotes: for sales, sales support and managers."""

from datetime import timedelta

from django.db.models import F, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from crm import clock, money
from crm.access import Role
from crm.models import Company
from crm.queues import from_records, handed, number, queue
from crm.templatetags.formatting import compact_money
from opportunities.colleagues import nearest
from opportunities.models import Opportunity, Quote
from opportunities.stages import BY_KEY


def _list(name, query):
    return f"{reverse(f'opportunities:{name}_list')}?{query}"


def _stale(user):
    since = clock.days_ago(Company.current().stale_opportunity_days)
    return Opportunity.objects.visible_to(user).stale_since(since).order_by("last_activity_at")


def _pages():
    from opportunities import views

    return views.OpportunityPages, views.QuotePages


# Sales


@queue(Role.SALES)
def quotes_to_send(user):
    rows = Quote.objects.filter(owner=user, status=Quote.Status.APPROVED).order_by("status_since")
    return from_records(
        _("Quotes to send"), _pages()[1], rows, user, due=lambda quote: quote.valid_until,
        late=lambda quote: quote.valid_until < clock.today(), text=quote_text,
        url=_list("quote", f"status=approved&owner={user.pk}"),
    )  # fmt: skip


def quote_text(quote):
    return f"{quote.number} · {quote.customer} · {quote.opportunity}"


def deal_text(opportunity):
    return f"{opportunity.name} · {opportunity.customer}"


@queue(Role.SALES)
def quotes_past_validity(user):
    rows = Quote.objects.filter(owner=user).past_validity(clock.today()).order_by("valid_until")
    return from_records(
        _("Quotes past their validity"), _pages()[1], rows, user, due=lambda quote: quote.valid_until,
        late=lambda quote: True, text=quote_text, url=_list("quote", f"expired=true&owner={user.pk}"),
    )  # fmt: skip


@queue(Role.SALES)
def deals_gone_stale(user):
    patience = timedelta(days=Company.current().stale_opportunity_days)
    return from_records(
        _("Deals gone stale"), _pages()[0], _stale(user).filter(owner=user), user, text=deal_text,
        due=lambda deal: clock.business_day(deal.last_activity_at) + patience,
        url=_list("opportunity", f"stale=true&owner={user.pk}"),
    )  # fmt: skip


@queue(Role.SALES, Role.SALES_SUPPORT)
def contracts_to_draft(user):
    rows = Quote.objects.visible_to(user).awaiting_contract().order_by("status_since")
    return from_records(
        _("Accepted quotes waiting for a contract"), _pages()[1], rows, user, due=lambda quote: quote.status_since,
        text=quote_text, url=_list("quote", "without_contract=true"),
    )  # fmt: skip


# Sales support


@queue(Role.SALES_SUPPORT)
def drafts_asked_for(user):
    rows = Opportunity.objects.visible_to(user).open().filter(quote_asked_at__isnull=False)
    rows = rows.order_by("quote_due_on", "quote_asked_at")
    return from_records(
        _("Quote drafts asked for"), _pages()[0], rows, user, due=lambda deal: deal.quote_due_on,
        late=lambda deal: deal.quote_due_on < clock.today(), text=deal_text, action=draft_quote,
        url=_list("opportunity", "asked=true"),
    )  # fmt: skip


def draft_quote(deal):
    address = f"{reverse('opportunities:quote_new')}?opportunity={deal.pk}"
    return {"label": _("Draft quote"), "url": address, "post": False, "dialog": False}


# Managers


@queue(Role.MANAGER)
def quotes_to_approve(user):
    rows = Quote.objects.visible_to(user).filter(status=Quote.Status.IN_APPROVAL).exclude(submitted_by=user)
    return from_records(
        _("Quotes to approve"), _pages()[1], rows.order_by("status_since"), user, due=lambda quote: quote.status_since,
        text=quote_text, url=_list("quote", "status=in_approval"),
    )  # fmt: skip


@queue(Role.MANAGER)
def stuck_deals(user):
    rows = Opportunity.objects.visible_to(user).late().order_by("status_since")
    return from_records(
        _("Stuck deals"), _pages()[0], rows, user, due=lambda deal: deal.stage_due_on, late=lambda deal: True,
        text=stuck_text, action=lambda deal: None, url=_list("opportunity", "late=true&o=status_since"),
    )  # fmt: skip


def stuck_text(deal):
    return f"{deal_text(deal)} · {deal.get_status_display()} · {deal.owner}"


# Numbers


@number(Role.SALES, Role.MANAGER)
def open_pipeline(user):
    """The open deals, weighted by the chance of each stage, in the base currency."""
    rows = Opportunity.objects.visible_to(user).open().order_by()
    sums = dict(rows.values_list("status").annotate(sum=Sum(F("amount") * F("rate"), default=0)))
    currency = Company.current().base_currency
    weighted = sum((value * BY_KEY[key].probability / 100 for key, value in sums.items()), money.ZERO)
    whole = compact_money(money.rounded(sum(sums.values(), money.ZERO), currency), currency)
    return {
        "label": _("Pipeline, weighted"),
        "text": compact_money(money.rounded(weighted, currency), currency),
        "sub": _("of %(sum)s open") % {"sum": whole},
        "url": reverse("opportunities:board"),
    }


# What I wait for


@handed(Role.SALES)
def quotes_with_others(user):
    """Drafts asked of sales support, and quotes waiting for a manager."""
    asked = Opportunity.objects.filter(owner=user, quote_asked_at__isnull=False).select_related("quote_asked_of")
    waiting = Quote.objects.filter(owner=user, status=Quote.Status.IN_APPROVAL).select_related(
        "opportunity", "customer"
    )
    managers = ", ".join(str(person) for person in nearest(user, Role.MANAGER, but=user))
    return [
        {
            "text": _("Quote draft for %(deal)s") % {"deal": deal},
            "holder": str(deal.quote_asked_of),
            "since": deal.quote_asked_at,
            "url": deal.get_absolute_url(),
        }
        for deal in asked.order_by("quote_asked_at")[:10]
    ] + [
        {
            "text": _("Approval of %(quote)s") % {"quote": quote_text(quote)},
            "holder": managers or str(Role.MANAGER.label),
            "since": quote.status_since,
            "url": quote.get_absolute_url(),
        }
        for quote in waiting.order_by("status_since")[:10]
    ]
