"""The demo company obeys every rule that its users' own work has to obey."""

from collections import Counter, defaultdict
from itertools import pairwise

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db.models import Count, F, Sum
from django.test import override_settings
from django.utils import timezone

from billing import checks
from billing.models import Invoice, Payment, Period
from contracts.models import Contract, Delivery, Order, OrderLine
from crm import access, chain, clock, queues
from crm.access import Role
from crm.demo import LOGINS, PASSWORD
from crm.demo.load import load
from crm.models import BillingTitle, Case, Event, PriceList, SearchEntry, StageRecord, Task, User
from feedback.models import SurveyInvitation, Ticket
from kpis import plans
from kpis.models import Cost, IndustrySales, Target
from leads.models import Campaign, Lead
from opportunities.models import Quote

LEADS = 60
LINED = (Quote, Contract, Order, Invoice)
BY_APPROVAL = "contracts.amend_contract"  # also logged when finance approves the amendment
REST = (BillingTitle, PriceList, Target, Cost, IndustrySales, User, Period)


@pytest.fixture(scope="module")
def company(django_db_setup, django_db_blocker):
    """Told once for all tests of this module, and taken back after them."""
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=hashers):
        cache.clear()
        call_command("demo", leads=LEADS, verbosity=0)
        yield
        call_command("flush", interactive=False, verbosity=0)
        cache.clear()


@pytest.fixture(autouse=True)
def in_the_company(company, db):
    pass


def events_by_record():
    found = defaultdict(list)
    for event in Event.objects.order_by("occurred_at", "pk"):
        found[event.record_type, event.record_id].append(event)
    return found


def models_of_the_chain():
    return [model for model in chain.models() if issubclass(model, StageRecord)]


def test_every_record_began_with_an_event_of_its_creation():
    events = events_by_record()
    for model in [*chain.all_models(), *REST]:
        for record in model.objects.all():
            history = events[model._meta.model_name, record.pk]
            assert history and history[0].verb == "created", f"{model.__name__} {record.pk}"


def test_the_state_of_every_record_is_where_its_events_led():
    events = events_by_record()
    for model in [*models_of_the_chain(), Target, Period]:
        for record in model.objects.all():
            moves = [event for event in events[model._meta.model_name, record.pk] if event.to_state]
            assert moves[-1].to_state == record.status, f"{model.__name__} {record.pk}"
            for before, after in pairwise(moves):
                assert after.from_state == before.to_state, f"{model.__name__} {record.pk} {after.verb}"


def test_every_move_is_in_the_table_of_moves_and_within_the_role_of_whoever_made_it():
    users = User.objects.in_bulk()
    for model in [*models_of_the_chain(), Target, Period]:
        for event in Event.objects.filter(record_type=model._meta.model_name, verb__in=model.MOVES):
            assert event.from_state in model.MOVES[event.verb].sources
            permission = access.name(event.verb, model)
            if event.actor_id and permission in access.GRANTS and permission != BY_APPROVAL:
                assert access.scope(users[event.actor_id], permission), f"{permission} {event.acting_role}"


def test_nobody_approves_what_they_submitted():
    submitted = {}
    for event in Event.objects.order_by("occurred_at", "pk").filter(actor__isnull=False):
        key = (event.record_type, event.record_id)
        if event.verb == "submit" or (event.verb == "created" and event.record_type == "invoice"):
            submitted[key] = event.actor_id
        elif event.verb == "approve":
            assert submitted.get(key) != event.actor_id


def test_whoever_acts_on_a_record_may_do_so_on_this_one():
    users = User.objects.select_related("team").in_bulk()
    for model in (Quote, Contract, Order):
        records = model.objects.select_related("owner__team", "customer__owner__team").in_bulk()
        for event in Event.objects.filter(record_type=model._meta.model_name, actor__isnull=False):
            permission = access.name(event.verb, model)
            if permission in access.GRANTS and permission != BY_APPROVAL:
                assert access.allows(users[event.actor_id], permission, records[event.record_id]), permission


def test_every_record_of_a_chain_carries_its_case_and_the_case_its_customer():
    for model in models_of_the_chain():
        if model is not Campaign:
            assert not model.objects.filter(case=None).exists(), model
            if model is not Lead:
                assert not model.objects.exclude(customer=F("case__customer")).exists(), model
    assert not Case.objects.exclude(pk__in=Event.objects.values("case")).exists()


