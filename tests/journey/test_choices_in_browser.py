"""Choosing a record among more than a select would list: by keyboard, in dialogs, in the lines of a sheet."""

import pytest
from playwright.sync_api import expect

from crm import choices, search
from crm.models import Contact, Customer, Product
from tests.browser import PHONE
from tests.factories import ContactFactory, CustomerFactory, LeadFactory, OpportunityFactory, ProductFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def rep(people, windows, monkeypatch):
    """The rep's window, in a company with more of everything than is listed at once."""
    monkeypatch.setattr(choices, "OFFERED", 3)
    monkeypatch.setattr(choices, "OFFERED_IN_ROWS", 2)
    customers = [CustomerFactory(name=name, owner=people["sales"]) for name in ("华兴制造", "云帆信息")]
    for customer in customers:
        search.index(customer, ContactFactory(customer=customer, name=f"{customer.name}的张伟"))
    search.index(*CustomerFactory.create_batch(5, owner=people["sales"], name="晨星物流"))
    search.index(*ContactFactory.create_batch(5, customer__owner=people["sales"], name="李娜"))
    search.index(ProductFactory(name="传感器", sku="A-1"), *ProductFactory.create_batch(5))
    return windows.sign_in(people["sales"])


def typed(window, label, text, pick=None):
    """Type into a choice; the first match is taken, or the one picked by its name."""
    box = window.page.get_by_role("combobox", name=label).last
    box.click()
    box.fill(text)
    offered = window.page.get_by_role("listbox").get_by_role("option")
    expect(offered.first).to_contain_text(pick or text)
    offered.first.click() if pick else box.press("Enter")
    return box


def test_a_customer_is_found_by_part_of_its_name_and_narrows_the_contacts(rep):
    rep.go("/opportunities/new/").fill(name="传感器一期", amount="90000")
    expect(typed(rep, "Customer", "兴制")).to_have_value("华兴制造")
    contact = typed(rep, "Contact", "张伟", pick="华兴制造的张伟")
    expect(rep.page.locator(".choice-list li").filter(has_text="云帆信息的张伟")).to_have_count(0)
    typed(rep, "Customer", "云帆")
    expect(contact).to_have_value("")
    typed(rep, "Contact", "张伟", pick="云帆信息的张伟")
    rep.save()
    expect(rep.page.locator(".facts")).to_contain_text("云帆信息的张伟")


def test_a_choice_in_a_dialog_closes_by_escape_without_closing_the_dialog(rep, people):
    lead = LeadFactory(company_name="云帆信息技术", owner=people["sales"], status="qualified")
    rep.go(lead.get_absolute_url()).press("Convert", inside=rep.page.locator(".page-head .actions"))
    box = typed(rep, "Customer", "华兴")
    expect(box).to_have_value("华兴制造")
    box.click()
    expect(rep.page.get_by_role("listbox")).to_contain_text("New customer: 云帆信息技术")
    box.press("Escape")
    expect(rep.page.get_by_role("listbox")).to_be_hidden()
    expect(rep.page.locator("#dialog")).to_be_visible()
    rep.answer("Convert", opportunity_name="传感器一期", amount="90000")
    rep.expect_state("Discovery")
    expect(rep.page.locator(".facts")).to_contain_text("华兴制造")


def test_a_line_added_to_a_sheet_takes_its_product_by_typing(rep, people):
    deal = OpportunityFactory(owner=people["sales"], customer=Customer.objects.get(name="华兴制造"))
    rep.go(f"/quotes/new/?opportunity={deal.pk}").press("Add a line")
    typed(rep, "Contact", "张伟", pick="华兴制造的张伟")
    expect(rep.page.locator(".choice-list li").filter(has_text="云帆信息的张伟")).to_have_count(0)
    typed(rep, "Product", "A-1")
    product = Product.objects.get(sku="A-1")
    expect(rep.page.locator("[name='lines-1-product']")).to_have_value(str(product.pk))
    expect(rep.page.locator("#totals")).to_contain_text("1,130")


def test_a_filter_by_customer_is_typed_and_taken_back_on_a_phone(people, rep, windows):
    phone = windows.sign_in(people["sales"], PHONE).go("/contacts/")
    phone.page.locator(".filter-panel summary").click()
    box = typed(phone, "Customer", "华兴", pick="华兴制造")
    expect(phone.page.locator("#count")).to_have_text("1")
    box.fill("")
    box.press("Tab")
    expect(phone.page.locator("#count")).to_have_text(str(Contact.objects.count()))
