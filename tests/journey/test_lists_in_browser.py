"""Living in a list: a view saved and come back to, rows ticked and dealt with, at the desk and on a phone."""

import pytest
from playwright.sync_api import expect

from crm import search
from tests.browser import PHONE
from tests.factories import LeadFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def leads(people):
    found = LeadFactory.create_batch(3, owner=people["sales"], status="assigned", channel="website")
    found += [LeadFactory(owner=people["sales"], status="contacted", channel="referral", company_name="晨星物流")]
    search.index(*found)
    return found


def test_a_list_is_filtered_saved_and_opened_with_its_view(windows, people, leads):
    window = windows.sign_in(people["sales"]).go("/leads/")
    page = window.page
    page.locator(".filter-panel summary").click()
    page.locator(".filter-fields [name='channel']").select_option("website")
    expect(page.locator("#count")).to_have_text("3")
    page.locator("#list-tools details summary").first.click()
    page.get_by_role("link", name=window.say("Save as a view")).click()
    window.fill(page.locator("#dialog"), name="Website", default=True)
    window.press("Save", inside=page.locator("#dialog .dialog-foot"))
    expect(page.locator(".picker-name")).to_have_text("Website")
    window.go("/leads/")
    expect(page.locator("#count")).to_have_text("3")
    page.locator(".chip").click()
    expect(page.locator("#count")).to_have_text("4")
    page.go_back()
    expect(page.locator("#count")).to_have_text("3")


def test_ticked_rows_are_disqualified_and_the_refused_one_says_why(windows, people, leads):
    window = windows.sign_in(people["sales"]).go("/leads/")
    page = window.page
    page.locator("[name='pk']").first.focus()
    page.keyboard.press("Space")
    expect(page.locator(".bulk-count")).to_have_text("1 selected")
    page.locator("[data-tick-all]").check()
    expect(page.locator(".bulk-count")).to_have_text("4 selected")
    leads[0].__class__.objects.filter(pk=leads[0].pk).update(status="converted")
    window.press("Disqualify", inside=page.locator(".bulk-bar"))
    window.fill(page.locator("#dialog"), reason="Gone")
    window.press("Disqualify", inside=page.locator("#dialog .dialog-foot"))
    expect(page.locator(".totals")).to_contain_text("3")
    expect(page.locator("#content table tbody tr")).to_have_count(1)
    expect(page.locator("#content table")).to_contain_text("Converted")


def test_columns_are_chosen_and_put_in_order_by_keyboard(windows, people, leads):
    window = windows.sign_in(people["sales"]).go("/leads/")
    page = window.page
    page.locator(".columns-menu summary").click()
    page.locator("[name='col'][value='phone']").check()
    page.locator("[name='col'][value='channel']").uncheck()
    page.locator("li:has([value='status']) [data-move='up']").press("Enter")
    window.press("Show these columns")
    heads = page.locator(".rows thead th")
    expect(heads.nth(2)).to_have_text("Status")
    expect(heads.filter(has_text="Phone")).to_have_count(1)
    expect(heads.filter(has_text="Channel")).to_have_count(0)


def test_rows_are_ticked_and_tagged_with_a_thumb(windows, people, leads):
    window = windows.sign_in(people["sales"], PHONE).go("/leads/")
    page = window.page
    page.locator("[name='pk']").first.tap()
    window.press("Tag", inside=page.locator(".bulk-bar"))
    window.fill(page.locator("#dialog"), add="VIP")
    window.press("Tag", inside=page.locator("#dialog .dialog-foot"))
    expect(page.locator(".totals")).to_be_visible()
    window.go("/leads/?tag=VIP")
    expect(page.locator("#count")).to_have_text("1")


def test_without_javascript_a_list_is_filtered_ticked_and_dealt_with(windows, people, leads):
    window = windows.sign_in(people["sales"], java_script_enabled=False).go("/leads/")
    page = window.page
    page.locator(".filter-panel summary").click()
    page.get_by_role("link", name=window.say("Show the filters")).click()
    page.locator(".filter-fields [name='channel']").select_option("referral")
    page.get_by_role("button", name=window.say("Apply")).click()
    expect(page.locator("#count")).to_have_text("1")
    page.locator("[name='pk']").check()
    page.locator(".bulk-bar").get_by_role("button", name=window.say("Disqualify")).click()
    page.locator("[name='reason']").fill("Gone")
    page.locator(".form-foot").get_by_role("button", name=window.say("Disqualify")).click()
    expect(page.locator(".totals")).to_contain_text("Done")
