"""Each type of file: what its rows become, and that undoing leaves the database as it was."""

from decimal import Decimal

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection

from billing import checks
from contracts.models import Contract
from crm import clock, events, search
from crm.imports import undoing
from crm.models import Company, Contact, Customer, Event, Product
from kpis.models import Cost
from leads.models import Lead
from opportunities.models import Opportunity
from tests.factories import ContactFactory, CustomerFactory, LeadFactory, ProductFactory
from tests.imports.files import bring_in, outcomes, reason, take_back

pytestmark = pytest.mark.django_db
BESIDES = {"crm.event", "crm.job", "crm.notification", "crm.importrun", "crm.importrow", "crm.importtrace",
           "crm.importtemplate", "kpis.kpivalue"}  # fmt: skip


def digest():
    """{model: digest of all its rows}, but for the log, the work itself and what is told about it."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            if model._meta.label_lower not in BESIDES:
                table = connection.ops.quote_name(model._meta.db_table)
                cursor.execute(f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t")
                found[model._meta.label] = cursor.fetchone()[0]
    return found


def books_add_up():
    return checks.run().findings == []


@pytest.fixture
def office(people):
    """Something of everything that files may update or refer to."""
    sales = people["sales"]
    found = {
        "customer": CustomerFactory(name="云帆信息有限公司", owner=sales, phone="021-55556666"),
        "product": ProductFactory(sku="S-1", name="传感器", price=5000, tax_rate=13),
    }
    search.index(*found.values())
    Company.current()  # comes into being when first asked for
    return {**people, **found}


LEADS = "公司,手机,需求\n华兴,13800001111,新需求\n远景,13800002222,\n"
PRODUCTS = '产品编码,产品名称,单价,税率,类型\nS-1,传感器二代,"5,200.00",13%,\nS-2,网关,800,0.06,商品\n'
CUSTOMERS = (
    "客户名称,行业,电话,联系人,手机,邮箱,开票抬头,税号\n"
    "华兴制造,制造业,010-88887777,张伟,13800001111,zhang@example.com,华兴制造有限公司,9111\n"
    "华兴制造,,,李敏,13800002222,li@example.com,,\n"
    "云帆信息有限公司,软件,,王芳,13800003333,,,\n"
)
DEALS = (
    "商机名称,客户名称,阶段,金额,负责人,成交日期,创建日期,产品\n"
    "一期,云帆信息有限公司,赢单,100000,Sales,2024-05-20,2024-03-01,传感器\n"
    "二期,远景能源,方案报价,50000,Sales,,2025-01-02,\n"
    "三期,远景能源,输单,7000,Colleague,2024-12-31,2024-06-01,\n"
)
CONTRACTS = (
    "合同编号,合同名称,客户名称,签订日期,状态,产品,数量,单价,税率,合同金额\n"
    "HT-001,年度采购,云帆信息有限公司,2024-03-05,履行中,传感器,10,5000,13%,56500\n"
    "HT-002,服务,云帆信息有限公司,2024-04-01,已完成,,,,6%,10600\n"
    "HT-001,,云帆信息有限公司,,,,1,300,13%,339\n"
)
COSTS = "月份,类型,金额,说明\n2025年3月,市场,12000,展会\n2025-04,差旅,3000.50,\n"
FILES = {
    "leads": (LEADS, "marketing", {"mode": "both", "key": "phone"}),
    "products": (PRODUCTS, "manager", {"mode": "both", "key": "sku"}),
    "customers": (CUSTOMERS, "manager", {"mode": "both", "key": "name"}),
    "opportunities": (DEALS, "manager", {}),
    "contracts": (CONTRACTS, "manager", {}),
    "costs": (COSTS, "finance", {}),
}


@pytest.mark.parametrize("kind", FILES)
def test_undoing_an_import_leaves_everything_as_it_was(office, kind):
    if kind == "leads":
        search.index(LeadFactory(phone="13800001111", need="old"))
    text, who, said = FILES[kind]
    before = digest()
    run = bring_in(kind, text, office[who], **said)
    assert run.counts["refused"] == run.counts["skipped"] == 0, [row.reason for row in run.rows.all()]
    assert digest() != before
    told = Event.objects.count()
    run = take_back(run, office[who])
    assert digest() == before
    assert run.state == "undone" and Event.objects.count() > told
    assert bring_in(kind, text, office[who], **said).counts["refused"] == 0  # and it may come in again


def test_several_rows_of_a_customer_bring_several_people(office):
    bring_in("customers", CUSTOMERS, office["sales"], mode="both", key="name")
    customer = Customer.objects.get(name="华兴制造")
    assert (customer.industry, customer.owner) == ("manufacturing", office["sales"])
    assert list(customer.contacts.values_list("name", flat=True)) == ["张伟", "李敏"]
    assert customer.billing_titles.get().tax_number == "9111"
    office["customer"].refresh_from_db()
    assert (office["customer"].industry, office["customer"].contacts.get().name) == ("software", "王芳")
    assert office["customer"].phone == "021-55556666"


def test_a_person_who_is_known_at_the_customer_is_changed_not_doubled(office):
    contact = ContactFactory(customer=office["customer"], name="王芳", phone="13800003333", email="")
    text = "客户名称,联系人,手机,邮箱\n云帆信息有限公司,王芳,13800003333,wang@example.com\n"
    bring_in("customers", text, office["sales"], mode="both", key="name")
    assert Contact.objects.get(customer=office["customer"]).email == "wang@example.com"
    assert events.of_record(contact).get().data["changes"] == {"email": ["", "wang@example.com"]}


def test_customers_that_differ_by_their_legal_form_are_likely_duplicates(office):
    run = bring_in("customers", "客户名称\n云帆信息\n", office["sales"])
    assert outcomes(run) == [(2, "skipped")] and "Likely known" in reason(run, 2)


def test_sales_import_customers_for_themselves_only(office):
    run = bring_in("customers", "客户名称,负责人\n甲公司,Sales\n乙公司,Colleague\n", office["sales"])
    assert outcomes(run) == [(2, "created"), (3, "refused")]


def test_products_keep_exact_prices_and_rates(office):
    bring_in("products", PRODUCTS, office["manager"], mode="both", key="sku")
    known, new = Product.objects.get(sku="S-1"), Product.objects.get(sku="S-2")
    assert (known.name, known.price, known.version) == ("传感器二代", Decimal("5200"), 2)
    assert (new.price, new.tax_rate, new.kind) == (Decimal("800"), Decimal("6"), "goods")


def test_a_won_deal_gets_the_contract_it_never_had(office):
    bring_in("opportunities", DEALS, office["manager"])
    deal = Opportunity.objects.get(name="一期")
    contract = deal.contracts.get()
    day = clock.business_day(deal.closed_at)
    assert (deal.status, str(day), deal.owner) == ("won", "2024-05-20", office["sales"])
    assert (contract.status, contract.signed_on, contract.net) == ("signed", day, Decimal("100000"))
    line = contract.lines.get()
    assert (line.product, line.tax_rate, contract.case) == (office["product"], 13, deal.case)
    won = events.of_record(deal).get(verb="win")
    assert (won.occurred_at, won.source) == (deal.closed_at, Event.Source.IMPORT)
    assert books_add_up()


def test_the_contract_of_a_won_deal_may_come_in_as_closed(office):
    bring_in("opportunities", DEALS, office["manager"], whole={"contract_state": "closed"})
    assert Contract.objects.get().status == "closed"


def test_lost_and_open_deals_keep_their_days_and_share_the_new_customer(office):
    bring_in("opportunities", DEALS, office["manager"])
    lost, open_ = Opportunity.objects.get(name="三期"), Opportunity.objects.get(name="二期")
    assert (lost.status, lost.lost_reason, lost.owner) == ("lost", "other", office["colleague"])
    assert (open_.status, clock.business_day(open_.created_at).isoformat()) == ("proposal", "2025-01-02")
    assert lost.customer == open_.customer and open_.customer.owner == office["sales"]


def test_a_deal_goes_on_in_the_chain_of_its_converted_lead(office):
    bring_in(
        "leads", "id,company,phone,status,owner\nL1,远景,13900001111,converted,Sales\n", office["marketing"], system="x"
    )
    text = "name,account name,amount,lead id\n一期,远景,1000,L1\n"
    bring_in("opportunities", text, office["manager"], system="x")
    assert Opportunity.objects.get().case == Lead.objects.get().case


def test_nobody_imports_deals_for_another_team(office):
    text = "商机名称,客户名称,负责人\n一期,新客户,Stranger\n"
    assert "Stranger" in reason(bring_in("opportunities", text, office["manager"]), 2)
    assert not Customer.objects.filter(name="新客户").exists()


def test_rows_of_one_contract_number_are_its_lines(office):
    bring_in("contracts", CONTRACTS, office["manager"])
    contract = Contract.objects.get(number="HT-001")
    assert [(line.quantity, line.unit_price) for line in contract.lines.all()] == [(10, 5000), (1, 300)]
    assert (contract.net, contract.gross, contract.status) == (Decimal("50300.00"), Decimal("56839.00"), "signed")
    closed = Contract.objects.get(number="HT-002")
    assert (closed.gross, closed.net, closed.status) == (Decimal("10600.00"), Decimal("10000.00"), "closed")
    assert [event.verb for event in events.of_record(closed).order_by("pk")] == ["created", "sign", "close"]
    assert books_add_up()


def test_one_bad_line_refuses_its_whole_contract(office):
    name = "云帆信息有限公司"
    text = f"合同编号,客户名称,签订日期,合同金额\nA,{name},2024-03-05,100\nA,{name},,abc\nB,{name},2024-03-05,1\n"
    run = bring_in("contracts", text, office["manager"])
    assert outcomes(run) == [(2, "refused"), (3, "refused"), (4, "created")]
    assert "row 3" in reason(run, 2) and "abc" in reason(run, 3)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("C-2026-00001,云帆信息有限公司,2024-03-05,100,已签订", "given by this system"),
        ("X,云帆信息有限公司,,100,已签订", "say when"),
        ("X,云帆信息有限公司,2024-03-05,,已签订", "neither a price nor an amount"),
        ("X,,2024-03-05,100,已签订", "needed"),
    ],
)
def test_contracts_that_cannot_be(office, row, words):
    run = bring_in("contracts", f"合同编号,客户名称,签订日期,合同金额,状态\n{row}\n", office["manager"])
    assert words in reason(run, 2) and not Contract.objects.exists()


def test_costs_belong_to_their_month(office):
    bring_in("costs", COSTS, office["finance"])
    assert [(str(cost.month), cost.kind, cost.amount) for cost in Cost.objects.all()] == [
        ("2025-04-01", "sales", Decimal("3000.50")),
        ("2025-03-01", "marketing", Decimal("12000")),
    ]


# What stands in the way of undoing


def test_what_was_worked_on_since_stands_in_the_way_and_may_stay(office):
    run = bring_in("opportunities", DEALS, office["manager"])
    Opportunity.objects.filter(name="二期").update(need="talked about it")
    Customer.objects.filter(name="远景能源").update(region="华东")
    ContactFactory(customer=Customer.objects.get(name="远景能源"))
    with pytest.raises(ValidationError, match="worked on since"):
        undoing.undo(run, by=office["manager"])
    blocked = {str(record) for record, _reason in undoing.in_the_way(run)}
    assert blocked == {"二期", "远景能源"}
    run = take_back(run, office["manager"], rest=True)
    assert run.state == "done" and run.job.result["kept"] == 1
    assert list(Opportunity.objects.values_list("name", flat=True)) == ["二期"]
    assert Customer.objects.filter(name="远景能源").exists() and not Contract.objects.exists()


def test_something_hung_on_a_record_stands_in_the_way(office):
    run = bring_in("contracts", CONTRACTS, office["manager"])
    Contract.objects.get(number="HT-001").orders.create(customer=office["customer"])
    [(record, why)] = undoing.in_the_way(run)
    assert record.number == "HT-001" and "order" in why


def test_a_record_changed_again_stands_in_the_way(office):
    run = bring_in("products", PRODUCTS, office["manager"], mode="both", key="sku")
    Product.objects.filter(sku="S-1").update(price=1)
    take_back(run, office["manager"], rest=True)
    assert Product.objects.get().price == 1
