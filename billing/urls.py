from django.urls import path
from django.utils.translation import gettext_lazy as _

from billing.bank.urls import urls as bank_urls
from billing.reports.catalogue import REPORTS
from billing.views import checks, journals, papers, reports, statements
from billing.views.collecting import DisputePages, DunningLevelPages, PromisePages, ReminderPages
from billing.views.credit import CreditLimitPages, CreditReleasePages
from billing.views.credits import CreditNotePages
from billing.views.invoices import InvoicePages
from billing.views.journals import AccountCodePages, JournalFormatPages
from billing.views.payments import PaymentPages
from billing.views.periods import PeriodPages
from billing.views.write_offs import WriteOffPages
from crm import frame

app_name = "billing"
urlpatterns = [
    *InvoicePages.urls("invoices"),
    path("invoices/<int:pk>/paper.<str:language>.pdf", papers.invoice_paper, name="invoice_paper"),
    *PaymentPages.urls("payments"),
    *CreditNotePages.urls("credit-notes"),
    path("credit-notes/<int:pk>/paper.<str:language>.pdf", papers.credit_note_paper, name="creditnote_paper"),
    *WriteOffPages.urls("write-offs"),
    *ReminderPages.urls("reminders"),
    *PromisePages.urls("promises"),
    *DisputePages.urls("disputes"),
    *DunningLevelPages.urls("dunning-levels"),
    *CreditLimitPages.urls("credit-limits"),
    *CreditReleasePages.urls("credit-releases"),
    path("billing/ageing/", reports.page(REPORTS["ageing"]), name="ageing"),
    path("billing/reports/", reports.index, name="reports"),
    *(path(f"billing/reports/{key}/", reports.page(one), name=f"report_{key}") for key, one in REPORTS.items()),
    *(
        path(f"billing/reports/{key}/{key}.<str:kind>", reports.file(one), name=f"report_{key}_file")
        for key, one in REPORTS.items()
    ),
    path("billing/checks/", checks.money_checks, name="checks"),
    path("billing/checks/run/", checks.check_now, name="check_now"),
    path("billing/statements/<int:pk>/statement.<str:language>.pdf", papers.statement, name="statement"),
    path("billing/statements/<int:pk>/", statements.statement_page, name="statement_page"),
    path("billing/statements/<int:pk>/send/", statements.send, name="statement_send"),
    path("i/<str:key>/", papers.customer_invoice, name="customer_invoice"),
    path("i/<str:key>/invoice.pdf", papers.customer_invoice_pdf, name="customer_invoice_pdf"),
    *PeriodPages.urls("periods"),
    path("periods/<int:pk>/journal/<slug:key>.csv", journals.journal, name="journal"),
    *AccountCodePages.urls("account-codes"),
    *JournalFormatPages.urls("journal-formats"),
    *bank_urls,
]
frame.add("books", _("reports"), "billing:reports", "billing.view_report")
frame.add("books", _("ageing"), "billing:ageing", "billing.view_invoice_terms")
frame.add("books", _("money checks"), "billing:checks", "billing.view_moneycheck")
