"""The whole chain, from campaign to cash and feedback, as people click it: each step by the role whose work it is.

Marketing, sales, service and the manager read English; sales support, operations and finance read Chinese.
"""

import io
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from playwright.sync_api import expect
from pypdf import PdfReader

from contracts.models import Delivery
from crm import clock
from crm.access import Role
from crm.models import User
from crm.words import amount_in_capitals
from kpis.definitions import HEADLINES
from leads import public_form, services
from leads.models import Lead
from tests.browser import DESKTOP, PHONE, type_in
from tests.factories import CustomerFactory, ProductFactory, issued_invoice, running_order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
IN_CHINESE = (Role.SALES_SUPPORT, Role.OPERATIONS, Role.FINANCE)
LEADS = "公司,联系人,电话,邮箱\n华兴制造,张伟,13800001111,zhang@example.com\n云帆信息,李娜,13800002222,\n,没有公司,x,\n"
GROSS = "90,400.00"  # 20 pieces at 5,000 less 20 %, plus 13 % tax


@pytest.fixture
def office(people, windows):
    """A window for each role, opened when that person is first needed."""
    User.objects.filter(pk__in=[people[role].pk for role in IN_CHINESE]).update(language="zh-hans")
    return Office(people, windows)


class Office:
    def __init__(self, people, windows):
        self.people, self.windows, self.seats = people, windows, {}

    def __getattr__(self, name):
        return self.seat(name)

    def seat(self, name, device=DESKTOP):
        if name not in self.seats:
            self.people[name].refresh_from_db()
            self.seats[name] = self.windows.sign_in(self.people[name], device)
        return self.seats[name]


def day(days=0):
    return str(clock.today() + timedelta(days=days))


def letter(link):
    """The last mail that holds such a link, and the link."""
    found = next(message for message in reversed(mail.outbox) if f"/{link}/" in message.body)
    return found, re.search(rf"http\S+/{link}/[\w-]+/", found.body).group()


def overdue_invoice(office):
    customer = CustomerFactory(name="老客户", owner=office.people["sales"])
    long_ago = clock.today() - timedelta(days=40)
    issued_invoice(customer=customer, on=long_ago, due=long_ago)


def words_of(pdf):
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_a_lead_becomes_cash_and_the_customer_is_heard(office, windows, monkeypatch):
    monkeypatch.setattr(public_form, "QUICKEST_SECONDS", 0)  # nobody here takes the time to read
    ProductFactory(name="传感器", price=5000, tax_rate=13)
    overdue_invoice(office)
    open_campaign(office.marketing, windows)
    import_leads(office.marketing)
    log_and_qualify(office.sales)
    convert(office.sales)
    quote(office, windows)
    contract(office)
    deliver(office)
    bill_and_collect(office.finance, office.sales, "华兴制造", (Decimal(27120), Decimal(63280)))
    listen(windows, office.service)
    read_the_numbers(office.boss)


def test_a_rep_takes_a_lead_to_an_opportunity_on_a_phone(office):
    lead = Lead(company_name="华兴制造", contact_name="张伟", phone="13800001111", email="zhang@example.com")
    services.log(lead, by=office.people["marketing"])
    log_and_qualify(office.seat("sales", PHONE))
    convert(office.sales)


def test_invoices_are_issued_sent_and_paid_on_phones(office):
    overdue_invoice(office)
    sales = office.people["sales"]
    running_order(sales, customer=CustomerFactory(name="华兴制造", owner=sales))
    finance, rep = office.seat("finance", PHONE), office.seat("sales", PHONE)
    bill_and_collect(finance, rep, "华兴制造", (Decimal(3390), Decimal(4520)))


# 1. Marketing


def open_campaign(marketing, windows):
    """A campaign with a budget, spend booked on it, and its form for the website."""
    marketing.create("Campaign")
    marketing.fill(name="2026春季展会", channel="exhibition", budget="80000", starts_on=day(), ends_on=day(30))
    marketing.save()
    marketing.expect_state("Planned")
    marketing.act("Start", then="Active")
    marketing.act("Book spend", then="Active", amount="20000", spent_on=day(), note="展位")
    marketing.expect_text("¥20,000.00 of ¥80,000.00 spent")
    form = re.search(r'src="([^"]+)', marketing.page.locator("#embed").input_value()).group(1)
    enquire(windows.open("zh-hans", PHONE), form)


