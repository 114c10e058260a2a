"""A file brought in and taken back, step by step in a browser."""

import re

import pytest
from playwright.sync_api import expect

from crm.models import Customer
from opportunities.models import Opportunity

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DEALS = (
    "商机名称,客户名称,阶段,金额,成交日期\n"
    "一期,远景能源,赢单,100000,03/04/2024\n"
    "二期,远景能源,方案报介,50000,\n"
    "三期,远景能源,方案报价,五万,\n"
)


def test_deals_come_in_from_a_file_and_go_again(people, windows):
    manager = windows.sign_in(people["boss"])
    manager.go("/opportunities/")
    manager.press("Import")
    manager.fill(file={"name": "商机.csv", "mimeType": "text/csv", "buffer": DEALS.encode("gb18030")})
    manager.press("Upload and match columns")
    expect(manager.page.locator("[name=column_customer] option:checked")).to_have_text("客户名称")
    manager.press("Go on")
    manager.expect_text("03/04/2024")
    manager.page.get_by_label("Day first").check()
    expect(manager.page.get_by_label("方案报介").locator("option:checked")).to_have_text("Proposal")
    manager.press("Show the preview")
    manager.page.wait_for_url(re.compile(r"/imports/\d+/$"))
    expect(manager.page.locator(".chips")).to_contain_text(re.compile(r"To be created 2.*To be refused 1", re.S))
    assert not Opportunity.objects.exists()
    manager.press("Import 3 rows")
    expect(manager.page.locator(".number-grid")).to_contain_text(re.compile(r"Created\s*2", re.S))
    assert str(Opportunity.objects.get(name="一期").contracts.get().signed_on) == "2024-04-03"
    manager.press("Undo this import")
    manager.expect_text("is deleted")
    manager.press("Undo this import")
    manager.expect_text("This import is undone")
    assert not Opportunity.objects.exists() and not Customer.objects.exists()
