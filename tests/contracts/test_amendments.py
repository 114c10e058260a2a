"""A signed contract's amounts change by an amendment, reviewed by finance, and in no other way."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.models import Amendment, AmendmentLine
from contracts.services import amendments, contracts, orders, plans, save_contract
from crm import clock, events
from crm.access import SYSTEM
from crm.transitions import IllegalMove
from tests.factories import drafted_contract, running_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract(people):
    made = drafted_contract(people["sales"])
    contracts.submit(made, by=SYSTEM)
    contracts.approve(made, by=SYSTEM)
    return contracts.sign(made, signed_on=clock.today(), by=SYSTEM)


def amended(contract, quantity, people):
    """The contract's only line at another quantity, approved."""
    amendment = amendments.amend(contract, reason="Changed need", by=people["sales"])
    line = amendment.lines.get()
    line.quantity = Decimal(quantity)
    amendments.save_amendment(amendment, lines=[line], by=people["sales"])
    amendments.submit(amendment, by=people["sales"])
    return amendments.approve(amendment, by=people["finance"])


def test_a_signed_contract_is_not_edited(people, contract):
    with pytest.raises(IllegalMove):
        save_contract(contract, lines=[], by=people["sales"])


def test_an_amendment_begins_with_the_contracts_lines_and_changes_nothing_yet(people, contract):
    amendment = amendments.amend(contract, reason="More seats", by=people["sales"])
    assert (amendment.gross, amendment.delta) == (contract.gross, 0)
    assert amendments.amend(contract, reason="Again", by=people["sales"]) == amendment


def test_an_approved_addition_is_a_further_instalment(people, contract):
    amendment = amended(contract, 12, people)
    contract.refresh_from_db()
    assert (contract.gross, amendment.delta) == (Decimal("13560.00"), Decimal("2260.00"))
    assert contract.instalments.count() == 4
    assert contract.instalments.last().amount == Decimal("2260.00")


def test_an_approved_reduction_shortens_the_last_instalments(people, contract):
    amended(contract, 5, people)
    contract.refresh_from_db()
    plan = list(contract.instalments.values_list("amount", flat=True))
    assert (contract.gross, plan) == (Decimal("5650.00"), [Decimal("3390.00"), Decimal("2260.00")])


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(quantities=st.lists(st.integers(4, 40), min_size=1, max_size=4))
def test_after_any_amendments_the_plan_sums_to_the_total(people, contract, quantities):
    with transaction.atomic():  # each example starts from the contract as it was signed
        contract.refresh_from_db()
        for quantity in quantities:
            amended(contract, quantity, people)
            contract.refresh_from_db()
            assert plans.missing(contract) == 0
        transaction.set_rollback(True)


def test_the_event_keeps_the_lines_as_they_were(people, contract):
    amended(contract, 12, people)
    data = events.of_record(contract).get(verb="amend").data
    assert data["delta"] == "2260.00"
    assert Decimal(data["lines_before"][0]["quantity"]) == 10


def test_the_drafted_order_follows_the_amendment(people, contract):
    amended(contract, 12, people)
    assert contract.orders.get(status="draft").lines.get().quantity == 12


def test_what_a_confirmed_order_holds_stays_in_the_contract(people):
    order = running_order(people["sales"])
    with pytest.raises(ValidationError, match="confirmed orders already hold"):
        amended(order.contract, 9, people)


def test_an_addition_after_the_order_is_confirmed_drafts_another_order(people):
    order = running_order(people["sales"])
    amended(order.contract, 12, people)
    assert order.contract.orders.get(status="draft").lines.get().quantity == 2


def test_a_new_line_may_be_added(people, contract):
    amendment = amendments.amend(contract, reason="Training", by=people["sales"])
    extra = AmendmentLine(description="Training", quantity=1, unit_price=Decimal(500), tax_rate=6)
    amendments.save_amendment(amendment, lines=[amendment.lines.get(), extra], by=people["sales"])
    amendments.submit(amendment, by=people["sales"])
    amendments.approve(amendment, by=people["finance"])
    assert contract.lines.count() == 2
    assert orders.rest_of(contract) == []


@pytest.mark.parametrize("role", ["sales", "sales_support", "manager", "operations"])
def test_only_finance_approves_amendments(people, contract, role):
    amendment = amendments.amend(contract, reason="X", by=people["sales"])
    amendments.submit(amendment, by=SYSTEM)
    with pytest.raises(PermissionDenied):
        amendments.approve(amendment, by=people[role])


def test_a_withdrawn_amendment_makes_room_for_another(people, contract):
    first = amendments.amend(contract, reason="X", by=people["sales"])
    amendments.withdraw(first, reason="Mistake", by=people["sales"])
    assert amendments.amend(contract, reason="Y", by=people["sales"]) != first
    assert Amendment.objects.filter(status="withdrawn").count() == 1
