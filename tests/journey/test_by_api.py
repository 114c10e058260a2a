"""The whole chain, from campaign to cash and feedback, over the API alone, each step by the role whose work it is."""

import re
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from crm import clock
from crm import people as office
from crm.access import Role
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db(transaction=True)
LEADS = "公司,联系人,电话,邮箱\n华兴制造,张伟,13800001111,zhang@example.com\n云帆信息,李娜,13800002222,\n,没有公司,x,\n"


class Caller:
    """Somebody's program with their token; every answer but the expected one fails the test."""

    def __init__(self, user):
        _token, key = office.make_token(name="journey", may_write=True, by=user)
        self.client, self.user = APIClient(), user
        self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")

    def _expect(self, answer, code):
        assert answer.status_code == code, (answer.status_code, answer.content.decode()[:2000])
        return answer.json()

    def get(self, path, code=200):
        return self._expect(self.client.get(f"/api/v1/{path}"), code)

    def post(self, path, body=None, code=201, **options):
        return self._expect(self.client.post(f"/api/v1/{path}", body or {}, **options), code)

    def do(self, records, pk, verb, code=200, **body):
        return self.post(f"{records}/{pk}/{verb}/", body, code=code)


@pytest.fixture
def callers(people):
    return SimpleNamespace(**{role: Caller(people[role]) for role in Role.values})


def test_a_lead_becomes_cash_and_the_customer_is_heard(callers, client):
    opportunity = market_and_sell(callers)
    contract = quote_and_contract(callers, client, opportunity)
    order = deliver(callers, contract)
    invoice = bill_and_collect(callers, contract)
    listen(callers, client)
    read_the_chain(callers, opportunity, contract, order, invoice)


def market_and_sell(callers):
    today = clock.today()
    dates = {"starts_on": str(today), "ends_on": str(today + timedelta(days=30))}
    campaign = callers.marketing.post(
        "campaigns/", {"name": "2026春季展会", "channel": "exhibition", "budget": "80000", **dates}
    )
    callers.marketing.do("campaigns", campaign["id"], "activate")
    callers.marketing.do("campaigns", campaign["id"], "book_spend", amount="20000", spent_on=str(today))
    file = SimpleUploadedFile("leads.csv", LEADS.encode("gb18030"), content_type="text/csv")
    brought = callers.marketing.post("imports/", {"file": file, "kind": "leads"}, format="multipart")
    callers.marketing.do("imports", brought["id"], "answers", whole={"campaign": campaign["id"]})
    callers.marketing.do("imports", brought["id"], "preview")
    callers.marketing.do("imports", brought["id"], "run")
    brought = callers.marketing.get(f"imports/{brought['id']}/")
    assert (brought["counts"]["created"], brought["counts"]["refused"]) == (2, 1), brought

    lead = callers.sales.get("leads/?q=华兴")["results"][0]
    callers.sales.do("leads", lead["id"], "claim")
    callers.sales.do("leads", lead["id"], "contact", kind="call", summary="要20台传感器", next_step="发报价")
    callers.sales.do("leads", lead["id"], "qualify", need="传感器", budget="100000", timing="now")
    won = callers.sales.do("leads", lead["id"], "convert", opportunity_name="传感器一期", amount="90000")
    assert won["result"]["record_type"] == "opportunity"
    return callers.sales.get(f"opportunities/{won['result']['id']}/")


def quote_and_contract(callers, client, opportunity):
    callers.sales.do("opportunities", opportunity["id"], "move", stage="proposal")
    callers.sales.do("opportunities", opportunity["id"], "request_quote")
    sensor = ProductFactory(name="传感器", price=5000)
    lines = [{"product": sensor.pk, "quantity": "20", "unit_price": "5000", "discount_percent": "20", "tax_rate": "13"}]
    quote = callers.sales_support.post("quotes/", {"opportunity": opportunity["id"], "lines": lines})
    assert quote["gross"] == "90400.00"
    waiting = callers.sales_support.do("quotes", quote["id"], "submit")
    assert waiting["status"] == "in_approval"
    callers.sales_support.do("quotes", quote["id"], "approve", code=403)
    callers.manager.do("quotes", quote["id"], "approve")
    callers.sales.do("quotes", quote["id"], "send", to="zhang@example.com", language="zh-hans")
    link = re.search(r"/q/\w+/", mail.outbox[-1].body).group()
    client.post(link, {"answer": "accept", "accepted_by": "张伟", "name": "张伟"})
    assert callers.sales.get(f"quotes/{quote['id']}/")["status"] == "accepted"

    drafted = callers.sales_support.do("quotes", quote["id"], "draft_contract")
    contract = callers.sales.get(f"contracts/{drafted['result']['id']}/")
    assert contract["gross"] == quote["gross"]
    callers.sales.do("contracts", contract["id"], "submit")
    callers.finance.do("contracts", contract["id"], "return", reason="付款条件太长")
    callers.sales.do("contracts", contract["id"], "submit")
    callers.finance.do("contracts", contract["id"], "approve")
    signed = callers.sales.do("contracts", contract["id"], "sign", signed_on=str(clock.today()))
    assert signed["status"] == "signed"
    assert callers.sales.get(f"opportunities/{opportunity['id']}/")["status"] == "won"
    return signed


