"""The rules of quotes: drafting, approval of discounts, sending, the customer's answer, versions."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError

from crm import clock, events, jobs
from crm.access import CUSTOMER
from crm.links import key_of
from crm.models import Company, Task
from crm.transitions import IllegalMove
from opportunities import links, quoting, services
from opportunities.models import Quote, QuoteLine
from tests.factories import ContactFactory, OpportunityFactory, ProductFactory, QuoteFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(people):
    return OpportunityFactory(owner=people["sales"])


@pytest.fixture
def quote(deal):
    return QuoteFactory(opportunity=deal)


@pytest.fixture
def sent(people, quote):
    quoting.submit(quote, by=people["sales"])
    return quoting.send(quote, by=people["sales"])


def line(**values):
    return QuoteLine(**{"product": ProductFactory(), "quantity": 3, "unit_price": Decimal("99.99"), **values})


# Drafting


def test_support_drafts_for_the_reps_deal_and_the_request_is_done(people, deal):
    services.request_quote(deal, by=people["sales"])
    quote = quoting.save_quote(Quote(opportunity=deal), lines=[line()], by=people["sales_support"])
    deal.refresh_from_db()
    assert (quote.owner, quote.customer, quote.case) == (people["sales"], deal.customer, deal.case)
    assert quote.valid_until == clock.today() + timedelta(days=Company.current().quote_valid_days)
    assert (quote.net, quote.tax, quote.gross) == (Decimal("299.97"), Decimal("39.00"), Decimal("338.97"))
    assert deal.quote_asked_at is None
    assert Task.objects.get().done_at


def test_changed_lines_are_logged_with_the_new_totals(people, quote):
    quoting.save_quote(quote, lines=[line()], by=people["sales_support"])
    assert "gross" in events.of_record(quote).get(verb="changed").data["changes"]
    assert Quote.objects.get().lines.count() == 1


def test_a_submitted_quote_is_no_longer_edited(people, quote):
    quoting.submit(quote, by=people["sales"])
    with pytest.raises(IllegalMove):
        quoting.save_quote(quote, lines=[line()], by=people["sales"])


def test_a_contact_of_another_customer_is_refused(people, quote):
    quote.contact = ContactFactory()
    with pytest.raises(ValidationError) as refusal:
        quoting.save_quote(quote, by=people["sales"])
    assert "contact" in refusal.value.message_dict


def test_no_quote_for_a_closed_deal(people, deal):
    services.lose(deal, lost_reason="price", by=people["sales"])
    with pytest.raises(ValidationError, match="open"):
        quoting.save_quote(Quote(opportunity=deal), lines=[line()], by=people["sales"])


# Approval


def test_a_discount_at_the_limit_needs_nobody(people, deal):
    quote = QuoteFactory(opportunity=deal, discount=10)
    quoting.submit(quote, by=people["sales_support"])
    assert quote.status == Quote.Status.APPROVED


def test_a_discount_above_the_limit_waits_for_the_teams_manager(people, deal):
    quote = QuoteFactory(opportunity=deal, discount=Decimal("10.01"))
    quoting.submit(quote, by=people["sales"])
    assert quote.status == Quote.Status.IN_APPROVAL
    assert people["manager"].notifications.exists()
    assert not people["boss"].notifications.exists()
    with pytest.raises(IllegalMove):
        quoting.send(quote, by=people["sales"])
    quoting.approve(quote, by=people["manager"])
    assert quote.status == Quote.Status.APPROVED
    assert people["sales"].notifications.exists()


@pytest.mark.parametrize("role", ["sales", "sales_support", "finance", "admin"])
def test_only_a_manager_approves(people, deal, role):
    quote = QuoteFactory(opportunity=deal, discount=20)
    quoting.submit(quote, by=people["sales"])
    with pytest.raises(PermissionDenied):
        quoting.approve(quote, by=people[role])


def test_a_returned_quote_is_a_draft_again_with_the_reason(people, deal):
    quote = QuoteFactory(opportunity=deal, discount=20)
    quoting.submit(quote, by=people["sales_support"])
    quoting.send_back(quote, reason="Too much", by=people["manager"])
    assert quote.status == Quote.Status.DRAFT
    assert events.of_record(quote).get(verb="return").reason == "Too much"
    assert people["sales_support"].notifications.exists()


def test_an_empty_quote_is_not_submitted(people, deal):
    quote = quoting.save_quote(Quote(opportunity=deal), lines=[], by=people["sales"])
    with pytest.raises(ValidationError, match="line"):
        quoting.submit(quote, by=people["sales"])


# Towards the customer


@pytest.mark.parametrize(("language", "words"), [("en", "Quote"), ("zh-hans", "报价单")])
def test_sending_mails_pdf_and_link_after_commit(
    people, deal, quote, language, words, django_capture_on_commit_callbacks
):
    quoting.submit(quote, by=people["sales"])
    with django_capture_on_commit_callbacks(execute=True):
        quoting.send(quote, to="buyer@example.com", language=language, by=people["sales"])
        assert not mail.outbox
    letter = mail.outbox[0]
    name, content, kind = letter.attachments[0]
    assert (letter.to, letter.reply_to) == (["buyer@example.com"], [people["sales"].email])
    assert links.address(quote) in letter.body
    assert (name, kind, content[:5]) == (f"{quote.number}.pdf", "application/pdf", b"%PDF-")


def test_the_database_keeps_only_the_links_digest(sent):
    key = key_of(sent)
    assert links.find(key) == sent
    assert key not in str(Quote.objects.filter(pk=sent.pk).values())


def test_sending_again_keeps_the_link(people, sent):
    before = links.address(sent)
    quoting.send(sent, by=people["sales"])
    assert links.address(sent) == before


def test_acceptance_brings_the_deal_to_contracting_and_tells_the_owner(people, deal, sent):
    quoting.accept(sent, accepted_by="张伟", by=CUSTOMER)
    deal.refresh_from_db()
    assert (sent.status, deal.status) == ("accepted", "contracting")
    event = events.of_record(sent).get(verb="accept")
    assert (event.actor, event.acting_role) == (None, "customer")
    assert people["sales"].notifications.filter(text__contains="accepted").exists()
    assert Quote.objects.awaiting_contract().get() == sent


def test_one_quote_of_a_deal_is_accepted(people, deal, sent):
    other = QuoteFactory(opportunity=deal, status="sent")
    quoting.accept(sent, by=people["sales"])
    with pytest.raises(ValidationError, match="Another quote"):
        quoting.accept(other, by=people["sales"])


@pytest.mark.parametrize("who", ["sales", "customer"])
def test_past_its_validity_a_quote_is_not_accepted(people, deal, who):
    quote = QuoteFactory(opportunity=deal, status="sent", valid_until=clock.today() - timedelta(days=1))
    with pytest.raises(ValidationError, match="validity"):
        quoting.accept(quote, by=CUSTOMER if who == "customer" else people["sales"])


def test_a_quote_of_a_lost_deal_is_not_accepted(people, deal, sent):
    services.lose(deal, lost_reason="price", by=people["sales"])
    with pytest.raises(ValidationError, match="closed"):
        quoting.accept(sent, by=CUSTOMER)


def test_a_new_version_takes_the_place_of_the_old(people, sent):
    key = key_of(sent)
    version = quoting.revise(sent, by=people["sales_support"])
    assert (version.revision, version.version_of, version.status) == (2, sent, "draft")
    assert (version.gross, version.lines.count()) == (sent.gross, 1)
    assert sent.lines.count() == 1
    assert sent.status == "superseded"
    assert key_of(version) != key


def test_the_owner_is_told_once_that_a_quote_has_expired(people, deal, sent):
    Quote.objects.update(valid_until=clock.today() - timedelta(days=1))
    people["sales"].notifications.all().delete()
    assert jobs.TASKS["opportunities.expire_quotes"].function(None) == {"told": 1}
    assert jobs.TASKS["opportunities.expire_quotes"].function(None) == {"told": 0}
    assert people["sales"].notifications.count() == 1
    sent.refresh_from_db()
    assert (sent.status, sent.expired) == ("sent", True)


def test_managers_of_another_team_are_not_asked(people, deal, company_tree):
    other = UserFactory(roles=["manager"], team=company_tree["south"])
    quoting.submit(QuoteFactory(opportunity=deal, discount=50), by=people["sales"])
    assert not other.notifications.exists()
