"""The months of the books."""

from django.utils.translation import gettext_lazy as _

from billing.filters import PeriodFilter
from billing.models import Invoice, Payment, Period
from billing.services.periods import fill_months
from billing.views.invoices import InvoicePages
from billing.views.payments import PaymentPages
from crm.web import Column, RecordPages


class PeriodPages(RecordPages):
    model = Period
    filterset_class = PeriodFilter
    section = "billing"
    icon = "calendar"
    may_follow_up = False
    empty_text = _("No periods yet.")
    columns = (
        Column("period", _("period"), render=str, sort="first_day"),
        Column("status"),
        Column("first_day"),
        Column("last_day"),
        Column("status_since"),
    )
    facts = ("first_day", "last_day", "status_since")

    def list(self):
        fill_months()
        return super().list()

    def related(self, period):
        month = (period.first_day, period.last_day)
        invoices = Invoice.objects.with_balance().filter(issued_on__range=month).order_by("pk")
        payments = Payment.objects.with_unallocated().filter(received_on__range=month).order_by("pk")
        return [
            self.related_list(_("Invoices issued"), InvoicePages, invoices),
            self.related_list(_("Payments received"), PaymentPages, payments),
        ]
