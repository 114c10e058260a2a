"""The fields people fill in for contracts, amendments, orders and deliveries."""

from django import forms
from django.core.validators import MinValueValidator
from django.utils.translation import gettext as _

from contracts.models import Amendment, Contract, ContractLine, Delivery, DeliveryLine, Instalment, Order, OrderLine
from crm.access import Role
from crm.models import Contact, User
from crm.templatetags.formatting import plain
from crm.web import RecordForm
from crm.web.forms import formfield
from crm.web.lines import line_formset


class ContractForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = Contract
        fields = (
            "title", "customer", "contact", "opportunity", "currency", "starts_on", "ends_on", "promised_on", "owner",
            "terms",
        )  # fmt: skip

    def prepare(self):
        contract = self.instance
        self.fields["customer"].required = not contract.opportunity_id
        if contract.opportunity_id:  # the deal says whose contract it is
            contract.customer = contract.opportunity.customer
            contract.title = contract.title or contract.opportunity.name
            self.initial["title"] = contract.title
            del self.fields["customer"], self.fields["opportunity"]
        else:
            self.fields["opportunity"].queryset = self.fields["opportunity"].queryset.open().order_by("-pk")
        if contract.customer_id:
            contacts = Contact.objects.visible_to(self.by).filter(customer=contract.customer_id)
            self.fields["contact"].queryset = contacts
        if self.by.has_role(Role.MANAGER, Role.SALES_SUPPORT):
            self.fields["owner"].queryset = User.objects.filter(is_active=True, roles__overlap=["sales", "manager"])
        else:
            contract.owner = contract.owner or self.by
            del self.fields["owner"]


class AmendmentForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = Amendment
        fields = ("reason", "due_on")


class OrderForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = Order
        fields = ("contract", "promised_on", "ship_to")

    def prepare(self):
        if self.instance.pk:
            del self.fields["contract"]
        else:
            signed = self.fields["contract"].queryset.filter(status=Contract.Status.SIGNED)
            self.fields["contract"].queryset = signed.order_by("-pk")


class OrderLineForm(forms.ModelForm):
    """Only the quantity is the order's to say; the rest is the contract's."""

    class Meta:
        model = OrderLine
        fields = ("description", "unit_price", "quantity")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("description", "unit_price"):
            self.fields[name].disabled = True


def contract_lines(data, **options):
    return line_formset(Contract, ContractLine)(data, prefix="lines", **options)


def order_lines(data, order):
    made = forms.inlineformset_factory(
        Order, OrderLine, form=OrderLineForm, extra=0, max_num=order.lines.count(), can_delete=True
    )
    return made(data, instance=order, prefix="lines")


PlanFormSet = forms.inlineformset_factory(
    Contract, Instalment, fields=("label", "due_on", "amount"), formfield_callback=formfield, extra=1, can_delete=True
)


class DeliveryForm(RecordForm):
    """When and how it goes, and how much of each line of the order."""

    class Meta(RecordForm.Meta):
        model = Delivery
        fields = ("planned_on", "carrier", "tracking_number", "checklist")

    def prepare(self):
        own = dict(self.instance.lines.values_list("order_line", "quantity")) if self.instance.pk else {}
        self.quantities = {}
        for line in self.instance.order.lines.with_delivered().select_related("product"):
            room = line.left + own.get(line.pk, 0)
            if room <= 0:
                continue
            name = f"quantity_{line.pk}"
            self.quantities[name] = line
            self.fields[name] = forms.DecimalField(
                label=str(line),
                required=False,
                max_digits=12,
                decimal_places=3,
                validators=[MinValueValidator(0)],
                initial=own.get(line.pk, room if not own else None),
                help_text=_("%(room)s of %(quantity)s left to deliver")
                % {"room": plain(room), "quantity": plain(line.quantity)},
            )

    def lines(self):
        """What is to go, line by line; empty and 0 mean nothing of it."""
        typed = {line: self.cleaned_data.get(name) for name, line in self.quantities.items()}
        return [DeliveryLine(order_line=line, quantity=quantity) for line, quantity in typed.items() if quantity]
