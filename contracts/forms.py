"""The fields people fill in for contracts, amendments, orders and deliveries."""

from django import forms
from django.core.validators import MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as text

from contracts.models import Amendment, Contract, Delivery, DeliveryLine, Instalment, Order, OrderLine
from crm import choices, clock
from crm.access import Role
from crm.models import User
from crm.templatetags.formatting import plain
from crm.verbs import VerbForm
from crm.web import RecordForm
from crm.web.forms import DateInput, formfield


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
            choices.within(self.fields["opportunity"], "open")
        choices.within(self.fields["contact"], customer=contract.customer_id)
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
            choices.within(self.fields["contract"], "signed")


class OrderLineForm(forms.ModelForm):
    """Only the quantity is the order's to say; the rest is the contract's."""

    class Meta:
        model = OrderLine
        fields = ("description", "unit_price", "quantity")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("description", "unit_price"):
            self.fields[name].disabled = True


def order_lines(data, order):
    made = forms.inlineformset_factory(
        Order, OrderLine, form=OrderLineForm, extra=0, max_num=order.lines.count(), can_delete=True
    )
    return made(data, instance=order, prefix="lines")


PlanFormSet = forms.inlineformset_factory(
    Contract, Instalment, fields=("label", "due_on", "amount"), formfield_callback=formfield, extra=1, can_delete=True
)


def add_quantities(form, order, own=None):
    """A field for each line of the order with room left, proposing all of it; `own` is what a delivery has now."""
    own, form.quantities = own or {}, {}
    for line in order.lines.with_delivered().select_related("product"):
        room = line.left + own.get(line.pk, 0)
        if room <= 0:
            continue
        name = f"quantity_{line.pk}"
        form.quantities[name] = line
        form.fields[name] = forms.DecimalField(
            label=str(line),
            required=False,
            max_digits=12,
            decimal_places=3,
            validators=[MinValueValidator(0)],
            initial=(own.get(line.pk) if own else room),
            help_text=_("%(room)s of %(quantity)s left to deliver")
            % {"room": plain(room), "quantity": plain(line.quantity)},
        )


def typed_quantities(form):
    """{order line: quantity} of what is to go; empty and 0 mean nothing of it."""
    typed = {line: form.cleaned_data.get(name) for name, line in form.quantities.items()}
    return {line: quantity for line, quantity in typed.items() if quantity}


class DeliveryForm(RecordForm):
    """When and how it goes, and how much of each line of the order."""

    class Meta(RecordForm.Meta):
        model = Delivery
        fields = ("planned_on", "carrier", "tracking_number", "checklist")

    def prepare(self):
        own = dict(self.instance.lines.values_list("order_line", "quantity"))
        add_quantities(self, self.instance.order, own)

    def lines(self):
        return [DeliveryLine(order_line=line, quantity=quantity) for line, quantity in typed_quantities(self).items()]


class PlanForm(VerbForm):
    """A first or further delivery of an order. Where no quantity is given at all, everything left goes."""

    planned_on = forms.DateField(label=text("planned for"), widget=DateInput)

    def prepare(self):
        self.initial.setdefault("planned_on", max(self.record.promised_on or clock.today(), clock.today()))
        add_quantities(self, self.record)

    def clean(self):
        said = any(name in self.data for name in self.quantities)
        quantities = typed_quantities(self) if said else None
        return {"planned_on": self.cleaned_data.get("planned_on"), "quantities": quantities}
