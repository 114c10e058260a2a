"""Every KPI against figures worked out by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest

from kpis.cuts import Cut
from kpis.definitions import REGISTRY
from kpis.models import Cost, IndustrySales
from kpis.periods import Period, named
from kpis.tally import figures
from tests.kpis.story import (
    customer_of,
    make_amendment,
    make_answer,
    make_contract,
    make_credit,
    make_deal,
    make_invoice,
    make_lead,
    make_payment,
    make_refund,
    make_spend,
    make_survey,
    noon,
    on,
    utc,
)  # fmt: skip

pytestmark = pytest.mark.django_db
MARCH, APRIL, MAY = named("2025-03"), named("2025-04"), named("2025-05")
Q1, Q2 = named("2025-Q1"), named("2025-Q2")


def figure(key, period, cut=None):
    return figures(REGISTRY[key], [period], cut or Cut())[0]


def value(key, period, cut=None):
    return figure(key, period, cut).value


@pytest.fixture
def sales(people):
    return people["sales"]


@pytest.fixture
def customer(sales):
    return customer_of(sales)


def test_revenue_is_the_net_of_contracts_on_the_day_of_signing(sales, customer):
    make_contract(sales, customer, on(3, 31), 1000)
    make_contract(sales, customer, on(4, 1), 500)
    make_contract(sales, customer, None, 700, status="draft")
    assert value("revenue", MARCH) == 1000
    assert value("revenue", APRIL) == 500
    assert value("revenue", Period(on(3, 31), on(4, 1))) == 1500


def test_an_amendment_posts_its_difference_on_its_own_day(sales, customer):
    contract = make_contract(sales, customer, on(3, 5), 1200)
    make_amendment(contract, on(4, 9), 200)
    assert value("revenue", MARCH) == 1000
    assert value("revenue", APRIL) == 200


def test_a_termination_takes_away_what_was_not_invoiced(sales, customer):
    contract = make_contract(sales, customer, on(3, 5), 1000, status="terminated", status_since=noon(on(5, 2)))
    invoice = make_invoice(contract, on(3, 20), 400)
    make_credit(invoice, on(3, 25), 100)
    assert value("revenue", MARCH) == 1000
    assert value("revenue", MAY) == -700


def test_revenue_of_two_currencies_is_summed_in_the_base_currency(sales, customer):
    make_contract(sales, customer, on(3, 5), 1000)
    make_contract(sales, customer, on(3, 6), Decimal("100.01"), currency="USD", rate=Decimal("7.15"))
    assert value("revenue", MARCH) == Decimal("1715.07")


def test_billed_revenue_is_invoices_less_credit_notes(sales, customer):
    contract = make_contract(sales, customer, on(1, 5), 5000)
    invoice = make_invoice(contract, on(3, 31), 900, gross=1017)
    make_invoice(contract, on(3, 31), 900, status="void")
    make_credit(invoice, on(4, 2), 300)
    assert value("revenue_billed", MARCH) == 900
    assert value("revenue_billed", Q2) == -300


def test_collections_are_confirmed_payments_less_refunds_without_bounces(sales, customer):
    contract = make_contract(sales, customer, on(1, 5), 5000)
    payment = make_payment(contract, on(3, 10), 800)
    make_payment(contract, on(3, 11), 100, status="registered")
    make_payment(contract, on(3, 12), 100, status="bounced")
    make_refund(payment, on(4, 1), 50)
    assert value("revenue_collected", MARCH) == 800
    assert value("revenue_collected", APRIL) == -50


def test_a_customer_is_new_with_the_first_contract_only(sales, customer):
    make_contract(sales, customer, on(3, 5), 10)
    make_contract(sales, customer, on(3, 5), 10)
    make_contract(sales, customer, on(4, 5), 10)
    make_contract(sales, customer_of(sales), on(4, 6), 10)
    assert value("new_customers", MARCH) == 1
    assert value("new_customers", APRIL) == 1


def test_acquisition_cost_is_spend_and_costs_per_new_customer(sales):
    make_spend(on(3, 3), 300)
    make_spend(on(3, 4), 10, currency="USD", rate=7)
    Cost.objects.create(month=on(3, 1), kind="sales", amount=230)
    make_contract(sales, customer_of(sales), on(3, 5), 10)
    make_contract(sales, customer_of(sales), on(3, 6), 10)
    assert value("cac", MARCH) == 300


def test_nothing_to_divide_by_is_none_not_zero(sales):
    make_spend(on(3, 3), 300)
    assert figure("cac", MARCH).numerator == 300
    for key in ("cac", "conversion_rate", "csat", "win_rate", "market_share", "sales_cycle_days", "clv", "nps"):
        assert value(key, MARCH) is None, key
    assert value("revenue", MARCH) == 0


def test_a_group_is_the_sum_of_numerators_over_the_sum_of_denominators(sales):
    make_spend(on(1, 3), 100)
    make_spend(on(2, 3), 500)
    for day in (on(1, 5), on(2, 5), on(2, 6)):
        make_contract(sales, customer_of(sales), day, 10)
    assert value("cac", named("2025-01")) == 100
    assert value("cac", named("2025-02")) == 250
    assert value("cac", Q1) == 200


def test_lifetime_value_is_purchase_value_times_frequency_times_lifespan(sales):
    stays, leaves, new = (customer_of(sales) for _ in range(3))
    for customer in (stays, leaves):
        make_contract(sales, customer, on(6, 1, 2024), 50)
    make_contract(sales, stays, on(5, 1), 300)
    make_contract(sales, stays, on(8, 1), 100)
    make_contract(sales, new, on(9, 1), 200)
    found = figure("clv", named("2025"))
    assert found.factors.purchase_value == 200
    assert found.factors.frequency == Decimal("1.5")
    assert (found.factors.churn, found.factors.lifespan, found.factors.churn_assumed) == (Decimal("0.5"), 2, False)
    assert found.value == 600


def test_lifetime_value_uses_the_configured_churn_while_there_is_no_year_to_compare(sales, customer):
    make_contract(sales, customer, on(5, 1), 300)
    found = figure("clv", named("2025"))
    assert found.factors.churn_assumed
    assert found.value == 1500  # 300 per customer and year, 20 % lost per year


def test_lifetime_value_is_none_while_nobody_leaves(sales, customer):
    make_contract(sales, customer, on(5, 1, 2024), 300)
    make_contract(sales, customer, on(5, 1), 300)
    assert value("clv", named("2025")) is None


def test_conversion_follows_the_leads_of_the_period_to_a_signed_contract(sales, customer):
    won = make_lead(sales, on(1, 10))
    again = make_lead(sales, on(1, 20))
    for _ in range(2):
        make_lead(sales, on(1, 11), status="new")
    make_contract(sales, customer, on(6, 1), 10, case=won.case)
    make_contract(sales, customer, on(7, 1), 10, case=again.case)
    assert value("conversion_rate", named("2025-01")) == Decimal("0.25")
    assert value("conversion_rate", named("2025-06")) is None
    assert value("conversion_rate_period", named("2025-01")) == 0


def test_leads_at_the_end_of_a_month_fall_by_the_business_time_zone(sales):
    make_lead(sales, utc(2025, 3, 31, 15, 59))  # 23:59 in Shanghai
    make_lead(sales, utc(2025, 3, 31, 16, 0))  # already April there
    assert figure("conversion_rate", MARCH).denominator == 1
    assert figure("conversion_rate", APRIL).denominator == 1


def test_the_sales_cycle_tells_mean_median_and_ninetieth_percentile(sales, customer):
    for days in (10, 20, 60):
        make_deal(sales, customer, on(4, 30) - timedelta(days), on(4, 30))
    make_deal(sales, customer, on(1, 1), on(4, 30), status="lost")
    found = figure("sales_cycle_days", APRIL)
    assert found.value == 30
    assert found.median == 20
    assert found.ninetieth == 52


def test_lead_to_cash_runs_to_the_last_receipt(sales, customer):
    lead = make_lead(sales, on(1, 1))
    contract = make_contract(sales, customer, on(2, 1), 10, case=lead.case)
    make_payment(contract, on(3, 1), 5)
    make_payment(contract, on(3, 31), 5)
    assert value("lead_to_cash_days", MARCH) == 89


def test_the_win_rate_by_count_and_by_amount(sales, customer):
    make_deal(sales, customer, on(3, 1), on(3, 9), amount=300)
    make_deal(sales, customer, on(3, 1), on(3, 9), amount=100, status="lost")
    make_deal(sales, customer, on(3, 1), on(3, 9), amount=200, status="lost", currency="USD", rate=7)
    assert round(value("win_rate", MARCH), 4) == Decimal("0.3333")
    assert round(value("win_rate_amount", MARCH), 4) == Decimal("0.1667")


def test_satisfaction_with_mean_score_response_rate_and_promoters(sales, customer):
    for score, recommend in ((5, 10), (4, 8), (2, 3), (3, None)):
        make_answer(customer, on(3, 20), score, recommend=recommend)
    make_survey(customer, on(3, 20))
    assert value("csat", MARCH) == Decimal("0.5")
    assert value("csat_score", MARCH) == Decimal("3.5")
    assert value("csat_response_rate", MARCH) == Decimal("0.8")
    assert value("nps", MARCH) == 0


def test_market_share_counts_only_months_whose_market_is_known(sales, customer):
    IndustrySales.objects.create(month=on(3, 1), amount=10000, source="Association")
    IndustrySales.objects.create(month=on(3, 1), industry="retail", amount=500, source="Association")
    IndustrySales.objects.create(month=on(4, 1), industry="retail", amount=1000, currency="USD", rate=7, source="A")
    make_contract(sales, customer, on(3, 5), 500)
    make_contract(sales, customer, on(4, 5), 9000)
    make_contract(sales, customer_of(sales, industry="retail"), on(4, 6), 700)
    make_contract(sales, customer, on(5, 6), 700)
    assert value("market_share", MARCH) == Decimal("0.05")
    assert value("market_share", APRIL) == Decimal("0.1")
    assert value("market_share", MAY) is None


def test_growth_against_the_period_before_and_the_year_before(sales, customer):
    make_contract(sales, customer, on(4, 5, 2024), 100)
    make_contract(sales, customer, on(3, 5), 200)
    make_contract(sales, customer, on(4, 5), 300)
    assert value("revenue_growth", APRIL) == Decimal("0.5")
    assert value("revenue_growth_year", APRIL) == 2
    assert value("revenue_growth", MARCH) is None


def test_the_funnel_counts_later_stages_into_earlier_ones(sales, customer):
    paid, signed = make_lead(sales, on(3, 1)), make_lead(sales, on(3, 2))
    make_lead(sales, on(3, 3), status="qualified")
    make_lead(sales, on(3, 3), status="new")
    make_payment(make_contract(sales, customer, on(3, 9), 10, case=paid.case), on(3, 20), 10)
    make_contract(sales, customer, on(3, 9), 10, case=signed.case)
    assert value("stage_qualified", MARCH) == Decimal("0.75")
    assert value("stage_signed", MARCH) == 1
    assert value("stage_collected", MARCH) == 1
    assert value("stage_invoiced", MARCH) == Decimal("0.5")


def test_a_cut_counts_a_person_or_a_team_with_the_teams_below(people, company_tree):
    for who, net in (("sales", 1), ("colleague", 10), ("stranger", 100)):
        make_contract(people[who], customer_of(people[who]), on(3, 5), net)
    assert value("revenue", MARCH, Cut(person=people["sales"])) == 1
    assert value("revenue", MARCH, Cut(team=company_tree["north"])) == 11
    assert value("revenue", MARCH, Cut(team=company_tree["root"])) == 111
    assert figure("cac", MARCH, Cut(person=people["sales"])) is None


def test_one_query_answers_any_number_of_periods(sales, customer, django_assert_num_queries):
    make_contract(sales, customer, on(3, 5), 10)
    figure("revenue", MARCH)
    for key in ("revenue", "cac", "clv", "sales_cycle_days", "market_share", "stage_signed", "revenue_growth"):
        with django_assert_num_queries(1):
            figures(REGISTRY[key], [MARCH, APRIL, MAY, Q1], Cut())
