"""The fields people fill in for opportunities and quotes."""

from crm import choices
from crm.access import Role
from crm.models import User
from crm.web import RecordForm
from opportunities.models import Opportunity, Quote
from opportunities.quoting import valid_until_by_default


class OpportunityForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = Opportunity
        fields = ("name", "customer", "contact", "amount", "currency", "expected_close_on", "owner", "need")

    def prepare(self):
        self.fields["customer"].required = True
        self.fields["owner"].required = True
        self.fields["owner"].queryset = User.objects.filter(is_active=True, roles__overlap=["sales", "manager"])
        if not self.by.has_role(Role.MANAGER):
            self.instance.owner = self.instance.owner or self.by
            del self.fields["owner"]
        narrow_contacts(self, self.instance.customer_id or self.initial.get("customer"))


class QuoteForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = Quote
        fields = ("opportunity", "contact", "currency", "valid_until", "terms")

    def prepare(self):
        self.fields["valid_until"].required = False
        self.initial["valid_until"] = self.instance.valid_until or valid_until_by_default()
        if self.instance.pk:
            del self.fields["opportunity"]
        else:
            choices.within(self.fields["opportunity"], "open")
        narrow_contacts(self, self.instance.customer_id)

    def clean_valid_until(self):
        return self.cleaned_data["valid_until"] or valid_until_by_default()


def narrow_contacts(form, customer_id):
    """Offer the customer's own contacts; all one may see while the customer is open."""
    choices.within(form.fields["contact"], customer=customer_id)
