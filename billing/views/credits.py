"""The pages of credit notes."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing.filters import CreditNoteFilter
from billing.forms import CreditNoteForm
from billing.models import CreditNote
from billing.services import save_credit_note
from billing.views.columns import CUSTOMER, NUMBER
from crm.web import Column, RecordPages


class CreditNotePages(RecordPages):
    model = CreditNote
    filterset_class = CreditNoteFilter
    form_class = CreditNoteForm
    section = "billing"
    icon = "receipt-refund"
    store = staticmethod(save_credit_note)
    select_related = ("owner__team", "customer__owner__team", "invoice")
    empty_text = _("No credit notes. They are drafted on the page of the invoice they take back.")
    columns = (
        NUMBER,
        Column("invoice"),
        CUSTOMER,
        Column("status"),
        Column("amount", sort="amount"),
        Column("issued_on", sort="issued_on"),
        Column("reason"),
    )
    in_brief = (NUMBER, Column("status"), Column("amount"), Column("issued_on"))
    facts = ("invoice", "customer", "amount", "net", "tax", "issued_on", "reason", "owner")

    def editable(self, note):
        return note.status == CreditNote.Status.DRAFT

    def papers(self, note):
        return [
            (label, reverse("billing:creditnote_paper", args=[note.pk, language]))
            for language, label in (("zh", _("PDF in Chinese")), ("en", _("PDF in English")))
        ]
