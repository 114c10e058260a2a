"""axe-core finds nothing serious or critical on the pages people use most, at the desk and on a phone in the dark."""

import pytest
from django.conf import settings

from crm import clock
from tests.browser import DESKTOP, PHONE
from tests.factories import CustomerFactory, LeadFactory, QuoteFactory, issued_invoice, running_order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AXE = settings.BASE_DIR / "node_modules" / "axe-core" / "axe.min.js"
FIND = "axe.run({resultTypes: ['violations']})"
GRAVE = {"serious", "critical"}


@pytest.fixture
def pages(people):
    """The addresses to look at, with something to show on each."""
    rep = people["sales"]
    customer = CustomerFactory(name="华兴制造", owner=rep)
    lead = LeadFactory(owner=rep, status="assigned")
    LeadFactory.create_batch(3)
    quote = QuoteFactory(opportunity__owner=rep, opportunity__customer=customer)
    contract = running_order(rep, customer=customer).contract
    invoice = issued_invoice(customer=customer, due=clock.today())
    records = [record.get_absolute_url() for record in (lead, quote.opportunity, contract, invoice)]
    return [
        "/", "/leads/", "/leads/new/", "/opportunities/board/", f"/quotes/{quote.pk}/edit/", "/invoices/", "/kpis/",
        *records,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("device", "colours"),
    [(DESKTOP, "light"), (PHONE, "dark")],
    ids=["at the desk", "on a phone in the dark"],
)
def test_nothing_serious_is_in_the_way_of_anybody(windows, people, pages, device, colours):
    stranger = windows.open(device=device, color_scheme=colours, bypass_csp=True)
    manager = windows.sign_in(people["manager"], device, color_scheme=colours, bypass_csp=True)
    found = obstacles(stranger, "/account/login/")
    for address in pages:
        found += obstacles(manager, address)
    assert not found, "\n".join(found)


def obstacles(window, address):
    """What axe has against this page, one line for each element."""
    window.go(address)
    window.page.evaluate(AXE.read_text())
    violations = window.page.evaluate(FIND)["violations"]
    return [
        f"{address}: {violation['id']} ({violation['help']}): {node['html'][:160]}"
        for violation in violations
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]
