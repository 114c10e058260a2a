"""The numbers over the API: the same figures, scope and refusals as on the pages."""

import pytest

from kpis.models import Cost, IndustrySales, Target
from tests.kpis.story import customer_of, make_contract, make_deal, make_spend, on

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(people):
    for number, who in enumerate(("sales", "colleague", "stranger")):
        customer = customer_of(people[who])
        make_contract(people[who], customer, on(2, 3), 1000 * (number + 1))
        make_deal(people[who], customer, on(2, 1), on(2, 11 + number))
    make_spend(on(2, 1), 900)


def test_the_definitions_are_listed(people, call):
    found = {kpi["key"]: kpi for kpi in call(people["sales"]).get("/api/v1/kpis/").json()}
    assert found["cac"]["denominator"] and not found["revenue"]["denominator"]
    assert found["cac"]["dimensions"] == []


def test_a_kpi_tells_value_series_and_rows(people, story, call):
    answer = call(people["boss"]).get("/api/v1/kpis/revenue/?period=2025-Q1").json()
    assert (answer["value"], answer["numerator"], answer["denominator"]) == ("6000", "6000", None)
    assert (answer["first"], answer["last"]) == ("2025-01-01", "2025-03-31")
    assert [point["value"] for point in answer["series"][-3:]] == ["0", "6000", "0"]
    rows = call(people["boss"]).get(answer["rows"]).json()
    assert (rows["count"], rows["sum"], rows["hidden_count"]) == (3, "6000", 0)
    assert sum(float(row["value"]) for row in rows["results"]) == 6000
    assert {row["record_type"] for row in rows["results"]} == {"contract"}


def test_a_ratio_without_a_denominator_is_null(people, call):
    answer = call(people["boss"]).get("/api/v1/kpis/cac/?from=2025-01-01&to=2025-01-31").json()
    assert answer["value"] is None
    assert answer["numerator"] == "0"


def test_median_and_factors_are_told(people, story, call):
    cycle = call(people["boss"]).get("/api/v1/kpis/sales_cycle_days/?period=2025").json()
    assert (cycle["value"], cycle["median"]) == ("11", "11")
    clv = call(people["boss"]).get("/api/v1/kpis/clv/?period=2025").json()
    assert (clv["value"], clv["purchase_value"], clv["churn_assumed"]) == ("10000", "2000", True)


def test_scope_holds_over_the_api(people, company_tree, story, call):
    assert call(people["sales"]).get("/api/v1/kpis/revenue/?period=2025").json()["value"] == "1000"
    assert call(people["manager"]).get("/api/v1/kpis/revenue/?period=2025").json()["value"] == "3000"
    assert call(people["manager"]).get(f"/api/v1/kpis/revenue/?team={company_tree['south'].pk}").status_code == 404
    assert call(people["sales"]).get("/api/v1/kpis/cac/?period=2025").json()["value"] is None
    assert call(people["admin"]).get("/api/v1/kpis/revenue/").status_code == 403
    rows = call(people["marketing"]).get("/api/v1/kpis/revenue/rows/?period=2025").json()
    assert (rows["count"], rows["hidden_count"], rows["hidden_sum"]) == (0, 3, "6000")


def test_what_does_not_exist_is_told(people, call):
    assert call(people["boss"]).get("/api/v1/kpis/happiness/").status_code == 404
    answer = call(people["boss"]).get("/api/v1/kpis/revenue/?period=someday")
    assert answer.status_code == 400
    assert "period" in answer.json()["errors"]


def test_a_year_is_planned_changed_and_published(people, call):
    client = call(people["boss"])
    made = client.post("/api/v1/targets/", {"kpi": "revenue", "year": 2026, "base": "1200"})
    assert made.status_code == 201, made.json()
    head = made.json()
    assert head["moves"] == ["publish"]
    months = client.get(f"/api/v1/targets/?plan={head['id']}&span=month&page_size=200").json()["results"]
    company = [row for row in months if row["team"] is None]
    assert len(company) == 12
    answer = client.patch(f"/api/v1/targets/{company[0]['id']}/", {"base": "150"})
    assert answer.status_code == 200 and answer.json()["base"] == "150.00"
    assert client.patch(f"/api/v1/targets/{head['id']}/", {"base": "150"}).status_code == 400
    assert client.post(f"/api/v1/targets/{head['id']}/publish/").status_code == 400
    client.patch(f"/api/v1/targets/{company[0]['id']}/", {"base": "100"})
    assert client.post(f"/api/v1/targets/{head['id']}/publish/").json()["status"] == "published"
    assert client.post(f"/api/v1/targets/{head['id']}/publish/").status_code == 409
    assert client.post(f"/api/v1/targets/{head['id']}/replan/").json()["result"]["record_type"] == "target"
    assert (
        call(people["sales"]).post("/api/v1/targets/", {"kpi": "revenue", "year": 2027, "base": 1}).status_code == 403
    )
    assert Target.objects.plans().count() == 2


def test_costs_and_market_figures_over_the_api(people, call):
    client = call(people["marketing"])
    made = client.post("/api/v1/costs/", {"month": "2025-03-17", "kind": "sales", "amount": "10"})
    assert made.status_code == 201, made.json()
    assert Cost.objects.get().month == on(3, 1)
    body = {"month": "2025-03-17", "amount": "10", "currency": "USD", "source": "A"}
    assert client.post("/api/v1/industry-sales/", body).status_code == 400  # no rate is known
    assert client.post("/api/v1/industry-sales/", {**body, "currency": "CNY"}).status_code == 201
    assert IndustrySales.objects.get().month == on(3, 1)
    assert call(people["sales"]).get("/api/v1/costs/").status_code == 403
