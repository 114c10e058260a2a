"""The reports of the books, worked out by hand; their pages, files and API obey the access table."""

from datetime import date
from decimal import Decimal
from unittest import mock

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing import lineage as chains
from billing import services
from billing.models import CreditNote, Invoice, InvoiceLine
from billing.reports import lineage
from billing.reports.catalogue import REPORTS
from billing.reports.shape import asked
from crm import clock
from crm.access import SYSTEM
from crm.models import ExchangeRate
from leads.models import Campaign, Lead
from tests.factories import (
    CampaignFactory,
    CaseFactory,
    CustomerFactory,
    LeadFactory,
    UserFactory,
    issued_invoice,
    signed_contract,
)
from tests.factories import payment_of as payment_for

pytestmark = pytest.mark.django_db
MAY, JUNE, JULY = date(2026, 5, 4), date(2026, 6, 8), date(2026, 7, 6)
SPAN = {"from": "2026-05", "to": "2026-07"}


def rows(key, user, **query):
    table = REPORTS[key].table(asked(user, REPORTS[key], SPAN | query))
    return [{name: value for name, value in row.values.items() if value} for row in table.rows]


def totals(key, user, **query):
    return REPORTS[key].table(asked(user, REPORTS[key], SPAN | query)).totals


def paid(invoice, amount, on, **values):
    return services.confirm(payment_for(invoice, amount, received_on=on, **values), by=SYSTEM)


@pytest.fixture
def finance(people):
    return people["finance"]


def on(day):
    return mock.patch.object(clock, "today", return_value=day)


def test_booked_billed_and_collected_by_month(finance):
    signed_contract(signed_on=MAY)
    invoice = issued_invoice(gross=800, on=JUNE, due=JULY)
    paid(invoice, 500, JULY)
    with on(JULY):
        note = services.save_credit_note(CreditNote(invoice=invoice, amount=100, reason="Less"), by=SYSTEM)
        services.issue_credit_note(note, by=SYSTEM)
    assert rows("business", finance) == [
        {"name": "2026-05", "booked": 1130}, {"name": "2026-06", "billed": 800},
        {"name": "2026-07", "billed": -100, "collected": 500},
    ]  # fmt: skip
    assert totals("business", finance) == {"booked": 1130, "billed": 700, "collected": 500}


@pytest.mark.parametrize("cut", ["customer", "owner", "team"])
def test_the_business_by_customer_owner_and_team_sums_to_the_same(people, finance, cut):
    mine, theirs = issued_invoice(people["sales"], on=JUNE), issued_invoice(people["stranger"], gross=300, on=JUNE)
    paid(mine, 400, JULY)
    names = {"customer": [mine.customer.name, theirs.customer.name], "owner": ["Sales", "Stranger"],
             "team": ["North", "South"]}  # fmt: skip
    assert [row["name"] for row in rows("business", finance, cut=cut)] == names[cut]
    assert totals("business", finance, cut=cut) == {"booked": 0, "billed": 1300, "collected": 400}


@pytest.mark.parametrize("cut", ["customer", "owner", "team"])
def test_every_row_opens_the_lists_that_sum_to_it(people, finance, browse, cut):
    mine, theirs = issued_invoice(people["sales"], on=JUNE, due=JULY), issued_invoice(people["stranger"], on=JUNE)
    paid(mine, 400, JUNE)
    paid(theirs, 300, JULY)
    for key, figures in (("business", ("billed", "collected")), ("ageing", ("total",))):
        for row in REPORTS[key].table(asked(finance, REPORTS[key], SPAN | {"cut": cut, "as_of": "2026-07-31"})).rows:
            found = {figure: listed(browse(finance), row.urls[figure]) for figure in figures}
            field = {"billed": "gross", "collected": "amount", "total": "balance"}
            assert {figure: sum(getattr(one, field[figure]) for one in found[figure]) for figure in figures} == {
                figure: row.values[figure] for figure in figures
            }


def listed(client, address):
    return client.get(address).context["page"].rows


def test_what_was_given_back_is_not_collected(finance):
    payment = paid(None, 500, JUNE, customer=CustomerFactory())
    services.request_refund(payment, amount=Decimal(200), reason="Too much", by=SYSTEM)
    with on(JULY):
        services.refund(payment, by=SYSTEM)
    assert totals("business", finance)["collected"] == 300


def test_each_month_closes_where_the_next_opens(finance):
    invoice = issued_invoice(gross=800, on=MAY, due=JUNE)
    paid(invoice, 300, JUNE)
    may, june, july = rows("movements", finance)
    assert may == {"month": "2026-05", "billed": 800, "closing": 800}
    assert june == {"month": "2026-06", "opening": 800, "collected": -300, "closing": 500}
    assert july == {"month": "2026-07", "opening": 500, "closing": 500}