def enquire(visitor, form):
    """Somebody outside fills in the campaign's form and agrees to be contacted."""
    visitor.go(form)
    visitor.fill(company_name="远景能源", contact_name="赵敏", phone="13900003333", need="风机监测")
    visitor.fill(consent=True)
    visitor.press("Send")
    visitor.expect_text("Thank you")


def import_leads(marketing):
    """A file from a fair, as Chinese Excel writes it, with one row that names no company."""
    marketing.press("Marketing & leads")
    marketing.press("Leads")
    marketing.press("Import")
    marketing.fill(file={"name": "展会.csv", "mimeType": "text/csv", "buffer": LEADS.encode("gb18030")})
    marketing.save("Upload and match columns")
    expect(marketing.page.locator("[name=column_company_name] option:checked")).to_have_text("公司")
    expect(marketing.page.locator("[name=column_phone] option:checked")).to_have_text("电话")
    marketing.page.locator("[name=whole-campaign]").select_option(index=1)
    marketing.press("Go on")
    marketing.page.wait_for_url(re.compile(r"/imports/\d+/$"))
    expect(marketing.page.locator(".chips")).to_contain_text(re.compile(r"To be created 2.*To be refused 1", re.S))
    marketing.press("Import 3 rows")
    expect(marketing.page.locator(".progress-box")).to_contain_text("3 / 3")
    expect(marketing.page.locator(".number-grid")).to_contain_text(re.compile(r"Created\s*2.*Refused\s*1", re.S))
    with marketing.page.expect_download() as refused:
        marketing.press("CSV")
    assert "没有公司" in refused.value.path().read_text(encoding="utf-8-sig")
    marketing.follow("Created")
    expect(marketing.page.locator("#count")).to_have_text("2")


# 2. Sales, at the desk or on a phone


def log_and_qualify(rep):
    """A lead logged by hand while a known one is pointed out; another claimed from the pool, called and qualified."""
    rep.create("Lead")
    rep.page.locator("[name=company_name]").press_sequentially("华兴制造")
    expect(rep.page.locator("#similar")).to_contain_text("华兴制造")
    rep.fill(company_name="晨星物流", contact_name="周涛", phone="13700004444")
    expect(rep.page.locator("#similar")).not_to_contain_text("华兴制造")
    rep.save()
    rep.expect_state("Assigned")

    rep.do_waiting("华兴制造", "Claim")
    expect(rep.page.locator(".queue", has_text="Leads to contact")).to_contain_text("华兴制造")
    rep.follow("华兴制造")
    rep.act("Log contact", then="Contacted", summary="要20台传感器", next_step="发报价", next_on=day(1))
    expect(rep.page.locator(".timeline")).to_contain_text("要20台传感器")
    expect(rep.page.locator(".record-side")).to_contain_text("发报价")
    rep.act("Qualify", then="Qualified", need="传感器一期", budget="100000", timing="now")


def convert(rep):
    rep.act("Convert", then="Discovery", opportunity_name="传感器一期", amount="90000")
    expect(rep.page.locator(".facts")).to_contain_text("华兴制造")
    expect(rep.page.locator(".chain-strip")).to_contain_text("¥90K")


# 3. From opportunity to accepted quote


def quote(office, windows):
    move_over_the_board(office.sales)
    draft_quote(office.sales_support)
    approve_and_send(office)
    accept(windows.open("zh-hans", PHONE))


def move_over_the_board(rep):
    """A card is dragged to the next stage, moved on by the keyboard, and a draft is asked for."""
    rep.press("Opportunities")
    rep.press("Board")
    card, cards = rep.page.locator(".board-card"), rep.page.locator(".board-cards")
    card.drag_to(cards.nth(1))
    expect(cards.nth(1).locator(".board-card:not(.is-moving)")).to_be_visible()
    expect(rep.page.locator("[aria-labelledby=stage-needs] .count")).to_have_text("1")
    card.focus()
    card.press("ArrowRight")
    expect(rep.page.locator("[aria-labelledby=stage-proposal] .count")).to_have_text("1")
    rep.follow("传感器一期")
    rep.act("Request a quote", then="Proposal", due_on=day(2), reason="20台传感器，八折")


