"""The pages of deliveries."""

from django.http import Http404
from django.utils.translation import gettext_lazy as _

from contracts.filters import DeliveryFilter
from contracts.forms import DeliveryForm
from contracts.models import Delivery
from contracts.services import deliveries
from crm.web import Column, RecordPages


class DeliveryPages(RecordPages):
    model = Delivery
    filterset_class = DeliveryFilter
    form_class = DeliveryForm
    detail_template = "contracts/delivery_detail.html"
    section = "contracts"
    store = staticmethod(deliveries.save_delivery)
    select_related = ("owner__team", "customer__owner__team", "order__contract__contact")
    empty_text = _("No deliveries yet. They are planned on the page of a confirmed order.")
    create_url = None  # a delivery is planned on its order
    in_brief = (
        Column("number", sort="number"),
        Column("status", sort="status"),
        Column("planned_on", sort="planned_on"),
        Column("shipped_on", sort="shipped_on"),
        Column("delivered_on", sort="delivered_on"),
        Column("tracking_number"),
    )
    columns = (
        Column("number", sort="number"),
        Column("order", sort="order__number"),
        Column("customer", sort="customer__name"),
        Column("status", sort="status"),
        Column("planned_on", sort="planned_on"),
        Column("carrier"),
        Column("tracking_number"),
        Column("shipped_on", sort="shipped_on"),
        Column("delivered_on", sort="delivered_on"),
    )
    facts = (
        "order", "customer", "order__ship_to", "planned_on", "carrier", "tracking_number", "shipped_on", "delivered_on",
        "accepted_on", "accepted_by", "checklist",
    )  # fmt: skip

    def heading(self, delivery):
        return str(delivery.customer)

    def editable(self, delivery):
        return delivery.status == Delivery.Status.PLANNED

    def extra(self, delivery):
        return {"parts": delivery.lines.select_related("order_line__product").order_by("order_line__position")}

    def new(self):
        raise Http404

    def typed_rows(self, form, parts):
        return {"lines": form.lines()}
