"""The pages of opportunities and quotes: wiring, board, scope, query counts, both languages."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from crm import clock, events, queues
from opportunities import quoting, services
from opportunities.models import Opportunity, Quote
from tests.factories import CustomerFactory, LeadFactory, OpportunityFactory, ProductFactory, QuoteFactory

pytestmark = pytest.mark.django_db
BOARD = "/opportunities/board/"
HTMX = {"HTTP_HX_REQUEST": "true"}
SEE = ["sales", "sales_support", "finance", "manager"]


@pytest.fixture
def deal(people):
    return OpportunityFactory(owner=people["sales"])


@pytest.fixture
def quote(deal):
    return QuoteFactory(opportunity=deal)


def text(answer):
    return answer.content.decode()


# Opening


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("role", SEE)
def test_every_page_opens_for_whoever_may_see_it(people, browse, deal, quote, role, language):
    people[role].language = language
    people[role].save()
    client = browse(people[role])
    pages = ["/opportunities/", BOARD, "/quotes/", deal.get_absolute_url(), quote.get_absolute_url(), "/"]
    pages += [f"/quotes/{quote.pk}/paper.zh.pdf", f"/quotes/{quote.pk}/paper.en.pdf", "/opportunities/export.csv"]
    if role != "finance":
        pages += [f"/quotes/{quote.pk}/edit/", f"/quotes/new/?opportunity={deal.pk}"]
    if role in ("sales", "manager"):
        pages += ["/opportunities/new/", f"/opportunities/{deal.pk}/edit/"]
        pages += [f"/opportunities/{deal.pk}/{verb}/" for verb in ("move", "request_quote", "lose", "hold")]
    assert {page: client.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)


@pytest.mark.parametrize("role", ["marketing", "operations", "service", "admin"])
def test_roles_without_a_part_in_deals_are_kept_out(people, browse, deal, quote, role):
    client = browse(people[role])
    assert client.get("/opportunities/").status_code == 403
    assert client.get(BOARD).status_code == 403
    assert client.get(deal.get_absolute_url()).status_code == 403
    assert client.get(f"/quotes/{quote.pk}/paper.en.pdf").status_code == 403


def test_a_strangers_deal_and_quote_are_not_found(people, browse, deal, quote):
    client = browse(people["stranger"])
    for address in (
        deal.get_absolute_url(),
        quote.get_absolute_url(),
        f"/quotes/{quote.pk}/paper.en.pdf",
        f"/quotes/new/?opportunity={deal.pk}",
    ):
        assert client.get(address).status_code == 404
    assert deal.name not in text(client.get(BOARD))


@pytest.mark.parametrize("address", ["/opportunities/", "/quotes/", BOARD])
def test_lists_and_board_take_a_fixed_number_of_queries(people, browse, address, django_assert_max_num_queries):
    for _ in range(12):
        QuoteFactory(opportunity=OpportunityFactory(owner=people["sales"]))
    client = browse(people["sales"])
    client.get(address)
    with django_assert_max_num_queries(9):
        client.get(address)


# Converting


def test_converting_in_the_browser_leads_on_to_the_opportunity(people, browse):
    lead = LeadFactory(owner=people["sales"], status="qualified", budget=80000)
    client = browse(people["sales"])
    address = reverse("leads:lead_act", args=[lead.pk, "convert"])
    assert "80000" in text(client.get(address))
    answer = client.post(address, {"opportunity_name": "20 seats", "amount": "80000"})
    deal = Opportunity.objects.get(lead=lead)
    assert (answer.status_code, answer["Location"]) == (302, deal.get_absolute_url())
    assert deal.name in text(client.get(lead.get_absolute_url()))
    assert deal.name in text(client.get(deal.customer.get_absolute_url()))


def test_the_form_tells_of_a_colleagues_customer_without_its_contact_details(people, browse):
    from crm import search

    lead = LeadFactory(owner=people["sales"], status="qualified", company_name="华兴制造有限公司")
    search.index(CustomerFactory(name="华兴制造", owner=people["stranger"], phone="13911112222"))
    page = text(browse(people["sales"]).get(reverse("leads:lead_act", args=[lead.pk, "convert"])))
    assert "华兴制造 (Stranger)" in page
    assert "13911112222" not in page


# Board


def test_the_board_counts_sums_and_weighs_each_stage(people, browse, deal):
    OpportunityFactory(owner=people["sales"], status="proposal", amount=1_000_000)
    OpportunityFactory(owner=people["sales"], status="proposal", amount=1000, currency="USD", rate=7)
    columns = {column.key: column for column in browse(people["sales"]).get(BOARD).context["columns"]}
    assert (columns["discovery"].count, columns["discovery"].sum) == (1, 100_000)
    assert (columns["proposal"].count, columns["proposal"].sum) == (2, 1_007_000)
    assert columns["proposal"].weighted == 503_500


def test_the_boards_filters_apply(people, browse, deal):
    other = OpportunityFactory(owner=people["colleague"])
    page = text(browse(people["manager"]).get(BOARD, {"owner": people["colleague"].pk}))
    assert other.name in page
    assert deal.name not in page


def test_late_cards_stand_out(people, browse, deal):
    Opportunity.objects.update(status_since=timezone.now() - timedelta(days=30))
    assert "is-late" in text(browse(people["sales"]).get(BOARD))


def drop(client, deal, stage):
    return client.post(f"/opportunities/{deal.pk}/board-move/", {"stage": stage}, **HTMX)


def test_dropping_a_card_on_a_later_stage_moves_the_deal(people, browse, deal):
    assert drop(browse(people["sales"]), deal, "negotiation").status_code == 204
    deal.refresh_from_db()
    assert deal.status == "negotiation"


@pytest.mark.parametrize(("start", "stage"), [("proposal", "needs"), ("proposal", "lost")])
def test_a_drop_that_needs_a_reason_answers_with_its_form(people, browse, start, stage):
    deal = OpportunityFactory(owner=people["sales"], status=start)
    answer = drop(browse(people["sales"]), deal, stage)
    assert "dialog-heading" in text(answer)
    deal.refresh_from_db()
    assert deal.status == start


def test_dropping_on_won_without_a_contract_is_refused_with_the_reason(people, browse, deal):
    answer = drop(browse(people["sales"]), deal, "won")
    assert answer.status_code == 422
    assert "signed contract" in text(answer)


def test_who_only_sees_a_deal_gets_no_handle_to_move_it(people, browse, deal):
    client = browse(people["sales_support"])
    page = text(client.get(BOARD))
    assert deal.name in page
    assert "data-move" not in page
    assert client.post(f"/opportunities/{deal.pk}/board-move/", {"stage": "needs"}).status_code == 403


# Quotes


def sheet(*rows):
    data = {"lines-TOTAL_FORMS": len(rows), "lines-INITIAL_FORMS": 0}
    for at, row in enumerate(rows):
        data |= {f"lines-{at}-{name}": value for name, value in row.items()}
    return data


def test_support_drafts_a_quote_from_the_request(people, browse, deal):
    services.request_quote(deal, by=people["sales"])
    client = browse(people["sales_support"])
    home = text(client.get("/"))
    assert deal.name in home
    address = f"/quotes/new/?opportunity={deal.pk}"
    assert address in home
    product = ProductFactory(price=250)
    answer = client.post(
        address,
        {"opportunity": deal.pk, "currency": "CNY", **sheet({"product": product.pk, "quantity": 4})},
    )
    quote = Quote.objects.get()
    assert answer.status_code == 302
    assert (quote.net, quote.gross) == (1000, 1130)


def test_a_bad_line_loses_nothing_that_was_typed(people, browse, deal):
    answer = browse(people["sales"]).post(
        "/quotes/new/",
        {
            "opportunity": deal.pk,
            "currency": "CNY",
            "terms": "Free on board",
            **sheet({"description": "Training", "quantity": 1}),
        },
    )
    assert answer.status_code == 422
    assert "Free on board" in text(answer)
    assert "Training" in text(answer)


def test_a_quote_past_its_validity_says_so(people, browse, deal):
    quote = QuoteFactory(opportunity=deal, status="sent", valid_until=clock.today() - timedelta(days=2))
    client = browse(people["sales"])
    assert "Expired" in text(client.get("/quotes/?expired=true"))
    page = text(client.get(quote.get_absolute_url()))
    assert "past its validity" in page
    assert "Record acceptance" not in page


def test_won_is_offered_once_the_deal_is_at_contracting(people, browse, deal):
    client = browse(people["sales"])
    assert "Mark as won" not in text(client.get(deal.get_absolute_url()))
    services.move(deal, stage="contracting", by=people["sales"])
    assert "Mark as won" in text(client.get(deal.get_absolute_url()))


def test_the_link_is_shown_to_who_may_send(people, browse, quote):
    quoting.submit(quote, by=people["sales"])
    quoting.send(quote, by=people["sales"])
    assert "/q/" in text(browse(people["sales"]).get(quote.get_absolute_url()))
    assert "/q/" not in text(browse(people["sales_support"]).get(quote.get_absolute_url()))


# Home


def labels(user):
    return {found.label for found in queues.collect(queues.QUEUES, user) if found.count}


def test_each_role_finds_its_work_at_home(people, deal):
    QuoteFactory(opportunity=deal, status="approved")
    QuoteFactory(opportunity=deal, status="sent", valid_until=clock.today() - timedelta(days=1))
    QuoteFactory(opportunity=deal, status="accepted")
    quoting.submit(QuoteFactory(opportunity=deal, discount=30), by=people["sales"])
    long_ago = timezone.now() - timedelta(days=60)
    Opportunity.objects.update(last_activity_at=long_ago, status_since=long_ago)
    assert labels(people["sales"]) >= {
        "Quotes to send",
        "Quotes past their validity",
        "Deals gone stale",
        "Accepted quotes waiting for a contract",
    }
    assert labels(people["manager"]) >= {"Quotes to approve", "Stuck deals"}


def test_home_says_what_a_rep_waits_for_and_with_whom(people, deal):
    services.request_quote(deal, by=people["sales"])
    quoting.submit(QuoteFactory(opportunity=deal, discount=30), by=people["sales"])
    holders = {item["holder"] for items in queues.collect(queues.HANDED, people["sales"]) for item in items}
    assert holders >= {str(people["sales_support"]), str(people["manager"])}


def test_the_pipeline_number_is_weighted_by_stage(people, deal):
    OpportunityFactory(owner=people["sales"], status="contracting", amount=1_000_000)
    number = next(n for n in queues.collect(queues.NUMBERS, people["sales"]) if n["label"] == "Pipeline, weighted")
    assert number["text"] == "¥910K"


# One verb, two doors


DOORS = [
    ("opportunities", "move", "sales", {"stage": "proposal"}, "proposal"),
    ("opportunities", "move", "sales", {"stage": "nonsense"}, 400),
    ("opportunities", "win", "sales", {}, 400),
    ("opportunities", "lose", "sales", {"lost_reason": "price"}, "lost"),
    ("opportunities", "lose", "sales", {}, 400),
    ("opportunities", "hold", "sales", {"reason": "Budget freeze"}, "on_hold"),
    ("opportunities", "resume", "sales", {}, 409),
    ("opportunities", "reopen", "sales", {"reason": "x"}, 403),
    ("opportunities", "move", "finance", {"stage": "proposal"}, 403),
    ("opportunities", "move", "stranger", {"stage": "proposal"}, 404),
    ("quotes", "submit", "sales_support", {}, "approved"),
    ("quotes", "approve", "manager", {}, 409),
    ("quotes", "approve", "sales_support", {}, 403),
    ("quotes", "send", "sales_support", {"language": "en"}, 403),
    ("quotes", "accept", "sales", {}, 409),
    ("quotes", "submit", "stranger", {}, 404),
]


@pytest.mark.parametrize("door", ["page", "api"])
@pytest.mark.parametrize(("where", "verb", "who", "data", "outcome"), DOORS)
def test_both_doors_do_and_refuse_the_same(people, browse, call, deal, quote, door, where, verb, who, data, outcome):
    record = deal if where == "opportunities" else quote
    if door == "page":
        answer = browse(people[who]).post(f"/{where}/{record.pk}/{verb}/", data)
    else:
        answer = call(people[who]).post(f"/api/v1/{where}/{record.pk}/{verb}/", data)
    before = record.status
    record.refresh_from_db()
    if isinstance(outcome, str):
        assert answer.status_code in (200, 302)
        assert record.status == outcome
        assert events.of_record(record).filter(verb=verb, actor=people[who]).exists()
    else:
        assert answer.status_code == {"page": {400: 422}, "api": {}}[door].get(outcome, outcome)
        assert record.status == before