def draft_quote(support):
    """Product lines in the sheet, totals as one types, and a discount above what sales may give."""
    support.do_waiting("传感器一期", "Draft quote")
    page, line = support.page, "lines-0"
    support.fill(**{f"{line}-product": {"label": "传感器"}})
    support.fill(**{f"{line}-quantity": "20", f"{line}-discount_percent": "20", f"{line}-unit_price": "5000"})
    support.fill(**{f"{line}-tax_rate": "13"})
    expect(page.locator("#totals")).to_contain_text(GROSS)
    page.locator(f"[name={line}-tax_rate]").press("Tab")
    expect(page.locator("#id_lines-1-product")).to_be_focused()
    support.save()
    support.expect_state("Draft")
    support.act("Ready for sending", then="In approval")


def approve_and_send(office):
    """The manager approves, the rep sends; both at home, in one click and one dialog."""
    office.manager.do_waiting("传感器一期", "Approve")
    expect(office.manager.page.locator("#content")).not_to_contain_text("传感器一期")
    office.sales.do_waiting("传感器一期", "Send", to="zhang@example.com", language="zh-hans")
    expect(office.sales.page.locator(".queue", has_text="Quotes to send")).to_have_count(0)


def accept(customer):
    """The customer opens the link of the mail on a phone, reads the quote and accepts it."""
    message, link = letter("q")
    assert message.to == ["zhang@example.com"]
    customer.go(link)
    customer.expect_text(GROSS)
    assert "传感器" in words_of(customer.paper("Download as PDF"))
    customer.fill(accepted_by="张伟")
    customer.press("Accept this quote")
    customer.expect_text("You have accepted this quote. Thank you! We will send you the contract.")


# 4. The contract


def contract(office):
    """Drafted from the quote, returned once by finance, approved, signed."""
    rep, finance = office.sales, office.finance
    office.sales_support.do_waiting("传感器一期", "Draft contract")
    rep.open_waiting("传感器一期")
    rep.expect_text(GROSS)
    rep.act("Submit for review", then="In review")
    finance.open_waiting("传感器一期")
    finance.act("Return", then="Draft", reason="付款条件太长")

    change_plan(rep)
    rep.act("Submit for review", then="In review")
    finance.open_waiting("传感器一期")
    finance.act("Approve", then="Approved")
    rep.do_waiting("传感器一期", "Sign", signed_on=day())
    rep.go("/contracts/").open_row("传感器一期")
    rep.expect_state("Signed")


def change_plan(rep):
    """Two instalments instead of three; the sheet says at once whether they sum to the total."""
    rep.open_waiting("传感器一期")
    rep.expect_text("付款条件太长")
    rep.press("Edit")
    fits, state = "The plan sums to the total.", rep.page.locator("#plan-state")
    expect(state).to_contain_text(fits)
    rep.fill(**{"plan-2-DELETE": True})
    expect(state).to_contain_text("27,120")
    rep.fill(**{"plan-1-amount": "63280"})
    expect(state).to_contain_text(fits)
    rep.save()
    rep.expect_state("Draft")


# 5. Order and deliveries


def deliver(office):
    """Two deliveries; when the customer has accepted both, the order is done."""
    operations = office.operations
    office.sales.do_waiting("华兴制造", "Confirm order")
    operations.do_waiting("华兴制造", "Start fulfilment")
    for quantity in ("12", "8"):
        operations.go("/orders/").open_row("华兴制造")
        send_off(operations, quantity)
    operations.do_waiting("华兴制造", "Complete")
    operations.go("/orders/").open_row("华兴制造")
    operations.expect_state("Completed")


def send_off(operations, quantity):
    """One delivery, from its plan to the customer's acceptance."""
    operations.press("Plan a delivery")
    type_in(operations.page.locator("#dialog [name^=quantity_]"), quantity)
    operations.answer("Plan a delivery", planned_on=day())
    operations.expect_state("Planned")
    operations.act("Ship", then="Shipped", carrier="顺丰", tracking_number=f"SF{quantity}")
    operations.act("Mark as delivered", then="Delivered", delivered_on=day())
    accepted = Delivery.Status.ACCEPTED.label
    operations.act("Accepted by customer", then=accepted, accepted_by="张伟", accepted_on=day())


