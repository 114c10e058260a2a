"""Finance is asked to close a contract only when it can be closed."""

import pytest

from billing import services
from contracts.models import Contract
from crm import clock
from tests.factories import issued_invoice, signed_contract

pytestmark = pytest.mark.django_db
QUEUE = "Fulfilled contracts to close"


def test_a_fulfilled_contract_waits_on_finances_home_once_it_is_paid(people, browse):
    contract = signed_contract(owner=people["sales"])
    Contract.objects.filter(pk=contract.pk).update(status=Contract.Status.FULFILLED)
    contract.refresh_from_db()
    home = browse(people["finance"])
    assert QUEUE not in home.get("/").content.decode()
    invoice = issued_invoice(owner=people["sales"], gross=contract.gross, contract=contract, customer=contract.customer)
    assert QUEUE not in home.get("/").content.decode()
    services.record_payment(
        invoice, amount=invoice.outstanding, received_on=clock.today(), reference="B-1", by=people["finance"]
    )
    assert QUEUE in home.get("/").content.decode()
