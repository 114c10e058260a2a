"""A rep finds two customers that are one, merges them, thinks better of it; deletes a lead and takes it back."""

import pytest
from playwright.sync_api import expect

from crm.models import Customer
from leads.models import Lead
from tests.browser import PHONE
from tests.factories import ContactFactory, CustomerFactory, LeadFactory, TeamFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def rep(db):
    return UserFactory(team=TeamFactory())


def test_two_customers_become_one_and_two_again(windows, rep):
    one = CustomerFactory(owner=rep, name="华兴制造", phone="021-62345678")
    other = CustomerFactory(owner=rep, name="华兴制造有限公司", phone="62345678", region="上海")
    ContactFactory(customer=other, name="赵敏")
    window = windows.sign_in(rep)
    window.go("/duplicates/")
    window.press("Compare")
    expect(window.page.get_by_text("contacts 1")).to_be_visible()
    window.page.locator(f"input[name=survivor][value='{one.pk}']").check()
    window.page.locator(f"input[name=phone][value='{one.pk}']").check()
    window.press("Merge", inside=window.page.locator(".form-foot"))
    expect(window.page).to_have_url(f"{windows.address}/customers/{one.pk}/")
    expect(window.page.locator("h1")).to_contain_text("华兴制造有限公司")
    window.expect_text("赵敏")
    window.expect_text("上海")
    window.go(f"/customers/{other.pk}/")
    expect(window.page).to_have_url(f"{windows.address}/customers/{one.pk}/")
    window.page.locator("details.more summary").click()
    window.page.locator("details.more").get_by_role("button", name="Undo merge").click()
    expect(window.page.locator("#toasts")).to_contain_text("a record of its own again")
    assert set(Customer.objects.values_list("name", flat=True)) == {"华兴制造", "华兴制造有限公司"}
    window.go(f"/customers/{other.pk}/")
    window.expect_text("赵敏")


@pytest.mark.parametrize("device", [None, PHONE])
def test_a_deleted_lead_comes_back_from_the_toast(windows, rep, device):
    lead = LeadFactory(owner=rep, status=Lead.Status.CONTACTED)
    window = windows.sign_in(rep, **({"device": device} if device else {}))
    window.go(f"/leads/{lead.pk}/")
    window.page.locator("details.more summary").click()
    window.page.locator("details.more").get_by_role("link", name="Delete").click()
    window.press("Delete", inside=window.page.locator("#dialog .dialog-foot"))
    expect(window.page.locator("#toasts")).to_contain_text("is in the recycle bin")
    assert not Lead.objects.exists()
    window.press("Undo", inside=window.page.locator("#toasts"))
    expect(window.page).to_have_url(f"{windows.address}/leads/{lead.pk}/")
    assert Lead.objects.get() == lead