# 6. Invoices and payments, at the desk or on a phone


def bill_and_collect(finance, rep, customer, amounts):
    """The first instalment was asked for on signing, the second by sales; both are issued and paid."""
    first, second = amounts
    send(finance, issue(finance, customer), first)
    claim_and_confirm(finance, rep, customer, first)
    rep.go("/contracts/").open_row(customer)
    rep.press("Request invoice")
    rep.save()
    rep.expect_state("Requested")
    number = issue(finance, customer)
    collect(finance, number, second)
    see_what_is_overdue(finance)


def issue(finance, customer):
    """Approve what was asked for and issue it; its number."""
    finance.do_waiting(customer, "Approve")
    finance.do_waiting(customer, "Issue")
    finance.open_waiting(customer)
    finance.expect_state("Issued")
    return re.search(r"INV-\d+-\d+", finance.page.locator("h1").inner_text()).group()


def claim_and_confirm(finance, rep, customer, amount):
    """Sales say that the money came; finance, who see the account, confirm it."""
    rep.go("/invoices/").open_row(customer)
    rep.act("Record payment", then="Registered", amount=amount, reference="B-1")
    finance.do_waiting(customer, "Confirm receipt")
    rep.go("/invoices/").open_row(customer)
    rep.expect_text("Paid", where="[aria-label='What is owed']")


def send(finance, number, amount):
    """The paper in both languages, and the mail with it."""
    chinese, english = words_of(finance.paper("PDF in Chinese")), words_of(finance.paper("PDF in English"))
    assert number in chinese and number in english
    assert amount_in_capitals(amount) in chinese
    assert f"{amount:,.2f}" in english
    finance.act("Send", then="Sent", to="zhang@example.com", language="zh")
    message, _link = letter("i")
    assert (message.to, message.attachments[0][0]) == (["zhang@example.com"], f"{number}.pdf")


def collect(finance, number, amount):
    """A part of the money, then the rest."""
    owed = f"[aria-label='{finance.say('What is owed')}']"
    for part, state in ((amount - 100, "Partly paid"), (100, "Paid")):
        finance.act("Record payment", then="Confirmed", amount=part, reference=f"B-{part}")
        finance.follow(number)
        finance.expect_text(state, where=owed)


def see_what_is_overdue(finance):
    finance.go("/")
    expect(finance.page.locator(".queue", has_text=finance.say("Overdue invoices"))).to_contain_text("老客户")
    finance.go("/billing/ageing/")
    expect(finance.page.locator("tr", has_text="老客户")).to_contain_text("1,000")


# 7. Feedback


def listen(windows, service):
    """The customer is not content; service answers within its clock."""
    answer_survey(windows.open("zh-hans", PHONE))
    service.open_waiting("华兴制造")
    service.expect_text("第二批晚了")
    service.act("Take", then="In progress")
    service.act("Answer", then="In progress", text="非常抱歉，我们马上处理。")
    service.expect_text("In time")
    service.act("Resolve", then="Resolved", resolution="道歉并赠送一年质保")
    service.act("Close", then="Closed")


def answer_survey(customer):
    _message, link = letter("s")
    customer.go(link)
    customer.fill(score="2", comment="第二批晚了")
    customer.press("Send my answer")
    customer.expect_text("Thank you for your answer")


# 8. The numbers


def read_the_numbers(manager):
    """Computed anew, the seven numbers stand on the dashboard, and each opens the rows it is made of."""
    manager.press("KPIs")
    manager.press("Recompute")
    manager.press("Open the dashboard")
    tiles = manager.page.locator(".tiles").first
    expect(tiles.locator("h2")).to_have_text([str(kpi.name) for kpi in HEADLINES])
    revenue = tiles.locator(".tile", has_text="Sales revenue")
    expect(revenue.locator(".spark")).to_be_visible()
    expect(revenue.locator(".tile-value")).to_have_text("¥80K")
    revenue.locator(".tile-value").click()
    expect(manager.page.locator("table.rows tbody tr")).to_have_count(1)
    manager.open_row("华兴制造")
    manager.expect_state("Signed")
