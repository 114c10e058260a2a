"""Billing over the API, and that both doors of every verb do and refuse the same."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from billing import services
from billing.models import CreditNote, Invoice, Payment, Period
from crm import clock
from crm.access import SYSTEM
from tests.factories import CustomerFactory, issued_invoice, payment_of, signed_contract

pytestmark = pytest.mark.django_db
TODAY = clock.today


def requested(people):
    return services.request_invoice(contract=signed_contract(people["sales"]), by=people["sales"])


def approved(people):
    return services.approve_invoice(requested(people), by=SYSTEM)


def issued(people):
    return issued_invoice(people["sales"])


def sent(people):
    return services.send_invoice(issued(people), to="a@example.com", language="en", by=SYSTEM)


def claimed(people):
    return payment_of(issued(people), 400)


def received(people):
    return services.confirm(payment_of(None, 400, customer=CustomerFactory(owner=people["sales"])), by=SYSTEM)


def asked_back(people):
    return services.request_refund(received(people), amount=Decimal(400), reason="Twice", by=SYSTEM)


def drafted_note(people):
    return services.save_credit_note(CreditNote(invoice=issued(people), amount=1, reason="Less"), by=SYSTEM)


def last_month(people):
    return Period.objects.of(clock.today().replace(day=1) - timedelta(days=1))


def closed_month(people):
    return services.close_period(last_month(people), by=SYSTEM)


MAIL = {"to": "a@example.com", "language": "en"}
VERBS = [  # record, its address in the API, verb, who does it, input, the state after
    (requested, "invoices", "approve", "finance", {}, "approved"),
    (requested, "invoices", "return", "finance", {"reason": "No title"}, "draft"),
    (approved, "invoices", "issue", "finance", {}, "issued"),
    (issued, "invoices", "send", "finance", MAIL, "sent"),
    (sent, "invoices", "resend", "finance", MAIL, "sent"),
    (sent, "invoices", "record_payment", "sales", {"amount": "5", "received_on": "2026-01-31"}, "sent"),
    (issued, "invoices", "void", "finance", {"reason": "Wrong"}, "void"),
    (issued, "invoices", "reverse", "finance", {"reason": "Back"}, "reversed"),
    (claimed, "payments", "confirm", "finance", {}, "confirmed"),
    (claimed, "payments", "bounce", "finance", {"reason": "Bank"}, "bounced"),
    (received, "payments", "reverse", "finance", {"reason": "Mistake"}, "reversed"),
    (received, "payments", "request_refund", "finance", {"amount": "1", "reason": "Twice"}, "confirmed"),
    (asked_back, "payments", "refund", "manager", {}, "refunded"),
    (asked_back, "payments", "decline_refund", "manager", {"reason": "No"}, "confirmed"),
    (drafted_note, "credit-notes", "issue", "finance", {}, "applied"),
    (last_month, "periods", "close", "finance", {}, "closed"),
    (closed_month, "periods", "reopen", "manager", {"reason": "Late"}, "open"),
]
DOORS = ["page", "api"]


def go(door, record, prefix, verb, user, values, browse, call):
    """The status of the answer, successes all alike."""
    if door == "api":
        status = call(user).post(f"/api/v1/{prefix}/{record.pk}/{verb}/", values).status_code
    else:
        address = reverse(f"billing:{record._meta.model_name}_act", args=[record.pk, verb])
        status = browse(user).post(address, values).status_code
    return 200 if status == 302 else status


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("make", "prefix", "verb", "role", "values", "after"), VERBS)
def test_a_verb_has_the_same_effect_by_both_doors(people, browse, call, make, prefix, verb, role, values, after, door):
    record = make(people)
    assert go(door, record, prefix, verb, people[role], values, browse, call) == 200
    record.refresh_from_db()
    assert record.status == after


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("make", "prefix", "verb", "role", "values", "after"), VERBS)
def test_a_verb_is_refused_alike_to_who_may_not(people, browse, call, make, prefix, verb, role, values, after, door):
    record = make(people)
    before = record.status
    wrong = people["finance"] if role in ("sales", "manager") and verb != "record_payment" else people["admin"]
    if wrong == people["admin"]:
        wrong.roles = ["admin", "service"] if prefix == "invoices" else ["admin", "sales"]
        wrong.roles = wrong.roles if prefix != "periods" else ["admin", "manager"]
        record_owner(record, wrong)
        wrong.save()
    assert go(door, record, prefix, verb, wrong, values, browse, call) == 403
    record.refresh_from_db()
    assert record.status == before


def record_owner(record, user):
    """The refused one sees the record, so that it is the act that is refused."""
    if hasattr(record, "owner_id"):
        type(record).objects.filter(pk=record.pk).update(owner=user)


@pytest.mark.parametrize("door", DOORS)
def test_an_illegal_move_answers_409(people, browse, call, door):
    invoice = requested(people)
    assert go(door, invoice, "invoices", "issue", people["finance"], {}, browse, call) == 409
    assert go(door, claimed(people), "payments", "refund", people["manager"], {}, browse, call) == 409


def test_an_invoice_is_requested_for_an_instalment_with_lines_by_itself(people, call):
    contract = signed_contract(people["sales"], plan=[Decimal("130"), Decimal("1000")])
    client = call(people["sales"])
    answer = client.post("/api/v1/invoices/", {"instalment": contract.instalments.first().pk})
    assert answer.status_code == 201, answer.json()
    made = answer.json()
    assert (made["gross"], made["contract"], made["customer"]) == ("130.00", contract.pk, contract.customer_id)
    assert sum(Decimal(line["gross"]) for line in made["lines"]) == 130
    again = client.post("/api/v1/invoices/", {"instalment": contract.instalments.first().pk})
    assert again.status_code == 400


def test_an_issued_invoice_is_not_patched(people, call):
    invoice = issued(people)
    assert call(people["finance"]).patch(f"/api/v1/invoices/{invoice.pk}/", {"notes": "x"}).status_code == 403


def test_a_payment_sent_twice_is_one_payment(people, call):
    invoice, client = issued(people), call(people["sales"])
    values = {"invoice": invoice.pk, "amount": "10", "received_on": TODAY().isoformat(), "reference": "ICBC-9"}
    first, again = (client.post("/api/v1/payments/", values) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201), again.json()
    assert first.json()["id"] == again.json()["id"]
    assert Payment.objects.count() == 1


def test_a_payment_is_allocated_over_the_api_in_parts(people, call):
    payment = received(people)
    invoice = issued_invoice(gross=300, customer=payment.customer)
    client = call(people["finance"])
    values = {"invoice": invoice.pk, "amount": "300"}
    answer = client.post(f"/api/v1/payments/{payment.pk}/allocate/", values)
    assert answer.json()["available"] == "100.00"
    assert client.get(f"/api/v1/invoices/{invoice.pk}/").json()["payment_state"] == "paid"
    assert client.post(f"/api/v1/payments/{payment.pk}/allocate/", values).status_code == 400


@pytest.mark.parametrize("role", ["service", "operations"])
def test_who_may_not_see_terms_gets_no_amount(people, call, role):
    invoice, client = issued(people), call(people[role])
    for body in (
        client.get(f"/api/v1/invoices/{invoice.pk}/").json(),
        client.get("/api/v1/invoices/").json()["results"][0],
    ):
        assert body["payment_state"] == "unpaid"
        assert not {"gross", "net", "tax", "outstanding", "lines"} & body.keys()
    assert client.get(f"/api/v1/invoices/{invoice.pk}/paper/").status_code == 403


def test_the_paper_comes_over_the_api(people, call):
    invoice = issued(people)
    answer = call(people["finance"]).get(f"/api/v1/invoices/{invoice.pk}/paper/?language=en")
    assert answer.content.startswith(b"%PDF")


def test_the_list_is_filtered_by_payment_state(people, call):
    paid, unpaid = issued(people), issued(people)
    services.confirm(payment_of(paid, 1000), by=SYSTEM)
    client = call(people["finance"])
    assert [row["id"] for row in client.get("/api/v1/invoices/?payment_state=paid").json()["results"]] == [paid.pk]
    assert [row["id"] for row in client.get("/api/v1/invoices/?payment_state=unpaid").json()["results"]] == [unpaid.pk]


def test_no_invoice_is_made_without_an_amount(people, call):
    customer = CustomerFactory(owner=people["sales"])
    client = call(people["sales"])
    assert client.post("/api/v1/invoices/", {"customer": customer.pk}).status_code == 400
    free = [{"description": "Gift", "quantity": "1", "unit_price": "0", "tax_rate": "0"}]
    assert client.post("/api/v1/invoices/", {"customer": customer.pk, "lines": free}).status_code == 400
    assert not Invoice.objects.exists()


@pytest.mark.parametrize("verb", ["confirm", "bounce", "reverse", "request_refund"])
def test_an_admin_who_is_not_finance_moves_no_money(people, call, verb):
    payment = received(people)
    assert call(people["admin"]).post(f"/api/v1/payments/{payment.pk}/{verb}/", {}).status_code == 403
