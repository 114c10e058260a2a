"""The pages of write-offs."""

from django.utils.translation import gettext_lazy as _

from billing.filters import WriteOffFilter
from billing.models import WriteOff
from billing.views.columns import CUSTOMER
from crm.web import Column, RecordPages


class WriteOffPages(RecordPages):
    """They are asked for on the page of an invoice."""

    model = WriteOff
    filterset_class = WriteOffFilter
    section = "billing"
    icon = "receipt-off"
    select_related = ("owner__team", "customer__owner__team", "invoice", "submitted_by", "decided_by")
    empty_text = _("No write-offs. They are asked for on the page of the invoice that will not be paid.")
    columns = (
        Column("number", sort="number"),
        Column("invoice"),
        CUSTOMER,
        Column("status"),
        Column("amount", sort="amount"),
        Column("written_off_on", sort="written_off_on"),
        Column("submitted_by"),
        Column("reason"),
    )
    in_brief = (Column("number"), Column("status"), Column("amount"), Column("written_off_on"))
    facts = (
        "invoice", "customer", "amount", "reason", "submitted_by", "decided_by", "written_off_on", "reversed_on",
        "owner",
    )  # fmt: skip
