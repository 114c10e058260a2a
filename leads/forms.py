"""The fields people fill in for campaigns and leads."""

from crm.web import RecordForm
from leads.models import Campaign, Lead


class CampaignForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = Campaign
        fields = ("name", "channel", "starts_on", "ends_on", "budget", "currency", "owner", "description")


class LeadForm(RecordForm):
    """First who it is, by which duplicates are found; then what it is about."""

    WHO = ("company_name", "contact_name", "phone", "email")

    class Meta(RecordForm.Meta):
        model = Lead
        fields = (
            "company_name", "contact_name", "phone", "email", "contact_title", "channel", "campaign", "industry",
            "region", "need", "budget", "timing", "consent",
        )  # fmt: skip

    def prepare(self):
        first_wrong = next((name for name in self.fields if name in self.errors), "company_name")
        self.fields[first_wrong].widget.attrs["autofocus"] = True

    def who(self):
        return [self[name] for name in self.WHO]

    def what(self):
        return [bound for bound in self.visible_fields() if bound.name not in self.WHO]
