"""Every act through the page and through the API has the same effect and the same refusal."""

import pytest
from django.urls import reverse

from contracts.models import Amendment, Contract, Delivery, Order
from contracts.services import amendments, contracts, deliveries, draft_from_quote
from crm import clock
from crm.access import SYSTEM
from opportunities.models import Quote
from tests.factories import OpportunityFactory, QuoteFactory, drafted_contract, planned_delivery, running_order

pytestmark = pytest.mark.django_db
TODAY = {
    "signed_on": lambda: clock.today(),
    "delivered_on": lambda: clock.today(),
    "accepted_on": lambda: clock.today(),
}
REASON = {"reason": "Because"}
PARCEL = {"carrier": "SF", "tracking_number": "SF123"}


@pytest.fixture(params=["page", "api"])
def do(request, browse, call):
    """`do(user, record, verb, **input)` by one door or the other; answers the status."""

    def by_page(user, record, verb, **values):
        name = f"{record._meta.app_label}:{record._meta.model_name}_act"
        return browse(user).post(reverse(name, args=[record.pk, verb]), values)

    def by_api(user, record, verb, **values):
        return call(user).post(reverse(f"api-{record._meta.model_name}-{verb}", args=[record.pk]), values)

    def done(user, record, verb, **values):
        values = {key: value() if callable(value) else value for key, value in values.items()}
        return {302: 200}.get(code := (by_page if request.param == "page" else by_api)(
            user, record, verb, **values).status_code, code)  # fmt: skip

    return done


def quote(owner):
    return QuoteFactory(opportunity=OpportunityFactory(owner=owner), status="accepted")


def contract(owner, upto=""):
    made = drafted_contract(owner)
    for verb in ("submit", "approve"):
        if not upto:
            break
        getattr(contracts, verb)(made, by=SYSTEM)
        if verb == upto:
            return made
    if upto:
        contracts.sign(made, signed_on=clock.today(), by=SYSTEM)
    return made


def order(owner, status):
    made = running_order(owner)
    Order.objects.filter(pk=made.pk).update(status=status, held_from="confirmed")
    return made


def delivery(owner, upto=""):
    made = planned_delivery(running_order(owner))
    if upto:
        deliveries.ship(made, **PARCEL, by=SYSTEM)
    if upto == "deliver":
        deliveries.deliver(made, delivered_on=clock.today(), by=SYSTEM)
    return made


def amendment(owner, submitted=False):
    made = amendments.amend(contract(owner, "sign"), reason="More", by=SYSTEM)
    return amendments.submit(made, by=SYSTEM) if submitted else made


ACTS = [  # record, verb, input, who may, state after, who may not
    (quote, "draft_contract", {}, "sales_support", "accepted", None),
    (contract, "submit", {}, "sales", "in_review", "sales_support"),
    (lambda o: contract(o, "submit"), "approve", {}, "finance", "approved", "sales_support"),
    (lambda o: contract(o, "submit"), "return", REASON, "finance", "draft", "sales"),
    (lambda o: contract(o, "approve"), "sign", {"signed_on": TODAY["signed_on"]}, "sales", "signed", "finance"),
    (lambda o: contract(o, "sign"), "terminate", REASON, "manager", "terminated", "sales"),
    (lambda o: contract(o, "sign"), "amend", REASON, "sales", "signed", "operations"),
    (contract, "void", REASON, "sales", "void", "finance"),
    (amendment, "submit", {}, "sales", "in_review", "sales_support"),
    (lambda o: amendment(o, True), "approve", {}, "finance", "approved", "manager"),
    (lambda o: amendment(o, True), "return", REASON, "finance", "draft", "sales"),
    (amendment, "withdraw", REASON, "sales", "withdrawn", "finance"),
    (lambda o: order(o, "draft"), "confirm", {}, "sales", "confirmed", "operations"),
    (lambda o: order(o, "confirmed"), "start", {}, "operations", "in_fulfilment", "sales"),
    (lambda o: order(o, "confirmed"), "plan", {"planned_on": "2026-02-01"}, "operations", "confirmed", "sales"),
    (lambda o: order(o, "in_fulfilment"), "hold", REASON, "operations", "on_hold", "sales"),
    (lambda o: order(o, "on_hold"), "resume", {}, "operations", "confirmed", "sales"),
    (lambda o: order(o, "accepted"), "complete", {}, "operations", "completed", "sales"),
    (lambda o: order(o, "confirmed"), "cancel", REASON, "manager", "cancelled", "operations"),
    (delivery, "ship", PARCEL, "operations", "shipped", "sales"),
    (lambda o: delivery(o, "ship"), "deliver", {"delivered_on": TODAY["delivered_on"]},
     "operations", "delivered", "sales"),
    (lambda o: delivery(o, "deliver"), "accept", {"accepted_by": "李敏", "accepted_on": TODAY["accepted_on"]},
     "operations", "accepted", "sales"),
    (lambda o: delivery(o, "ship"), "return", REASON, "operations", "returned", "sales"),
    (delivery, "cancel", REASON, "operations", "cancelled", "sales"),
]  # fmt: skip
NAMES = [f"{act[1]}-{at}" for at, act in enumerate(ACTS)]


