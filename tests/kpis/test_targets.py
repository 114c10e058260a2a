"""Targets: split without a cent left over, changed while a draft, published only when their parts add up."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from crm.models import Event
from crm.queues import TARGETS, collect
from crm.transitions import IllegalMove, Stale
from kpis import plans, services
from kpis.cuts import Cut
from kpis.models import Target
from kpis.periods import named
from kpis.queues import month_target
from tests.kpis.story import customer_of, make_contract, on

pytestmark = pytest.mark.django_db


def make_plan(by, **more):
    return services.plan(**{"kpi": "revenue", "year": 2026, "base": Decimal("1000000"), **more}, by=by)


def months_of(head, **place):
    return plans.whole(head).filter(span="month", **{"team": None, "person": None, **place}).order_by("starts_on")


def assert_all_parts_add_up(head):
    for target in plans.whole(head):
        for level in Target.LEVELS:
            own = getattr(target, level)
            by_span = {}
            for child in target.children.all():
                kind = "people" if child.span == target.span else child.span
                by_span.setdefault(kind, []).append(getattr(child, level))
            for kind, parts in by_span.items():
                assert (own is None and set(parts) == {None}) or sum(parts) == own, (target, kind, level)


def test_a_year_is_split_to_quarters_months_teams_and_people_exactly(people):
    head = make_plan(people["boss"], base=Decimal("1000000.01"), stretch=Decimal("1100000"))
    assert plans.whole(head).count() == 17 * 6  # the company, two teams, three people
    assert_all_parts_add_up(head)
    assert plans.gaps(head) == []
    assert {row.base for row in months_of(head)} == {Decimal("83333.33"), Decimal("83333.34")}


def test_customers_are_split_in_whole_numbers(people):
    head = make_plan(people["boss"], kpi="new_customers", base=Decimal("100"))
    assert_all_parts_add_up(head)
    assert all(row.base == int(row.base) for row in plans.whole(head))
    with pytest.raises(ValidationError):
        make_plan(people["boss"], kpi="new_customers", year=2027, base=Decimal("10.5"))


def test_a_plan_may_follow_last_years_shares(people):
    for who, day, net in (("sales", on(1, 9), 300), ("sales", on(7, 9), 100), ("stranger", on(7, 9), 400)):
        make_contract(people[who], customer_of(people[who]), day, net)
    head = make_plan(people["boss"], base=Decimal(800), months="last_year", people="last_year")
    assert [row.base for row in months_of(head) if row.base] == [300, 500]
    year = plans.whole(head).filter(span="year")
    assert year.get(person=people["sales"]).base == 400
    assert year.get(person=people["colleague"]).base == 0
    assert year.get(person=people["stranger"]).base == 400
    assert_all_parts_add_up(head)


def test_only_a_manager_of_the_whole_company_plans(people):
    for who in ("sales", "finance", "manager"):
        with pytest.raises(PermissionDenied):
            make_plan(people[who])


def test_a_stretch_below_its_base_is_refused(people):
    with pytest.raises(ValidationError) as refusal:
        make_plan(people["boss"], stretch=Decimal(1))
    assert "stretch" in refusal.value.message_dict


def test_there_is_one_draft_per_year_and_kpi(people):
    make_plan(people["boss"])
    with pytest.raises(ValidationError):
        make_plan(people["boss"])
    assert make_plan(people["boss"], kpi="revenue_collected")


def test_changing_a_month_changes_its_quarter_and_year_and_is_logged(people):
    head = make_plan(people["boss"], base=Decimal(1200))
    january = months_of(head)[0]
    services.set_amounts(head, level="base", amounts={january.pk: Decimal(150)}, by=people["boss"])
    company = plans.whole(head).filter(team=None)
    assert company.get(span="quarter", starts_on=date(2026, 1, 1)).base == 350
    assert company.get(span="year").base == 1250
    event = Event.objects.get(record_type="target", record_id=head.pk, verb="changed")
    assert list(event.data["changes"].values()) == [["100.00", "150"]]


def test_a_plan_whose_parts_do_not_add_up_is_not_published(people):
    head = make_plan(people["boss"], base=Decimal(1200))
    mine = months_of(head, person=people["sales"], team=people["sales"].team)[0]
    services.set_amounts(head, level="base", amounts={mine.pk: mine.base + 1}, by=people["boss"])
    with pytest.raises(ValidationError) as refusal:
        services.publish(head, by=people["boss"])
    assert "North 2026-01" in refusal.value.messages[0]
    head.refresh_from_db()
    assert head.status == "draft"


def test_a_team_manager_changes_the_targets_of_their_people_only(people, company_tree):
    head = make_plan(people["boss"])
    manager = people["manager"]
    own = months_of(head, person=people["sales"], team=company_tree["north"])[0]
    other = months_of(head, person=people["stranger"], team=company_tree["south"])[0]
    team = months_of(head, team=company_tree["north"])[0]
    services.set_amounts(head, level="base", amounts={own.pk: Decimal(5)}, by=manager)
    for row in (other, team):
        with pytest.raises(PermissionDenied):
            services.set_amounts(head, level="base", amounts={row.pk: Decimal(5)}, by=manager)


def test_a_change_on_an_old_view_of_the_plan_is_refused(people):
    head = make_plan(people["boss"])
    first = months_of(head)[0]
    services.set_amounts(head, level="base", amounts={first.pk: Decimal(5)}, by=people["boss"], seen=1)
    with pytest.raises(Stale):
        services.set_amounts(head, level="base", amounts={first.pk: Decimal(6)}, by=people["boss"], seen=1)


def test_a_new_version_supersedes_the_published_one(people):
    head = make_plan(people["boss"])
    services.publish(head, by=people["boss"])
    assert set(plans.whole(head).values_list("status", flat=True)) == {"published"}
    again = services.replan(head, by=people["boss"])
    assert (again.revision, again.status) == (2, "draft")
    assert_all_parts_add_up(again)
    assert plans.goals(named("2026"), Cut()) == {"revenue": Decimal(1000000)}
    first = months_of(again)[0]
    with pytest.raises(ValidationError):
        services.set_amounts(head, level="base", amounts={months_of(head)[0].pk: Decimal(1)}, by=people["boss"])
    services.publish(again, by=people["boss"])
    assert set(plans.whole(head).values_list("status", flat=True)) == {"superseded"}
    assert first.base == months_of(again)[0].base
    with pytest.raises(IllegalMove):
        services.publish(again, by=people["boss"])


def test_goals_of_a_team_are_those_of_the_teams_below(people, company_tree):
    services.publish(make_plan(people["boss"]), by=people["boss"])
    assert plans.goals(named("2026"), Cut(team=company_tree["root"]))["revenue"] == 1000000
    north = plans.goals(named("2026"), Cut(team=company_tree["north"]))["revenue"]
    mine = plans.goals(named("2026-Q2"), Cut(person=people["sales"]))["revenue"]
    assert round(north) == 666667
    assert round(mine) == 83333


def test_home_tells_the_months_target_and_its_pace(people):
    year = timezone.localdate().year
    services.publish(make_plan(people["boss"], year=year, base=Decimal(36000)), by=people["boss"])
    make_contract(people["sales"], customer_of(people["sales"]), timezone.localdate(), 500)
    found = month_target(people["sales"])
    assert found["percent"] == 50
    assert month_target(people["boss"])["percent"] == round(500 / 3000 * 100)
    assert collect(TARGETS, people["marketing"]) == []


def test_planning_in_the_browser(people, browse):
    client = browse(people["boss"])
    form = {"kpi": "revenue", "year": 2026, "base": "1200", "months": "equal", "people": "equal"}
    answer = client.post(reverse("kpis:target_new"), form)
    assert answer.status_code == 302
    head = Target.objects.plans().get()
    page = client.get(head.get_absolute_url())
    assert page.status_code == 200
    data = {name: field.initial for name, field in page.context["form"].fields.items() if name != "seen"}
    january = months_of(head)[0]
    data |= {"seen": 1, f"target-{january.pk}": "101"}
    address = reverse("kpis:target_amounts", args=[head.pk])
    assert client.post(address, data).status_code == 302
    assert months_of(head)[0].base == 101
    assert "sum to" in client.get(head.get_absolute_url()).content.decode()
    answer = client.post(address, data | {f"target-{january.pk}": "-1", "seen": 2})
    assert answer.status_code == 422
    assert client.post(address, data | {f"target-{january.pk}": "100", "seen": 2}).status_code == 302
    assert client.post(reverse("kpis:target_act", args=[head.pk, "publish"])).status_code == 302
    head.refresh_from_db()
    assert head.status == "published"
    answer = client.post(reverse("kpis:target_act", args=[head.pk, "replan"]))
    assert answer["Location"] == Target.objects.plans().get(revision=2).get_absolute_url()


def test_who_sees_which_targets(people, browse):
    head = make_plan(people["boss"])
    places = {}
    for who in ("boss", "finance", "manager", "sales"):
        places[who] = [row.place for row in browse(people[who]).get(reverse("kpis:target_list")).context["rows"]]
    assert places["boss"] == places["finance"] == ["Whole company"]
    assert sorted(places["manager"]) == ["Colleague", "North", "Sales"]
    assert places["sales"] == ["Sales"]
    assert browse(people["marketing"]).get(reverse("kpis:target_list")).status_code == 403
    assert browse(people["sales"]).get(head.get_absolute_url()).status_code == 404
    north = plans.whole(head).get(span="year", team=people["manager"].team, person=None)
    assert browse(people["manager"]).get(north.get_absolute_url()).status_code == 200
