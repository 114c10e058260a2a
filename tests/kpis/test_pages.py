"""The pages of the numbers: who sees what, in both languages, in a fixed number of queries."""

import pytest
from django.urls import reverse

from crm.access import Role
from crm.models import Company, Job
from kpis import compute
from kpis.cuts import cut_for
from kpis.definitions import REGISTRY
from kpis.models import Cost, IndustrySales, KpiValue
from kpis.periods import named
from kpis.rows import Rows
from kpis.tally import figures
from tests.kpis.story import (
    customer_of,
    make_answer,
    make_contract,
    make_deal,
    make_invoice,
    make_lead,
    make_payment,
    make_refund,
    make_spend,
    on,
)

pytestmark = pytest.mark.django_db
ROLES = [role for role in Role.values if role != Role.ADMIN]
QUARTER = "?period=2025-Q1"


@pytest.fixture
def story(people):
    """A quarter in which everything happened once to each seller."""
    Company.current()
    for number, who in enumerate(("sales", "colleague", "stranger")):
        seller = people[who]
        customer = customer_of(seller)
        lead = make_lead(seller, on(1, 5), channel="exhibition")
        contract = make_contract(seller, customer, on(2, 3), 1000 * (number + 1), case=lead.case)
        make_invoice(contract, on(2, 10), 500)
        make_refund(make_payment(contract, on(3, 1), 400), on(3, 2), 100)
        make_deal(seller, customer, on(1, 6), on(2, 3))
        make_answer(customer, on(3, 9), 5, recommend=10)
    make_spend(on(2, 1), 900)
    Cost.objects.create(month=on(2, 1), kind="sales", amount=300)
    IndustrySales.objects.create(month=on(2, 1), amount=100000, source="Association")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("role", ROLES)
def test_the_dashboard_opens_for_every_role(role, language, people, story, browse):
    people[role].language = language
    people[role].save()
    for query in (QUARTER, "?period=2025-02&compare=year"):
        answer = browse(people[role]).get(reverse("kpis:dashboard") + query)
        assert answer.status_code == 200
    assert browse(people[role]).get(reverse("kpis:definitions")).status_code == 200


def test_any_run_of_days_may_be_picked(people, story, browse):
    client = browse(people["boss"])
    for query in ("", "?from=2025-01-10&to=2025-02-20", "?period=nonsense", "?from=x&to=y"):
        assert client.get(reverse("kpis:dashboard") + query).status_code == 200


def test_an_admin_has_no_dashboard(people, browse):
    assert browse(people["admin"]).get(reverse("kpis:dashboard")).status_code == 403


def tile(answer, key):
    return next(tile for tile in answer.context["tiles"] if tile["key"] == key)


def test_each_role_sees_its_own_the_teams_or_the_companys_numbers(people, story, browse):
    for who, revenue in (("sales", "¥1K"), ("manager", "¥3K"), ("boss", "¥6K"), ("finance", "¥6K")):
        answer = browse(people[who]).get(reverse("kpis:dashboard") + QUARTER)
        assert tile(answer, "revenue")["text"] == revenue, who


def test_numbers_of_others_are_out_of_reach(people, company_tree, story, browse):
    south, stranger = company_tree["south"].pk, people["stranger"].pk
    for who in ("sales", "manager", "marketing"):
        for query in (f"?team={south}", f"?person={stranger}"):
            assert browse(people[who]).get(reverse("kpis:dashboard") + query).status_code == 404, (who, query)
    assert browse(people["boss"]).get(reverse("kpis:dashboard") + f"?team={south}").status_code == 200


@pytest.mark.parametrize("role", [*ROLES, "boss"])
def test_a_number_is_the_sum_of_its_rows(role, people, story):
    user, period = people[role], named("2025-Q1")
    cut = cut_for(user, {})
    for kpi in REGISTRY.values():
        figure = figures(kpi, [period], cut)[0]
        if figure is None:
            assert not kpi.divisible and role in ("sales", "sales_support", "manager")
            continue
        for part, measure in kpi.parts.items():
            rows = Rows(measure, kpi.window(period), cut, user)
            shown = sum(row.counts for row in rows.page(0, rows.count))
            assert shown == rows.total, kpi
            if kpi.kind == "plain":
                assert shown + rows.hidden()[1] == (figure.numerator if part == "of" else figure.denominator), kpi