def test_vat_by_rate(finance):
    lines = [InvoiceLine(description="CRM", quantity=1, unit_price=net, tax_rate=rate) for net, rate in
             ((1000, 13), (200, 6))]  # fmt: skip
    with on(JUNE):
        invoice = services.save_invoice(Invoice(customer=CustomerFactory()), lines=lines, by=SYSTEM)
        services.issue_invoice(services.approve_invoice(invoice, by=SYSTEM), by=SYSTEM)
    with on(JULY):
        services.reverse_invoice(invoice, reason="Back", by=SYSTEM)
    assert rows("tax", finance, to="2026-06") == [
        {"rate": "13 %", "issued_net": 1000, "issued_tax": 130, "net": 1000, "tax": 130},
        {"rate": "6 %", "issued_net": 200, "issued_tax": 12, "net": 200, "tax": 12},
    ]
    whole = totals("tax", finance)
    assert (whole["issued_tax"], whole["credited_tax"], whole["tax"]) == (142, -142, 0)


def test_the_ratios_by_hand(finance):
    """June: 1,000 billed and due on the 20th, 600 of it paid by the end, 400 overdue: 400 ÷ 1,000 × 90 = 36 days."""
    invoice = issued_invoice(on=JUNE, due=date(2026, 6, 20))
    paid(invoice, 600, date(2026, 6, 25))
    june = rows("ratios", finance)[1]
    assert (june["dso"], june["overdue_ratio"], june["collection_rate"]) == (36, 1, Decimal("0.6"))
    assert (june["outstanding"], june["due"], june["collected"]) == (400, 1000, 600)
    assert "dso" not in rows("ratios", finance)[0]


def test_the_forecast_has_what_is_late_what_is_due_and_what_is_still_to_be_billed(finance):
    issued_invoice(gross=100, on=MAY, due=JUNE)
    issued_invoice(gross=200, on=MAY, due=date(2026, 7, 15))
    contract = signed_contract(plan=[130, 1000])
    first, second = contract.instalments.all()
    type(first).objects.filter(pk=first.pk).update(due_on=date(2026, 7, 16))
    type(first).objects.filter(pk=second.pk).update(due_on=date(2027, 7, 16))
    found = rows("forecast", finance, as_of="2026-07-06")
    assert (found[0]["invoices"], found[0]["running"]) == (100, 100)
    assert [row for row in found if row["week"] == "2026-07-13 –"] == [
        {"week": "2026-07-13 –", "invoices": 200, "instalments": 130, "total": 330, "running": 430}
    ]
    assert (found[-1]["instalments"], found[-1]["running"]) == (1000, 1430)


def test_realised_exchange_differences_are_told_one_by_one(finance):
    ExchangeRate.objects.create(currency="USD", rate=7, valid_from=MAY)
    invoice = issued_invoice(gross=100, currency="USD", on=MAY, due=JUNE)
    ExchangeRate.objects.create(currency="USD", rate=Decimal("7.2"), valid_from=JUNE)
    paid(invoice, 100, JUNE, currency="USD")
    [row] = rows("exchange", finance)
    assert (row["gain"], row["day"], totals("exchange", finance)) == (20, JUNE, {"gain": 20})


def test_a_refund_at_another_rate_is_told_among_them(finance):
    ExchangeRate.objects.create(currency="USD", rate=7, valid_from=MAY)
    payment = paid(None, 100, MAY, customer=CustomerFactory(), currency="USD")
    ExchangeRate.objects.create(currency="USD", rate=Decimal("6.9"), valid_from=JUNE)
    with on(JULY):
        services.request_refund(payment, amount=Decimal(40), reason="Too much", by=SYSTEM)
        services.refund(payment, by=SYSTEM)
    [row] = rows("exchange", finance)
    assert (row["gain"], row["day"], row["payment"], str(row["invoice"])) == (4, JULY, payment.number, "Refund")


def in_campaign(name, gross):
    case, customer = CaseFactory(), CustomerFactory()
    campaign = Campaign.objects.filter(name=name).first() or CampaignFactory(name=name)
    LeadFactory(case=case, campaign=campaign, customer=customer)
    return issued_invoice(gross=gross, customer=customer, case=case, on=MAY, due=JUNE)


