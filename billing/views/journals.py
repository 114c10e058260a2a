"""The journal of a period as a file, and how accounting systems want it."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _

from billing import journal as journals
from billing.filters import AccountCodeFilter, JournalFormatFilter
from billing.forms import AccountCodeForm, JournalFormatForm
from billing.models import AccountCode, JournalFormat, Period
from crm.doors import needs
from crm.web import Column, RecordPages


@needs("billing.view_journal")
def journal(request, pk, key):
    """The vouchers of a period, as the accounting system reads them."""
    period, form = get_object_or_404(Period, pk=pk), get_object_or_404(JournalFormat, key=key)
    response = HttpResponse(journals.file(period, form), content_type=f"text/csv; charset={charset(form)}")
    response["Content-Disposition"] = content_disposition_header(True, f"{key}-{period}.csv")
    return response


def charset(form):
    return "utf-8" if form.encoding == JournalFormat.Encoding.UTF8 else form.encoding


class AccountCodePages(RecordPages):
    """There is one per account of the ledger; its code and name are the company's own."""

    model = AccountCode
    filterset_class = AccountCodeFilter
    form_class = AccountCodeForm
    section = "books"
    icon = "list-numbers"
    may_follow_up = False
    empty_text = _("No account codes yet.")
    columns = (Column("account"), Column("code", sort="code"), Column("name", sort="name"))
    facts = ("account", "code", "name")

    def rows(self):
        AccountCode.fill()
        return super().rows()


class JournalFormatPages(RecordPages):
    model = JournalFormat
    filterset_class = JournalFormatFilter
    form_class = JournalFormatForm
    section = "books"
    icon = "table-export"
    may_follow_up = False
    empty_text = _("No journal formats yet.")
    columns = (Column("name", sort="name"), Column("key"), Column("encoding"))
    facts = ("name", "key", "encoding", "columns")

    def rows(self):
        JournalFormat.fill()
        return super().rows()