@pytest.mark.parametrize("key", REGISTRY)
def test_the_rows_of_every_number_open(key, people, story, browse):
    for part in ("of", "per"):
        answer = browse(people["boss"]).get(f"{reverse('kpis:rows', args=[key])}{QUARTER}&part={part}")
        assert answer.status_code == 200


def test_what_is_told_of_the_company_only_has_no_rows_for_a_person(people, browse):
    assert browse(people["sales"]).get(reverse("kpis:rows", args=["cac"])).status_code == 404


def test_who_may_see_the_records_sees_all_rows(people, story, browse):
    for who in ("sales", "manager", "boss", "finance"):
        answer = browse(people[who]).get(reverse("kpis:rows", args=["revenue"]) + QUARTER)
        assert answer.context["hidden_count"] == 0, who
    answer = browse(people["marketing"]).get(reverse("kpis:rows", args=["revenue"]) + QUARTER)
    assert answer.context["rows"] == []
    assert answer.context["hidden_count"] == 3
    assert "¥6,000.00" in answer.content.decode()


def test_operations_see_no_invoice_amounts_in_the_rows(people, story, browse):
    answer = browse(people["operations"]).get(reverse("kpis:rows", args=["revenue_billed"]) + QUARTER)
    assert answer.context["rows"] == []


def test_the_channel_narrows_numbers_and_rows(people, story, browse):
    client = browse(people["boss"])
    for channel, total in (("exhibition", 900), ("website", 0)):
        answer = client.get(f"{reverse('kpis:rows', args=['revenue_collected'])}{QUARTER}&channel={channel}")
        assert answer.context["behind"].rows.total == total
    assert client.get(reverse("kpis:dashboard") + QUARTER + "&channel=exhibition").status_code == 200
    assert client.get(reverse("kpis:dashboard") + "?channel=moon").status_code == 404


def test_the_dashboard_takes_the_same_queries_whatever_there_is(people, story, browse, django_assert_max_num_queries):
    client = browse(people["boss"])
    client.get(reverse("kpis:dashboard") + QUARTER)
    with django_assert_max_num_queries(30):
        client.get(reverse("kpis:dashboard") + QUARTER)
    with django_assert_max_num_queries(24):
        client.get(reverse("kpis:rows", args=["revenue_collected"]) + QUARTER)


def test_a_manager_recomputes_and_watches(people, story, browse, django_capture_on_commit_callbacks):
    client = browse(people["manager"])
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("kpis:recompute"))
    assert Job.objects.get(task="kpis.recompute_all").status == "succeeded"
    assert KpiValue.objects.filter(kpi="revenue", month=on(2, 1), team=None, person=None).get().value == 6000
    assert client.get(answer["Location"]).status_code == 200
    assert browse(people["sales"]).post(reverse("kpis:recompute")).status_code == 403


def test_tiles_show_the_trend_once_computed(people, story, browse):
    compute.recompute()
    answer = browse(people["boss"]).get(reverse("kpis:dashboard") + QUARTER)
    assert tile(answer, "revenue")["spark"][-2:] == [6000, 0]


def test_home_shows_numbers_to_each_role(people, story, browse):
    for role in ROLES:
        assert browse(people[role]).get("/").status_code == 200


def test_costs_and_market_figures_are_entered_by_month(people, browse):
    client = browse(people["marketing"])
    answer = client.post(reverse("kpis:cost_new"), {"month": "2025-03", "kind": "sales", "amount": "1200"})
    assert answer.status_code == 302
    cost = Cost.objects.get()
    assert cost.month == on(3, 1)
    assert client.get(cost.get_absolute_url()).status_code == 200
    form = client.get(reverse("kpis:cost_edit", args=[cost.pk])).content.decode()
    assert 'type="month"' in form and 'value="2025-03"' in form
    answer = client.post(
        reverse("kpis:industrysales_new"),
        {"month": "2025-03", "amount": "5000000", "currency": "CNY", "source": "Association"},
    )
    assert answer.status_code == 302
    assert client.get(IndustrySales.objects.get().get_absolute_url()).status_code == 200
    assert client.get(reverse("kpis:industrysales_list")).status_code == 200
    assert browse(people["sales"]).get(reverse("kpis:cost_list")).status_code == 403
    assert browse(people["finance"]).get(reverse("kpis:industrysales_new")).status_code == 403