def test_nothing_happens_after_now():
    now = timezone.now()
    assert not Event.objects.filter(occurred_at__gt=now).exists()
    assert not Event.objects.filter(recorded_at__gt=now).exists()
    for model in models_of_the_chain():
        assert not model.objects.filter(created_at__gt=now).exists(), model
        assert not model.objects.filter(status_since__gt=now).exists(), model
    today = clock.today()
    assert not Payment.objects.filter(received_on__gt=today).exists()
    assert not Contract.objects.filter(signed_on__gt=today).exists()
    assert not Delivery.objects.filter(delivered_on__gt=today).exists()


def test_the_nightly_check_of_the_money_finds_nothing():
    assert checks.run().findings == []


def test_documents_are_the_sums_of_their_lines():
    for model in LINED:
        wrong = model.objects.annotate(lines_net=Sum("lines__net"), lines_gross=Sum("lines__gross"))
        assert not wrong.exclude(lines_net=F("net"), lines_gross=F("gross")).exists(), model


def test_no_payment_is_recorded_in_a_month_that_was_closed_by_then():
    closed = dict(Event.objects.filter(record_type="period", verb="close").values_list("record_id", "occurred_at"))
    assert closed
    for period in Period.objects.filter(pk__in=closed):
        late = Payment.objects.filter(received_on__range=(period.first_day, period.last_day))
        assert not late.filter(status_since__gt=closed[period.pk], status="confirmed").exists()


def test_no_more_is_delivered_than_was_ordered():
    for line in OrderLine.objects.with_delivered():
        assert line.planned <= line.quantity
    for order in Order.objects.filter(status__in=["delivered", "accepted", "completed"]):
        assert all(line.delivered == line.quantity for line in order.lines.with_delivered())


def test_deliveries_have_what_their_state_asks_for():
    gone = Delivery.objects.filter(status__in=["shipped", "delivered", "accepted"])
    assert not gone.filter(shipped_on=None).exists()
    for delivery in gone.prefetch_related("lines__order_line__product"):
        goods = any(line.order_line.product.kind == "goods" for line in delivery.lines.all())
        assert (delivery.carrier and delivery.tracking_number) if goods else delivery.checklist


def test_tickets_run_against_their_clocks():
    assert not Ticket.objects.filter(response_due_at=None).exists()
    assert not Ticket.objects.filter(status="closed", answered_at=None).exists()
    assert SurveyInvitation.objects.filter(score__isnull=False).exists()
    unhappy = Ticket.objects.filter(kind="complaint", description__gt="").first()
    assert unhappy is None or unhappy.order.surveys.filter(score__lte=2).exists()


def test_published_targets_add_up():
    heads = Target.objects.plans().published()
    assert {head.kpi for head in heads} == set(Target.Kpi.values)
    assert [plans.gaps(head) for head in heads] == [[]] * len(heads)


def test_everything_searchable_is_in_the_index():
    entries = Counter(SearchEntry.objects.values_list("record_type", flat=True))
    assert entries["lead"] == Lead.objects.count() == LEADS
    assert entries["invoice"] == Invoice.objects.count()


def test_new_records_get_keys_that_are_free():
    last = Lead.objects.latest("pk").pk
    assert Lead.objects.create(company_name="下一条线索").pk == last + 1


def test_every_login_exists_and_has_the_demo_password():
    for _role, email in LOGINS:
        assert User.objects.get(email=email).check_password(PASSWORD)
    assert {role for user in User.objects.all() for role in user.roles} == set(Role.values)


def test_work_waits_for_every_role():
    for role in set(Role.values) - {Role.ADMIN}:
        waiting = [
            queue.count for user in User.objects.filter(roles=[role]) for queue in queues.collect(queues.QUEUES, user)
        ]
        assert sum(waiting) > 0, role
    assert Task.objects.filter(done_at=None).exists()


def fingerprint():
    counts = [model.objects.count() for model in [*models_of_the_chain(), Event, Task]]
    sums = [model.objects.aggregate(sum=Sum("gross"), most=Count("customer"))["sum"] for model in LINED]
    return counts, sums, list(Lead.objects.order_by("pk").values_list("company_name", "status")[:20])


def test_the_same_seed_tells_the_same_story():
    told = fingerprint()
    call_command("flush", interactive=False, verbosity=0)
    cache.clear()
    load(leads=LEADS, seed=1)
    assert fingerprint() == told


def test_a_database_with_users_is_left_alone():
    with pytest.raises(CommandError, match="users"):
        call_command("demo", leads=LEADS)


def test_a_database_set_up_on_purpose_is_not_emptied_by_accident(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://production")
    with pytest.raises(CommandError, match="--yes"):
        call_command("demo", reset=True, leads=LEADS)
    assert Lead.objects.exists()
