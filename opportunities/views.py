"""The pages of opportunities and quotes."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from crm import access, frame
from crm.models import Customer
from crm.templatetags import badges, formatting
from crm.web import Column, RecordPages, relate
from crm.web.lines import DocumentPages
from leads.models import Lead
from opportunities import board, links, quoting, services
from opportunities.filters import OpportunityFilter, QuoteFilter
from opportunities.forms import OpportunityForm, QuoteForm
from opportunities.models import Opportunity, Quote, QuoteLine
from opportunities.papers import LANGUAGES, quote_pdf


class OpportunityPages(RecordPages):
    model = Opportunity
    filterset_class = OpportunityFilter
    form_class = OpportunityForm
    list_template = "opportunities/opportunity_list.html"
    detail_template = "opportunities/opportunity_detail.html"
    section = "opportunities"
    quick_create = True
    store = staticmethod(services.save_opportunity)
    select_related = ("owner__team", "customer__owner__team")
    empty_text = _("No opportunities yet. Convert a lead, or create one.")
    columns = (
        Column("name", sort="name"),
        Column("customer", sort="customer__name"),
        Column("status", sort="status"),
        Column("amount", sort="amount"),
        Column("expected_close_on", sort="expected_close_on"),
        Column("owner"),
        Column("last_activity_at", sort="last_activity_at"),
    )
    facts = (
        "customer", "contact", "owner", "amount", "expected_close_on", "need", "lead", "quote_asked_of",
        "quote_due_on", "lost_reason", "competitor", "closed_at", "created_at",
    )  # fmt: skip

    def editable(self, opportunity):
        return opportunity.closed_at is None

    def related(self, opportunity):
        create = ("", "")
        if opportunity.is_open and access.allows(self.request.user, "opportunities.add_quote", opportunity):
            address = f"{reverse('opportunities:quote_new')}?opportunity={opportunity.pk}"
            create = (address, _("New quote"))
        quotes = opportunity.quotes.order_by("-pk")
        return [self.related_list(_("Quotes"), QuotePages, quotes, *create, columns=QuotePages.on_opportunity)]

    def board(self):
        """The deals one may see, by stage."""
        self.may("view")
        found = self.found()
        context = {
            "heading": _("Opportunities"),
            "columns": board.columns(found.qs, self.request.user),
            "filter": found,
            "list_url": f"{reverse(self.url_name('list'))}?{self.request.GET.urlencode()}",
            "pages": self,
        }
        return render(self.request, "opportunities/board.html", context)

    def board_move(self, pk):
        opportunity = self.get(pk)
        access.authorize(self.request.user, "opportunities.move_opportunity", opportunity)
        return board.drop(self, opportunity, self.request.POST.get("stage", ""))

    @classmethod
    def urls(cls, prefix):
        frame.add(cls.section, _("Board"), "opportunities:board", "opportunities.view_opportunity")
        return [
            path(f"{prefix}/board/", cls.view("board"), name="board"),
            path(f"{prefix}/<int:pk>/board-move/", require_POST(cls.view("board_move")), name="board_move"),
            *super().urls(prefix),
        ]


def validity(quote):
    """The last day of validity; how long ago it was where a sent quote is past it."""
    return formatting.due(quote.valid_until) if quote.expired else formatting.when(quote.valid_until)


def state(quote):
    """The state of a quote; expired is derived."""
    return badges.tone_badge(_("Expired"), badges.RED) if quote.expired else badges.badge(quote)


def likely(verb, quote):
    """A new version is the likely next step only of a quote that came to nothing."""
    return verb != "revise" or quote.expired or quote.status == Quote.Status.DECLINED


class QuotePages(DocumentPages):
    model = Quote
    line_model = QuoteLine
    filterset_class = QuoteFilter
    form_class = QuoteForm
    detail_template = "opportunities/quote_detail.html"
    section = "opportunities"
    store = staticmethod(quoting.save_quote)
    select_related = ("owner__team", "customer__owner__team", "opportunity", "contact", "contract")
    empty_text = _("No quotes yet. They are drafted from an opportunity.")
    columns = (
        Column("number", sort="number"),
        Column("opportunity"),
        Column("customer", sort="customer__name"),
        Column("state", _("status"), render=state, sort="status"),
        Column("gross", sort="gross"),
        Column("valid_until", render=validity, sort="valid_until"),
        Column("owner"),
    )
    on_opportunity = (
        Column("number"),
        Column("revision"),
        Column("state", _("status"), render=state),
        Column("gross"),
        Column("valid_until", render=validity),
    )
    facts = (
        "customer", "opportunity", "contact", "owner", "revision", "version_of", "valid_until", "sent_at", "viewed_at",
        "submitted_by", "terms",
    )  # fmt: skip

    def heading(self, quote):
        return str(quote.opportunity)

    def editable(self, quote):
        return quote.status == Quote.Status.DRAFT

    def blank(self):
        """A draft for the opportunity in the address, with its contact and currency."""
        quote = Quote()
        asked = self.request.GET.get("opportunity", "")
        if asked.isdigit():
            opportunity = Opportunity.objects.visible_to(self.request.user).filter(pk=asked).first()
            if opportunity is None:
                raise Http404
            quote.opportunity, quote.customer = opportunity, opportunity.customer
            quote.contact, quote.currency = opportunity.contact, opportunity.currency
        return quote

    def action(self, quote):
        act = super().action(quote)
        new_version = reverse(self.url_name("act"), args=[quote.pk, "revise"])
        return act if act is None or act["url"] != new_version or likely("revise", quote) else None

    def moves(self, quote):
        found = super().moves(quote)
        for move in found:
            move["primary"] = move["primary"] and likely(move["key"], quote)
        return found

    def papers(self, quote):
        return [
            (label, reverse("opportunities:quote_paper", args=[quote.pk, key]))
            for key, label in (("zh", _("PDF in Chinese")), ("en", _("PDF in English")))
        ]

    def extra(self, quote):
        may_send = access.allows(self.request.user, "opportunities.send_quote", quote)
        return {
            **super().extra(quote),
            "customer_link": links.address(quote) if may_send and quote.status == Quote.Status.SENT else None,
            "later": quote.later_versions.order_by("-pk").first(),
        }

    def paper(self, pk, language):
        """The quote as PDF."""
        if language not in LANGUAGES:
            raise Http404
        return pdf_response(self.get(pk), LANGUAGES[language])

    @classmethod
    def urls(cls, prefix):
        paper = path(f"{prefix}/<int:pk>/paper.<str:language>.pdf", cls.view("paper"), name="quote_paper")
        return [paper, *super().urls(prefix)]


def pdf_response(quote, language):
    headers = {"Content-Disposition": f'inline; filename="{quote.number}.pdf"'}
    return HttpResponse(quote_pdf(quote, language), content_type="application/pdf", headers=headers)


def opportunity_of_lead(pages, lead):
    """The opportunity a lead has become, on the lead's page."""
    rows = Opportunity.objects.filter(lead=lead)
    return pages.related_list(_("Opportunity"), OpportunityPages, rows) if lead.status == "converted" else None


def opportunities_of_customer(pages, customer):
    if not access.allows(pages.request.user, "opportunities.view_opportunity"):
        return None
    create = ("", "")
    if access.allows(pages.request.user, "opportunities.add_opportunity", customer):
        create = (f"{reverse('opportunities:opportunity_new')}?customer={customer.pk}", _("New opportunity"))
    columns = [column for column in OpportunityPages.columns if column.name != "customer"]
    rows = Opportunity.objects.filter(customer=customer).order_by("-pk")
    return pages.related_list(_("Opportunities"), OpportunityPages, rows, *create, columns=columns)


relate(Lead, opportunity_of_lead)
relate(Customer, opportunities_of_customer)
