"""The pages of campaigns and leads."""

from django.db.models import Count, Sum
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm import access, duplicates
from crm.doors import needs
from crm.web import Column, RecordPages, Related
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
    detail_template = "leads/campaign_detail.html"

    def related(self, campaign):
        found = [self.related_list(_("Leads"), LeadPages, campaign.leads.order_by("-pk"))]
        if access.sees_money(self.request.user, campaign):
            found.insert(0, self.spends(campaign))
        return found

    def spends(self, campaign):
        columns = (Column("spent_on"), Column("amount"), Column("note"), Column("booked_by", label=_("booked by")))
        user = self.request.user
        rows = campaign.spends.select_related("booked_by")[:50]
        return Related(
            label=_("Spend"),
            columns=[(column.name, column.title(campaign.spends.model), column.at) for column in columns],
            rows=[{"record": s, "url": "", "cells": [column.cell(s, user) for column in columns]} for s in rows],
        )

    def extra(self, campaign):
        user = self.request.user
        return {
            "by_state": self.by_state(campaign),
            "money": self.money(campaign) if access.sees_money(user, campaign) else None,
            "form_url": self.form_url(campaign) if access.allows(user, "leads.change_campaign", campaign) else None,
        }

    def by_state(self, campaign):
        """(label, number, address) of the campaign's leads in each state they are in."""
        seen = campaign.leads.visible_to(self.request.user).order_by()
        counts = dict(seen.values_list("status").annotate(Count("pk")))
        leads = f"{reverse('leads:lead_list')}?campaign={campaign.pk}"
        return [
            (status.label, counts[status], f"{leads}&status={status}") for status in Lead.Status if counts.get(status)
        ]

    def money(self, campaign):
        """What is spent against the budget, in the campaign's currency."""
        spent = campaign.spends.aggregate(sum=Sum("amount", default=0))["sum"]
        found = {"spent": spent, "budget": campaign.budget}
        if campaign.budget:
            found |= {"share": spent / campaign.budget, "left": campaign.budget - spent}
        return found

    def form_url(self, campaign):
        return self.request.build_absolute_uri(reverse("leads:public_form", args=[campaign.form_key]))


@needs("leads.add_lead")
def similar(request):
    """Likely duplicates of what is being typed into a form, as a notice."""
    known = {name: request.GET.get(name, "").strip()[:200] for name in ("phone", "email")}
    name = request.GET.get("company_name") or request.GET.get("name", "")
    besides = Lead.objects.filter(pk=key).first() if (key := request.GET.get("besides", "")).isdigit() else None
    found = duplicates.similar(request.user, name=name.strip()[:200], besides=besides, **known)
    return render(request, "_similar.html", {"similar": found})
