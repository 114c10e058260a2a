"""The pages of campaigns and leads."""

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from crm import access
from crm.web import Column, RecordPages
from leads import services
from leads.filters import CampaignFilter, LeadFilter
from leads.forms import CampaignForm, LeadForm
from leads.models import Campaign, Lead


class LeadPages(RecordPages):
    model = Lead
    filterset_class = LeadFilter
    form_class = LeadForm
    form_template = "leads/lead_form.html"
    section = "leads"
    quick_create = True
    store = staticmethod(services.log)
    select_related = ("owner__team", "campaign")
    empty_text = _("No leads yet. Log one, or import a list.")
    columns = (
        Column("company_name", sort="company_name"),
        Column("contact_name"),
        Column("status", sort="status"),
        Column("grade", sort="grade"),
        Column("channel", sort="channel"),
        Column("campaign"),
        Column("owner"),
        Column("last_contact_at", sort="last_contact_at"),
        Column("created_at", sort="created_at"),
    )
    facts = (
        "contact_name", "contact_title", "phone", "email", "owner", "campaign", "channel", "industry", "region",
        "need", "budget", "timing", "grade", "consent", "disqualified_reason", "created_at",
    )  # fmt: skip


class CampaignPages(RecordPages):
    model = Campaign
    filterset_class = CampaignFilter
    form_class = CampaignForm
    section = "leads"
    quick_create = True
    select_related = ("owner__team",)
    empty_text = _("No campaigns yet.")
    columns = (
        Column("name", sort="name"),
        Column("status", sort="status"),
        Column("channel", sort="channel"),
        Column("starts_on", sort="starts_on"),
        Column("ends_on"),
        Column("budget", sort="budget"),
        Column("owner"),
    )
    facts = ("channel", "starts_on", "ends_on", "budget", "owner", "description")

    def related(self, campaign):
        found = [self.related_list(_("Leads"), LeadPages, campaign.leads.order_by("-pk"))]
        if access.sees_money(self.request.user, campaign):
            found.insert(0, self.spends(campaign))
        return found

    def spends(self, campaign):
        from crm.web import Related
        from crm.web.columns import show

        columns = (Column("spent_on"), Column("amount"), Column("note"))
        total = campaign.spends.aggregate(sum=Sum("amount"))["sum"]
        label = _("Spend") if total is None else f"{_('Spend')} · {show(total, campaign.currency)}"
        return Related(
            label=label,
            columns=[(c.name, c.title(campaign.spends.model), c.at) for c in columns],
            rows=[
                {"record": spend, "url": "", "cells": [c.cell(spend, self.request.user) for c in columns]}
                for spend in campaign.spends.all()[:50]
            ],
        )