def deliver(callers, contract):
    order = callers.sales.get(f"orders/?contract={contract['id']}")["results"][0]
    callers.sales.do("orders", order["id"], "confirm")
    callers.operations.do("orders", order["id"], "start")
    line = order["lines"][0]["id"]
    for quantity in ("12", "8"):
        body = {"order": order["id"], "planned_on": str(clock.today())}
        parcel = callers.operations.post("deliveries/", {**body, "lines": [{"order_line": line, "quantity": quantity}]})
        callers.operations.do("deliveries", parcel["id"], "ship", carrier="顺丰", tracking_number=f"SF{quantity}")
        callers.operations.do("deliveries", parcel["id"], "deliver", delivered_on=str(clock.today()))
        callers.operations.do("deliveries", parcel["id"], "accept", accepted_by="张伟", accepted_on=str(clock.today()))
    done = callers.operations.get(f"orders/{order['id']}/")
    assert done["status"] == "accepted"
    return done


def bill_and_collect(callers, contract):
    """The first instalment was due on signing and so requested by itself; sales request the rest."""
    first = callers.finance.get(f"invoices/?contract={contract['id']}")["results"][0]
    rest = callers.sales.post("invoices/", {"contract": contract["id"]})
    assert Decimal(first["gross"]) + Decimal(rest["gross"]) == Decimal(contract["gross"])
    callers.sales.do("invoices", rest["id"], "issue", code=403)
    numbers = [issue(callers, invoice)["issued_number"] for invoice in (first, rest)]
    assert [number[-5:] for number in numbers] == ["00001", "00002"]

    callers.finance.do("invoices", rest["id"], "send", to="zhang@example.com", language="zh")
    assert any(name.endswith(".pdf") for name, *_more in mail.outbox[-1].attachments)

    pay(callers, first, first["gross"], "B-1")
    assert pay(callers, rest, "40000", "B-2")["payment_state"] == "partly_paid"
    paid = pay(callers, rest, str(Decimal(rest["gross"]) - 40000), "B-3")
    assert (paid["payment_state"], paid["outstanding"]) == ("paid", "0.00")
    return paid


def issue(callers, invoice):
    callers.finance.do("invoices", invoice["id"], "approve")
    return callers.finance.do("invoices", invoice["id"], "issue")


def pay(callers, invoice, amount, reference):
    """Sales claim that money came; finance confirm it; the invoice knows."""
    claim = {"invoice": invoice["id"], "customer": invoice["customer"], "received_on": str(clock.today())}
    payment = callers.sales.post("payments/", {**claim, "amount": amount, "reference": reference})
    callers.sales.do("payments", payment["id"], "confirm", code=403)
    callers.finance.do("payments", payment["id"], "confirm")
    return callers.finance.get(f"invoices/{invoice['id']}/")


def listen(callers, client):
    survey = next(message for message in reversed(mail.outbox) if "/s/" in message.body)
    client.post(re.search(r"/s/\w+/", survey.body).group(), {"score": 2, "comment": "第二批晚了"})
    ticket = callers.service.get("tickets/?kind=complaint")["results"][0]
    callers.service.do("tickets", ticket["id"], "answer", text="非常抱歉")
    callers.service.do("tickets", ticket["id"], "resolve", resolution="道歉并赠送一年质保")
    closed = callers.service.do("tickets", ticket["id"], "close")
    assert closed["status"] == "closed"


def read_the_chain(callers, opportunity, contract, order, invoice):
    chain = callers.finance.get(f"cases/{opportunity['case']}/")
    kinds = [record["record_type"] for record in chain["records"]]
    assert [kind for at, kind in enumerate(kinds) if kind not in kinds[:at]] == [
        "campaign", "lead", "opportunity", "quote", "contract", "order", "invoice", "payment", "delivery", "ticket",
        "surveyinvitation",
    ]  # fmt: skip
    assert {contract["case"], order["case"], invoice["case"]} == {opportunity["case"]}
    verbs = [event["verb"] for event in chain["events"]]
    order = [verbs.index(verb) for verb in ("claim", "convert", "sign", "ship")]
    assert order == sorted(order)
    assert {event["source"] for event in chain["events"]} >= {"api", "import"}
    revenue = callers.manager.get("kpis/revenue/")
    assert revenue["value"] is not None
