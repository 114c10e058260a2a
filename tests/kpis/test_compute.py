"""What is stored by month is what the rows give."""

import pytest

from kpis import compute
from kpis.cuts import Cut
from kpis.definitions import REGISTRY
from kpis.models import Cost, IndustrySales, KpiValue
from kpis.periods import month_starts, of
from kpis.tally import figures
from tests.kpis.story import (
    customer_of,
    make_answer,
    make_contract,
    make_credit,
    make_deal,
    make_invoice,
    make_lead,
    make_payment,
    make_spend,
    on,
)  # fmt: skip

pytestmark = pytest.mark.django_db
MONTHS = month_starts(on(1, 1), on(12, 1))


@pytest.fixture
def story(people):
    """Two teams sell over two years; some customers come back, some do not."""
    for number, who in enumerate(("sales", "colleague", "stranger")):
        seller = people[who]
        customer = customer_of(seller)
        make_contract(seller, customer, on(6, 9, 2024), 70)
        for month in (2, 5 + number):
            lead = make_lead(seller, on(month, 2))
            contract = make_contract(
                seller, customer if number else customer_of(seller), on(month, 28), 100 + number, case=lead.case
            )
            make_credit(make_invoice(contract, on(month, 28), 90), on(month + 1, 1), 10)
            make_payment(contract, on(month + 1, 9), 60)
            make_deal(seller, customer, on(month, 1), on(month, 20 + number))
        make_deal(seller, customer, on(2, 1), on(2, 7), status="lost")
        make_answer(customer, on(7, 1), 3 + number, recommend=9)
    make_spend(on(2, 3), 500)
    Cost.objects.create(month=on(2, 1), kind="sales", amount=100)
    IndustrySales.objects.create(month=on(2, 1), amount=9999, source="A")


@pytest.mark.parametrize("key", REGISTRY)
def test_the_stored_months_agree_with_the_rows(key, story, people, company_tree):
    kpi = REGISTRY[key]
    compute.store(kpi, MONTHS)
    stored = {(row.month, row.team_id, row.person_id): row for row in KpiValue.objects.filter(kpi=key)}
    assert stored
    for cut in (Cut(), Cut(team=company_tree["north"]), Cut(team=company_tree["root"]), Cut(person=people["stranger"])):
        found = figures(kpi, [of("month", month) for month in MONTHS], cut)
        for month, figure in zip(MONTHS, found, strict=True):
            row = stored.get((month, cut.team and cut.team.pk, cut.person and cut.person.pk))
            expected = figure.value if figure else None
            if row is None:
                assert not expected
            else:
                assert row.value == (expected if expected is None else round(expected, 6)), (month, cut)


def snapshot():
    return list(
        KpiValue.objects.order_by("kpi", "month", "team", "person").values_list(
            "kpi", "month", "team", "person", "numerator", "denominator", "value"
        )
    )


def test_computing_twice_stores_the_same(story):
    compute.recompute()
    once = snapshot()
    compute.recompute()
    assert snapshot() == once


def test_one_month_leaves_the_others_alone(story):
    compute.recompute(MONTHS)
    whole = snapshot()
    compute.recompute([on(5, 1)])
    assert snapshot() == whole


def test_what_no_longer_counts_is_cleared(story):
    compute.store(REGISTRY["revenue"], MONTHS)
    from contracts.models import Contract

    Contract.objects.update(status="draft", signed_on=None)
    compute.store(REGISTRY["revenue"], MONTHS)
    assert not KpiValue.objects.filter(kpi="revenue").exists()


def test_a_kpi_takes_few_statements_whatever_the_months_and_people(story, django_assert_max_num_queries):
    compute.store(REGISTRY["revenue"], MONTHS)
    with django_assert_max_num_queries(6):
        compute.store(REGISTRY["revenue"], MONTHS)
