"""The database connection is cut in the middle of an act: nothing is half done, and the next try does it once."""

import psycopg2
import pytest
from django.db import OperationalError, close_old_connections, connection

from crm import events, work
from crm.models import Comment, Event
from tests.factories import LeadFactory, issued_invoice

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cut(monkeypatch):
    """The server ends our connection when the next event is about to be written."""

    def now(*args, **kwargs):
        monkeypatch.undo()
        params = connection.get_connection_params()
        place = {key: params[key] for key in ("dbname", "user", "password", "host", "port") if key in params}
        with psycopg2.connect(**place) as other, other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
        return events.write(*args, **kwargs)

    def armed(module):
        monkeypatch.setattr(module.events, "write", now)

    return armed


def test_a_comment_cut_off_is_not_there_and_is_there_once_after_the_next_try(people, cut):
    lead = LeadFactory(owner=people["sales"])
    cut(work)
    with pytest.raises(OperationalError):
        work.comment(lead, text="Call them", by=people["sales"])
    close_old_connections()
    assert not Comment.objects.exists()
    work.comment(lead, text="Call them", by=people["sales"])
    assert Comment.objects.count() == Event.objects.filter(verb="commented").count() == 1


def test_an_invoice_cut_off_while_being_issued_leaves_no_gap_in_the_numbers(people, cut):
    from billing import services
    from billing.models import Invoice, InvoiceLine
    from crm.access import SYSTEM

    first = issued_invoice(owner=people["sales"])
    invoice = Invoice(customer=first.customer, owner=people["sales"])
    line = InvoiceLine(description="CRM", quantity=1, unit_price=10, tax_rate=0)
    services.save_invoice(invoice, lines=[line], by=SYSTEM)
    services.approve_invoice(invoice, by=SYSTEM)
    cut(work)
    with pytest.raises(OperationalError):
        services.issue_invoice(invoice, by=SYSTEM)
    close_old_connections()
    invoice = Invoice.objects.get(pk=invoice.pk)
    assert invoice.status == "approved" and invoice.number.startswith("R-")  # still the number of a request
    services.issue_invoice(invoice, by=SYSTEM)
    assert int(invoice.number[-4:]) == int(first.number[-4:]) + 1
