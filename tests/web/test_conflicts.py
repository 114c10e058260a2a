"""Two people at one form: the second sees what the first changed, and decides field by field."""

import pytest

from crm import records
from crm.models import Customer
from opportunities.models import Quote
from opportunities.quoting import save_quote
from tests.factories import CustomerFactory, OpportunityFactory, QuoteFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def opened(people, browse):
    """Sales has the form open at version 1, the manager changes the region and the phone meanwhile."""
    customer = CustomerFactory(name="华兴", owner=people["sales"], region="北京", phone="1")
    theirs = Customer.objects.get(pk=customer.pk)
    theirs.region, theirs.phone = "上海", "2"
    records.save(theirs, by=people["manager"])
    return browse(people["sales"]), f"/customers/{customer.pk}/edit/", people["sales"].pk


def post(opened, **typed):
    client, address, owner = opened
    return client.post(address, {"name": "华兴", "region": "北京", "phone": "1", "owner": owner, "seen": "1", **typed})


def test_the_other_s_changes_are_shown_with_ones_own_and_nothing_is_saved(opened):
    answer = post(opened, region="广州", notes="typed")
    assert answer.status_code == 422
    conflicts = {conflict.name: conflict for conflict in answer.context["conflicts"]}
    assert (conflicts["region"].theirs, conflicts["region"].mine, conflicts["region"].by) == ("上海", "广州", "Manager")
    assert (conflicts["region"].touched, conflicts["phone"].touched) == (True, False)
    assert answer.context["form"]["notes"].value() == "typed"
    assert Customer.objects.get().region == "上海"


def test_each_field_is_taken_from_them_or_kept(opened):
    seen = post(opened, region="广州").context["form"]["seen"].value()
    assert post(opened, region="广州", seen=seen, keep_region="mine", keep_phone="theirs", notes="n").status_code == 302
    saved = Customer.objects.get()
    assert (saved.region, saved.phone, saved.notes) == ("广州", "2", "n")


def test_a_third_change_in_between_is_shown_again(opened, people):
    seen = post(opened, region="广州").context["form"]["seen"].value()
    again = Customer.objects.get()
    again.region = "深圳"
    records.save(again, by=people["manager"])
    answer = post(opened, region="广州", seen=seen, keep_region="mine")
    assert [conflict.theirs for conflict in answer.context["conflicts"] if conflict.name == "region"] == ["深圳"]


@pytest.fixture
def opened_quote(people, browse):
    """Sales has a quote over ten pieces open, the manager makes it seven meanwhile."""
    quote = QuoteFactory(opportunity=OpportunityFactory(owner=people["sales"]))
    line, seen = quote.lines.get(), quote.version
    line.quantity = 7
    save_quote(Quote.objects.get(pk=quote.pk), lines=[line], by=people["manager"])
    rows = {"TOTAL_FORMS": 1, "INITIAL_FORMS": 1, "0-id": line.pk, "0-description": "x", "0-unit_price": 1000}
    typed = {f"lines-{key}": value for key, value in rows.items()}
    typed |= {"opportunity": quote.opportunity_id, "valid_until": quote.valid_until, "currency": quote.currency}
    client = browse(people["sales"])
    return quote, lambda **more: client.post(f"/quotes/{quote.pk}/edit/", {**typed, "seen": seen, **more})


def test_lines_that_somebody_else_changed_are_shown(opened_quote):
    quote, send = opened_quote
    answer = send(**{"lines-0-quantity": 12})
    (conflict,) = [found for found in answer.context["conflicts"] if found.name == "lines"]
    assert (answer.status_code, conflict.label, conflict.touched) == (422, "Lines", True)
    assert "7.0" in conflict.theirs
    assert quote.lines.get().quantity == 7


@pytest.mark.parametrize(("keep", "quantity"), [("mine", 12), ("theirs", 7)])
def test_lines_are_taken_from_them_or_kept_as_a_whole(opened_quote, keep, quantity):
    quote, send = opened_quote
    seen = send(**{"lines-0-quantity": 12}).context["form"]["seen"].value()
    assert send(**{"lines-0-quantity": 12}, seen=seen, keep_lines=keep).status_code == 302
    assert quote.lines.get().quantity == quantity
