"""The fields people fill in for campaigns and leads."""

from crm.web import RecordForm
from leads.models import Campaign, Lead


class CampaignForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = Campaign
        fields = ("name", "channel", "starts_on", "ends_on", "budget", "currency", "owner", "description")


class LeadForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = Lead
        fields = (
            "company_name", "contact_name", "phone", "email", "contact_title", "channel", "campaign", "industry",
            "region", "need", "budget", "timing", "consent",
        )  # fmt: skip
