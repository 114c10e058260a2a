"""The pages and the API of getting paid."""

import pytest

from billing.models import Dispute, DunningLevel, Promise, Reminder
from billing.tasks import propose_reminders
from crm import clock
from crm.models import BulkRun
from tests.billing.test_dunning import customer, dollars, overdue  # noqa: F401 - fixtures
from tests.factories import ContactFactory, CustomerFactory

pytestmark = pytest.mark.django_db


def test_finance_looks_at_a_letter_changes_it_and_sends_it(customer, people, browse):  # noqa: F811
    invoice = overdue(customer)
    propose_reminders(None)
    letter, client = Reminder.objects.get(), browse(people["finance"])
    assert str(letter.customer) in client.get("/").content.decode()
    page = client.get(f"/reminders/{letter.pk}/").content.decode()
    assert str(invoice) in page and "2,000.00" in page
    form = client.get(f"/reminders/{letter.pk}/send/").content.decode()
    assert "ap@huaxing.example" in form
    answer = client.post(f"/reminders/{letter.pk}/send/", {"to": "a@b.example", "subject": "Hello", "message": "Pay"})
    assert answer.status_code == 302
    letter.refresh_from_db()
    assert (letter.status, letter.to, letter.message) == ("sent", "a@b.example", "Pay")
    assert letter.number in client.get(f"/invoices/{invoice.pk}/").content.decode()
    assert letter.number in client.get(f"/customers/{customer.pk}/").content.decode()


def test_ticked_letters_go_out_together_each_in_its_own_words(customer, people, browse):  # noqa: F811
    other = CustomerFactory(owner=people["sales"])
    ContactFactory(customer=other)
    overdue(customer), overdue(other)
    propose_reminders(None)
    keys = list(Reminder.objects.values_list("pk", flat=True))
    client = browse(people["finance"])
    assert client.post("/reminders/bulk/", {"act": "send", "pk": keys}).status_code == 200
    client.post("/reminders/bulk/", {"act": "send", "pk": keys, "go": "1"})
    assert BulkRun.objects.get().outcomes.filter(result="done").count() == 2
    assert {letter.customer.name in letter.message for letter in Reminder.objects.all()} == {True}


def test_a_letter_is_a_pdf_in_both_languages_before_and_after(customer, people, browse):  # noqa: F811
    overdue(customer)
    propose_reminders(None)
    letter, client = Reminder.objects.get(), browse(people["finance"])
    for language in ("zh", "en"):
        assert client.get(f"/reminders/{letter.pk}/paper.{language}.pdf").content.startswith(b"%PDF")
    client.post(f"/reminders/{letter.pk}/send/", {})
    assert client.get(f"/reminders/{letter.pk}/paper.en.pdf").content.startswith(b"%PDF")


def test_over_the_api_promises_and_disputes_are_noted_and_letters_sent(customer, people, call):  # noqa: F811
    invoice, finance = overdue(customer), call(people["finance"])
    asked = {"invoice": invoice.pk, "amount": "500.00", "promised_on": str(clock.today())}
    answer = finance.post("/api/v1/promises/", asked, format="json")
    assert (answer.status_code, answer.json()["outcome"]) == (201, "open")
    promise = Promise.objects.get()
    assert finance.post(f"/api/v1/promises/{promise.pk}/withdraw/", {"reason": "x"}, format="json").status_code == 200
    asked = {"invoice": invoice.pk, "kind": "goods", "reason": "Broken"}
    assert finance.post("/api/v1/disputes/", asked, format="json").status_code == 201
    said = {"outcome": "ours", "resolution": "It is whole"}
    answer = finance.post(f"/api/v1/disputes/{Dispute.objects.get().pk}/resolve/", said, format="json")
    assert answer.json()["status"] == "resolved"
    DunningLevel.fill()
    asked = {"customer": customer.pk, "currency": "CNY", "level": DunningLevel.objects.first().pk}
    letter = finance.post("/api/v1/reminders/", asked, format="json").json()
    answer = finance.post(f"/api/v1/reminders/{letter['id']}/send/", {}, format="json")
    assert [item["amount"] for item in answer.json()["items"]] == ["2000.00"]
    assert finance.get("/api/v1/reminders/?status=sent").json()["results"][0]["balance"] == "2000.00"


@pytest.mark.parametrize("path", ["reminders", "promises", "disputes", "dunning-levels"])
def test_who_is_no_part_of_it_sees_nothing(customer, people, browse, path):  # noqa: F811
    assert browse(people["marketing"]).get(f"/{path}/").status_code == 403


def test_another_reps_letters_are_not_seen(customer, people, browse):  # noqa: F811
    overdue(customer)
    propose_reminders(None)
    assert browse(people["stranger"]).get(f"/reminders/{Reminder.objects.get().pk}/").status_code == 404
    assert browse(people["sales"]).get(f"/reminders/{Reminder.objects.get().pk}/").status_code == 200