@pytest.mark.parametrize(("make", "verb", "values", "role", "after", "other"), ACTS, ids=NAMES)
def test_the_role_whose_work_it_is_does_it(people, do, make, verb, values, role, after, other):
    record = make(people["sales"])
    assert do(people[role], record, verb, **values) == 200
    record.refresh_from_db()
    assert record.status == after


FORBIDDEN = [act for act in ACTS if act[5]]


@pytest.mark.parametrize(("make", "verb", "values", "role", "after", "other"), FORBIDDEN)
def test_another_role_is_refused_and_nothing_changes(people, do, make, verb, values, role, after, other):
    record = make(people["sales"])
    was = type(record).objects.get(pk=record.pk).status
    visible = type(record).objects.visible_to(people[other]).filter(pk=record.pk).exists()
    assert do(people[other], record, verb, **values) == (403 if visible else 404)
    record.refresh_from_db()
    assert record.status == was


@pytest.mark.parametrize(("make", "verb", "values", "role", "after", "other"), ACTS[1:], ids=NAMES[1:])
def test_an_act_the_state_does_not_allow_conflicts(people, do, make, verb, values, role, after, other):
    record = make(people["sales"])
    legal = {state for state in record.Status.values if state not in record.MOVES[verb].sources}
    if isinstance(record, Contract):
        legal -= {"signed", "fulfilled", "closed", "terminated"}
    legal -= {"approved"} if isinstance(record, Amendment) else set()
    type(record).objects.filter(pk=record.pk).update(status=min(legal))
    assert do(people[role], record, verb, **values) == 409


@pytest.mark.parametrize("make", [contract, amendment, lambda o: order(o, "draft"), delivery])
def test_a_strangers_record_is_not_found(people, do, make):
    record = make(people["stranger"])
    assert do(people["sales"], record, next(iter(record.MOVES)), **REASON) == 404


def test_the_api_tells_what_is_possible_instead(people, call):
    answer = call(people["sales"]).post(
        f"/api/v1/contracts/{contract(people['sales']).pk}/sign/", {"signed_on": clock.today()}
    )
    assert answer.status_code == 409
    assert answer.json()["legal"] == ["submit", "void"]


def test_drafting_over_the_api_tells_where_the_contract_is(people, call):
    accepted = quote(people["sales"])
    body = call(people["sales"]).post(f"/api/v1/quotes/{accepted.pk}/draft_contract/").json()
    assert body["result"] == {"record_type": "contract", "id": Contract.objects.get().pk}
    assert draft_from_quote(Quote.objects.get(), by=people["sales"]).pk == body["result"]["id"]


def test_a_contract_is_created_and_changed_with_lines_and_plan(people, call):
    client, customer = call(people["sales"]), drafted_contract(people["sales"]).customer
    body = {
        "title": "CRM", "customer": customer.pk,
        "lines": [{"description": "Seats", "quantity": "2", "unit_price": "100", "tax_rate": "6"}],
    }  # fmt: skip
    made = client.post("/api/v1/contracts/", body, format="json")
    assert made.status_code == 201, made.json()
    assert made.json()["gross"] == "212.00"
    assert sum(float(part["amount"]) for part in made.json()["instalments"]) == 212
    plan = [{"label": "All", "due_on": "2027-01-01", "amount": "212.00"}]
    changed = client.patch(f"/api/v1/contracts/{made.json()['id']}/", {"instalments": plan}, format="json").json()
    assert [part["label"] for part in changed["instalments"]] == ["All"]
    assert len(changed["lines"]) == 1


def test_an_order_and_its_delivery_are_made_over_the_api(people, call):
    signed = contract(people["sales"], "sign")
    drafted = signed.orders.get()
    line = {"id": drafted.lines.get().pk, "contract_line": signed.lines.get().pk, "quantity": "4"}
    changed = call(people["sales"]).patch(f"/api/v1/orders/{drafted.pk}/", {"lines": [line]}, format="json")
    assert changed.json()["gross"] == "4520.00", changed.json()
    rest = call(people["sales"]).post("/api/v1/orders/", {"contract": signed.pk}, format="json")
    assert rest.json()["lines"][0]["quantity"] == "6.000", rest.json()
    call(people["sales"]).post(f"/api/v1/orders/{drafted.pk}/confirm/")
    body = {
        "order": drafted.pk, "planned_on": "2026-01-02",
        "lines": [{"order_line": drafted.lines.get().pk, "quantity": "5"}],
    }  # fmt: skip
    too_much = call(people["operations"]).post("/api/v1/deliveries/", body, format="json")
    assert (too_much.status_code, Delivery.objects.count()) == (400, 0)
    body["lines"][0]["quantity"] = "3"
    planned = call(people["operations"]).post("/api/v1/deliveries/", body, format="json")
    assert planned.status_code == 201, planned.json()


def test_a_strangers_contract_cannot_be_ordered_from(people, call):
    signed = contract(people["stranger"], "sign")
    answer = call(people["sales"]).post("/api/v1/orders/", {"contract": signed.pk}, format="json")
    assert answer.status_code == 400
    assert "contract" in answer.json()["errors"]