def test_cash_by_campaign_and_the_rest_are_all_receipts_to_the_cent(finance):
    fair, again, web = (
        in_campaign("展会", Decimal("333.33")),
        in_campaign("展会", Decimal("66.67")),
        in_campaign("官网", 500),
    )
    paid(fair, "333.33", JUNE)
    paid(again, "100", JUNE)  # 33.33 more than is owed
    paid(web, "123.45", JUNE)
    paid(issued_invoice(gross=70, on=MAY), "70", JUNE)  # of no campaign
    services.bounce(paid(web, "9.99", JUNE), reason="Back", happened_on=JULY, by=SYSTEM)
    found = rows("campaigns", finance)
    assert [(str(row["campaign"]), row["cash"]) for row in found] == [
        ("展会", 400), ("官网", Decimal("123.45")), ("Not attributed to a campaign", Decimal("103.33")),
    ]  # fmt: skip
    assert totals("campaigns", finance)["cash"] == Decimal("626.78")


@pytest.mark.parametrize("key", REPORTS)
@pytest.mark.parametrize("role", ["marketing", "sales", "sales_support", "operations", "finance", "service", "manager",
                                  "admin"])  # fmt: skip
def test_page_file_and_api_open_to_the_same_roles(people, browse, call, key, role):
    from crm import access

    allowed = access.allows(people[role], REPORTS[key].permission)
    page = browse(people[role]).get(f"/billing/reports/{key}/")
    file = browse(people[role]).get(f"/billing/reports/{key}/{key}.csv")
    answer = call(people[role]).get(f"/api/v1/reports/{key}/")
    assert [page.status_code, file.status_code, answer.status_code] == [200 if allowed else 403] * 3


@pytest.mark.parametrize("key", ["ageing", "business", "movements", "ratios", "forecast"])
def test_sales_see_their_own_figures_only(people, key):
    for owner in ("sales", "stranger"):
        paid(issued_invoice(people[owner], on=MAY, due=JUNE), 100, JUNE)
    mine, all_ = (totals(key, people[role]) or {} for role in ("sales", "finance"))
    for name, amount in mine.items():
        assert amount * 2 == all_[name]
    if not mine:
        mine, all_ = rows(key, people["sales"]), rows(key, people["finance"])
        assert mine[1]["outstanding"] * 2 == all_[1]["outstanding"] == 1800


def test_a_report_asks_the_same_number_of_queries_whatever_the_rows(finance, browse):
    def queries(key):
        with CaptureQueriesContext(
            connection,
        ) as found:
            browse(finance).get(f"/billing/reports/{key}/", SPAN)
        return len(found)

    issued_invoice(on=MAY, due=JUNE)
    queries("ageing")  # what the first page of a session asks for
    before = {key: queries(key) for key in REPORTS}
    for _n in range(3):
        paid(issued_invoice(UserFactory(), on=MAY, due=JUNE), 100, JUNE)
    assert {key: queries(key) for key in REPORTS} == before


@pytest.mark.parametrize("query", [{"from": "2026-13"}, {"from": "x"}, {"from": "2026-08"}, {"from": "2001-01"},
                                   {"as_of": "2026-02-30"}, {"cut": "moon"}])  # fmt: skip
def test_what_cannot_be_asked_is_said(finance, browse, call, query):
    with pytest.raises(ValidationError):
        asked(finance, REPORTS["ageing"], SPAN | query)
    assert browse(finance).get("/billing/reports/ageing/", SPAN | query).status_code == 422
    assert call(finance).get("/api/v1/reports/ageing/", SPAN | query).status_code == 400


def test_the_campaigns_page_tells_its_cash_by_month(people, browse):
    invoice = in_campaign("展会", 900)
    paid(invoice, 300, JUNE)
    paid(invoice, 200, JULY)
    campaign = Campaign.objects.get(name="展会")
    assert lineage.by_month(campaign) == [(date(2026, 6, 1), 300), (date(2026, 7, 1), 200)]
    page = browse(people["marketing"]).get(campaign.get_absolute_url()).content.decode()
    assert "Cash it brought" in page and "500.00" in page
    assert "Cash it brought" not in browse(people["sales"]).get(campaign.get_absolute_url()).content.decode()


def test_a_payment_tells_where_its_money_came_from(people, browse):
    invoice = in_campaign("展会", 900)
    payment = paid(invoice, 1000, JUNE)
    steps, amount = chains.of_payment(payment, people["finance"])[0]
    assert [str(step) for step in steps if step] == ["展会", str(Lead.objects.get()), str(invoice)]
    assert (amount, chains.of_payment(payment, people["finance"])[1][1]) == (900, 100)
    page = browse(people["finance"]).get(payment.get_absolute_url()).content.decode()
    assert "Where this money came from" in page and "展会" in page


def test_what_a_person_may_not_see_of_the_chain_stays_out(people):
    payment = paid(in_campaign("展会", 900), 900, JUNE)
    [(steps, _amount)] = chains.of_payment(payment, people["admin"])
    assert not any(steps)
