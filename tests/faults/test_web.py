"""A web process dies, or loses its database, in the middle of an act: sent again, the act is done once and whole."""

from decimal import Decimal

import pytest

from billing import services
from billing.models import Allocation, Invoice, InvoiceLine, Payment
from crm import people as office
from crm.access import SYSTEM
from crm.models import Event, KeptAnswer, WebhookDelivery, WebhookEndpoint
from leads.models import Lead
from tests.factories import CustomerFactory, issued_invoice, payment_of
from tests.faults.processes import Call, Web
from tests.faults.stops import stop_at, until

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def gunicorn(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock():
        web = Web(tmp_path_factory.mktemp("files"))
    yield web
    web.stop()


@pytest.fixture
def post(gunicorn, people):
    """Call the API as somebody of this role; each role has one token and one Idempotency-Key."""
    tokens = {}

    def begin(role, path, body):
        if role not in tokens:
            tokens[role] = office.make_token(name="ERP", may_write=True, by=people[role])[1]
        return Call(f"{gunicorn.url}/api/v1/{path}", tokens[role], body, key=f"{role}-1")

    return begin


class NewLead:
    role, record_type, verb = "sales", "lead", "created"

    def __init__(self, people):
        self.path, self.body = "leads/", {"company_name": "华兴制造", "phone": "13800001111"}

    def happened(self):
        return Lead.objects.exists()

    def check(self):
        assert Lead.objects.get().case_id


class ConfirmedPayment:
    role, record_type, verb = "finance", "payment", "confirm"

    def __init__(self, people):
        payment = payment_of(issued_invoice(owner=people["sales"], gross=1000), amount=400)
        self.path, self.body = f"payments/{payment.pk}/confirm/", {}

    def happened(self):
        return Payment.objects.get().status == "confirmed"

    def check(self):
        assert Allocation.objects.get().amount == Decimal(400)
        assert Invoice.objects.get().outstanding == Decimal(600)


class IssuedInvoice:
    role, record_type, verb = "finance", "invoice", "issue"

    def __init__(self, people):
        self.first = issued_invoice(owner=people["sales"])
        customer = CustomerFactory(owner=people["sales"])
        line = InvoiceLine(description="CRM", quantity=1, unit_price=10, tax_rate=0)
        self.invoice = Invoice(customer=customer, owner=people["sales"])
        services.save_invoice(self.invoice, lines=[line], by=SYSTEM)
        services.approve_invoice(self.invoice, by=SYSTEM)
        self.path, self.body = f"invoices/{self.invoice.pk}/issue/", {}

    def happened(self):
        return Invoice.objects.get(pk=self.invoice.pk).status == "issued"

    def check(self):
        numbers = [int(number[-4:]) for number in Invoice.objects.order_by("pk").values_list("number", flat=True)]
        assert numbers == [numbers[0], numbers[0] + 1]
        next_one = issued_invoice(owner=self.invoice.owner)
        assert int(next_one.number[-4:]) == numbers[1] + 1


@pytest.fixture(params=[NewLead, ConfirmedPayment, IssuedInvoice], ids=lambda act: act.__name__)
def act(request, people):
    return request.param(people)


def done_once(act, post):
    """Sent again with the same key, it is answered well and is there once; a third time changes nothing."""
    answers = [post(act.role, act.path, act.body).result() for _time in range(2)]
    assert [answer.status in (200, 201) for answer in answers] == [True, True], answers[0].data
    assert answers[0].data == answers[1].data
    act.check()
    told = Event.objects.filter(record_type=act.record_type, actor__roles__contains=[act.role])
    assert told.filter(verb=act.verb).count() == 1


def test_killed_in_the_middle_of_its_transaction(act, post, gunicorn):
    with stop_at("crm_event", f"NEW.record_type = '{act.record_type}'") as stop:
        call = post(act.role, act.path, act.body)
        stop.wait()
        gunicorn.kill_worker()
        assert call.result() is None
    assert not act.happened()
    assert not KeptAnswer.objects.exists()
    done_once(act, post)


def test_killed_between_commit_and_answer(act, post, gunicorn, people):
    WebhookEndpoint.objects.create(url="https://example.com/", owner=people["admin"], acts_as=people["boss"])
    with gunicorn.deaf_broker():  # waking the webhooks comes after the commit and before the answer
        call = post(act.role, act.path, act.body)
        until(act.happened)
        gunicorn.kill_worker()
        assert call.result() is None
    waiting = WebhookDelivery.objects.get(event__record_type=act.record_type, event__verb=act.verb)
    assert waiting.status == "queued"
    WebhookEndpoint.objects.update(active=False)
    done_once(act, post)


def test_its_connection_to_the_database_is_cut(act, post, gunicorn):
    with stop_at("crm_event", f"NEW.record_type = '{act.record_type}'") as stop:
        call = post(act.role, act.path, act.body)
        stop.cut()
        assert call.result().status >= 500
    assert not act.happened()
    done_once(act, post)
