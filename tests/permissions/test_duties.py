"""Who never does what, sentence by sentence: duties that are split so that no one person moves money alone."""

import pytest
from django.core.exceptions import PermissionDenied

from billing import services as billing
from contracts.services import amendments, contracts, save_contract
from crm import access
from crm.access import GRANTS, SYSTEM, Role, Scope
from crm.models import PriceList
from opportunities import quoting
from tests.factories import (
    OpportunityFactory,
    ProductFactory,
    QuoteFactory,
    UserFactory,
    drafted_contract,
    issued_invoice,
    payment_of,
    running_order,
    signed_contract,
)

pytestmark = pytest.mark.django_db


def nowhere(role, permissions):
    """Does the table grant a role none of these? There must be some to be asked about."""
    asked = list(permissions)
    return bool(asked) and all(GRANTS[permission][access.COLUMN[role]] == Scope.NO for permission in asked)


@pytest.fixture
def refused(browse, call):
    """Try an act of a record by page and by API; both refuse, and neither tells more than that."""

    def tried(who, record, verb, **values):
        page = browse(who).post(f"{record.get_absolute_url()}{verb}/", values).status_code
        return {page, call(who).post(f"/api/v1{record.get_absolute_url()}{verb}/", values).status_code} == {403}

    return tried


def test_sales_never_confirms_a_payment(people, refused):
    payment = payment_of(issued_invoice(people["sales"]))
    assert nowhere(Role.SALES, ["billing.confirm_payment", "billing.match_bankline"])
    assert refused(people["sales"], payment, "confirm")
    with pytest.raises(PermissionDenied):
        billing.confirm(payment, by=people["sales"])


def test_sales_never_issues_an_invoice(people, refused):
    invoice = billing.request_invoice(contract=signed_contract(people["sales"]), by=people["sales"])
    billing.approve_invoice(invoice, by=people["finance"])
    assert nowhere(Role.SALES, ["billing.issue_invoice"])
    assert refused(people["sales"], invoice, "issue")


def test_finance_never_edits_an_opportunitys_stage_or_amount(people, refused, browse, call):
    deal = OpportunityFactory(owner=people["sales"])
    acts = [row for row in GRANTS if row.endswith("_opportunity") and ".view_" not in row]
    assert nowhere(Role.FINANCE, acts)
    assert refused(people["finance"], deal, "move", stage="needs")
    assert call(people["finance"]).patch(f"/api/v1{deal.get_absolute_url()}", {"amount": "1"}).status_code == 403
    for address in ("edit/", "board-move/"):
        assert browse(people["finance"]).post(f"{deal.get_absolute_url()}{address}").status_code == 403


def test_sales_support_never_approves(people, everything, refused):
    assert nowhere(Role.SALES_SUPPORT, [row for row in GRANTS if ".approve_" in row or "refund_payment" in row])
    for submit, _approve in SUBMITTED.values():
        record = submit(people, everything)
        verb = "refund" if record._meta.model_name == "payment" else "approve"
        assert refused(people["sales_support"], record, verb), record


PRICED = {  # where a price is kept -> how operations would change it
    "product": lambda people: (ProductFactory(), {"price": "1"}),
    "price list": lambda people: (PriceList.objects.create(name="Retail"), {"name": "Cheap"}),
    "quote": lambda people: (QuoteFactory(opportunity__owner=people["sales"]), {"lines": []}),
    "contract": lambda people: (drafted_contract(people["sales"]), {"lines": []}),
    "order": lambda people: (running_order(people["sales"]), {"lines": []}),
    "invoice": lambda people: (issued_invoice(people["sales"]), {"lines": []}),
}


@pytest.mark.parametrize("where", PRICED)
def test_operations_never_change_prices(people, call, browse, where):
    record, change = PRICED[where](people)
    assert nowhere(Role.OPERATIONS, [access.name("add", type(record)), access.name("change", type(record))])
    answer = call(people["operations"]).patch(f"/api/v1{record.get_absolute_url()}", change, format="json")
    assert answer.status_code == 403
    assert browse(people["operations"]).post(f"{record.get_absolute_url()}edit/", change).status_code == 403


def quote(people, by):
    made = QuoteFactory(opportunity__owner=people["sales"], discount=20)
    quoting.submit(made, by=by)
    return made


def contract(people, by):
    return contracts.submit(drafted_contract(people["sales"]), by=by)


def amendment(people, by):
    made = amendments.amend(signed_contract(people["sales"]), reason="More", by=SYSTEM)
    return amendments.submit(made, by=by)


def invoice(people, by):
    return billing.request_invoice(contract=signed_contract(people["sales"]), by=by)


def write_off(people, by):
    return billing.ask_write_off(issued_invoice(people["sales"]), reason="Insolvent", by=by)


def refund(people, by):
    payment = billing.confirm(payment_of(issued_invoice(people["sales"], gross=700)), by=people["finance"])
    billing.request_refund(payment, amount=1, reason="Paid twice", by=by)
    return payment


SUBMITTED = {
    "quote": (quote, quoting.approve),
    "contract": (contract, contracts.approve),
    "amendment": (amendment, amendments.approve),
    "invoice": (invoice, billing.approve_invoice),
    "write-off": (write_off, billing.approve_write_off),
    "refund": (refund, billing.refund),
}


@pytest.fixture
def everything(people):
    """Somebody who holds every role, at the root of all teams."""
    return UserFactory(roles=Role.values, team=people["boss"].team)


@pytest.mark.parametrize("what", SUBMITTED)
def test_nobody_approves_what_they_submitted(people, everything, what):
    submit, approve = SUBMITTED[what]
    with pytest.raises(PermissionDenied, match="yourself"):
        approve(submit(people, everything), by=everything)


@pytest.mark.parametrize("what", SUBMITTED)
def test_somebody_else_approves_it(people, everything, what):
    submit, approve = SUBMITTED[what]
    record = submit(people, everything)
    approve(record, by=UserFactory(roles=Role.values, team=people["boss"].team))


OF_MONEY = (
    "_invoice", "_payment", "_creditnote", "_writeoff", "_bankline", "_bankstatement", "_period", "_contract",
    "_amendment", "_spend_campaign", "_cost",
)  # fmt: skip


def test_an_admin_who_is_not_finance_cannot_move_money(people, refused):
    moves = [row for row in GRANTS if row.endswith(OF_MONEY) and ".view_" not in row]
    assert nowhere(Role.ADMIN, moves)
    payment = payment_of(issued_invoice(people["sales"]))
    for record, verb in ((payment, "confirm"), (payment, "reverse"), (payment.invoice, "void")):
        assert refused(people["admin"], record, verb), verb


def test_an_admin_who_is_finance_too_moves_money_as_finance(people):
    payment = billing.confirm(payment_of(issued_invoice(people["sales"])), by=people["finance and admin"])
    assert payment.status == "confirmed"


def test_neither_finance_nor_operations_change_what_was_agreed(people):
    drafted = drafted_contract(people["sales"])
    for role in ("operations", "finance", "service", "marketing"):
        with pytest.raises(PermissionDenied):
            save_contract(drafted, lines=list(drafted.lines.all()), by=people[role])
