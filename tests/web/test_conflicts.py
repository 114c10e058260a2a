"""Two people at one form: the second sees what the first changed, and decides field by field."""

import pytest

from crm import records
from crm.models import Customer
from tests.factories import CustomerFactory

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
