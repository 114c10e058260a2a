"""Two-factor login: with an app, with recovery codes; who must have it, and who loses it."""

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.exceptions import PermissionDenied

from crm import events
from crm.accounts import second_factor
from crm.models import ApiToken, Notification
from tests.security.people import (
    SECRET,
    code,
    is_in,
    recovery_codes,
    require_second_factor,
    sign_in,
    sign_in_with_app,
    with_app,
)

pytestmark = pytest.mark.django_db


def test_the_password_alone_is_not_enough(people):
    client = sign_in(with_app(people["finance"]))
    assert not is_in(client)
    assert client.get("/api/v1/me/").status_code == 401


def test_the_code_of_the_app_lets_one_in(people):
    assert is_in(sign_in_with_app(with_app(people["finance"])))


@pytest.mark.parametrize("wrong", ["000000", "", "1", "x" * 200])
def test_a_wrong_code_does_not(wrong, people):
    client = sign_in(with_app(people["finance"]))
    client.post("/account/second-factor/enter/", {"code": wrong})
    assert not is_in(client)


def test_a_code_works_once(people):
    user, shown = with_app(people["finance"]), code()
    first, second = sign_in(user), sign_in(user)
    first.post("/account/second-factor/enter/", {"code": shown})
    second.post("/account/second-factor/enter/", {"code": shown})
    assert is_in(first) and not is_in(second)


def test_a_recovery_code_works_once(people):
    user = with_app(people["finance"])
    spare = recovery_codes(user)[0]
    first, second = sign_in(user), sign_in(user)
    first.post("/account/second-factor/enter/", {"code": spare})
    second.post("/account/second-factor/enter/", {"code": spare})
    assert is_in(first) and not is_in(second)


def test_guessing_codes_is_stopped_after_five(people):
    client = sign_in(with_app(people["finance"]))
    for attempt in range(5):
        client.post("/account/second-factor/enter/", {"code": f"00000{attempt}"})
    client.post("/account/second-factor/enter/", {"code": code()})
    assert not is_in(client)


def test_the_apps_key_lies_encrypted(people):
    with_app(people["finance"])
    assert SECRET not in str(list(Authenticator.objects.values_list("data", flat=True)))


def test_setting_up_the_app_gives_recovery_codes_and_a_mail(people, django_capture_on_commit_callbacks):
    client = sign_in(people["finance"])
    page = client.get("/account/app/add/")
    assert "data:image/svg+xml" in page.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/account/app/add/", {"code": code(page.context["form"].secret)}, follow=True)
    assert len(answer.context["unused_codes"]) == 10
    assert "authenticator app was added" in mail.outbox[-1].body
    assert mail.outbox[-1].to == ["finance@example.com"]
    assert events.of_record(people["finance"]).filter(verb="second_factor_added").exists()


def test_the_code_that_set_the_app_up_does_not_sign_in(people):
    client = sign_in(people["finance"])
    page = client.get("/account/app/add/")
    shown = code(page.context["form"].secret)
    client.post("/account/app/add/", {"code": shown})
    onlooker = sign_in(people["finance"])
    onlooker.post("/account/second-factor/enter/", {"code": shown})
    assert is_in(client) and not is_in(onlooker)


def test_setting_it_up_long_after_signing_in_asks_for_the_password_again(people, settings):
    client = sign_in(people["finance"])
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    assert client.get("/account/app/add/").url.startswith("/account/confirm/")


def test_with_an_app_the_password_no_longer_confirms(people, settings):
    client = sign_in_with_app(with_app(people["finance"]))
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    assert client.get("/account/codes/new/").url.startswith("/account/second-factor/confirm/")
    assert client.get("/account/confirm/?next=/account/codes/new/").url.startswith("/account/second-factor/confirm/")


def test_making_an_api_token_asks_for_a_fresh_second_factor(people, settings):
    client = sign_in_with_app(with_app(people["finance"]))
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    assert client.get("/profile/tokens/").status_code == 200
    answer = client.post("/profile/tokens/", {"name": "BI"})
    assert answer.url.startswith("/account/second-factor/confirm/")
    assert not ApiToken.objects.exists()


def test_who_owes_a_second_factor_is_led_to_it_and_reaches_nothing_else(people):
    require_second_factor("finance")
    client = sign_in(people["finance"])
    for address in ("/", "/customers/", "/invoices/", "/profile/tokens/"):
        assert client.get(address).url == "/profile/security/"
    assert client.post("/profile/tokens/", {"name": "BI"}).url == "/profile/security/"
    assert client.get("/api/v1/me/").status_code == 403
    assert "needs a second factor" in client.get("/profile/security/").content.decode()
    assert client.get("/account/app/add/").status_code == 200


def test_once_set_up_everything_is_open(people):
    require_second_factor("finance")
    client = sign_in(people["finance"])
    page = client.get("/account/app/add/")
    client.post("/account/app/add/", {"code": code(page.context["form"].secret)})
    assert is_in(client)
    assert client.get("/api/v1/me/").status_code == 200


def test_a_foreign_authorization_header_does_not_open_the_session(people):
    require_second_factor("finance")
    client = sign_in(people["finance"])
    assert client.get("/api/v1/me/", headers={"authorization": "Basic eA=="}).status_code == 403


def test_other_roles_are_not_asked(people):
    require_second_factor("finance")
    assert is_in(sign_in(people["sales"]))


def test_the_requirement_costs_one_question_per_session(people, django_assert_num_queries):
    client = sign_in_with_app(with_app(people["finance"]))
    require_second_factor("finance")
    client.get("/profile/")
    with django_assert_num_queries(len(queries_of(client, "/notifications/"))):
        client.get("/notifications/")


def queries_of(client, address):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    assert not [query for query in queries if "mfa_authenticator" in query["sql"]]
    return queries


def test_who_needs_one_cannot_remove_the_last(people):
    user = with_app(people["finance"])
    client = sign_in_with_app(user)
    require_second_factor("finance")
    client.post("/account/app/remove/")
    assert second_factor.has(user)


def test_removing_it_signs_out_everywhere_else(people):
    user = with_app(people["finance"])
    client = sign_in_with_app(user)
    elsewhere = sign_in(user)
    elsewhere.post("/account/second-factor/enter/", {"code": recovery_codes(user)[0]})
    client.post("/account/app/remove/")
    assert not second_factor.has(user)
    assert is_in(client) and not is_in(elsewhere)


def test_an_admin_resets_what_somebody_has_lost(people, browse, django_capture_on_commit_callbacks):
    user = with_app(people["finance"])
    elsewhere = sign_in_with_app(user)
    with django_capture_on_commit_callbacks(execute=True):
        browse(people["admin"]).post(f"/users/{user.pk}/reset_second_factor/")
    assert not second_factor.has(user)
    assert not is_in(elsewhere)
    assert events.of_record(user).get(verb="second_factor_reset").actor == people["admin"]
    assert Notification.objects.filter(user=user, text__contains="two-factor").exists()
    assert mail.outbox[-1].to == [user.email]


@pytest.mark.parametrize("role", ["manager", "finance", "sales"])
def test_nobody_else_resets_it(role, people):
    user = with_app(people["operations"])
    with pytest.raises(PermissionDenied):
        second_factor.reset(user, by=people[role])
    assert second_factor.has(user)


def test_the_mail_speaks_the_persons_language(people, browse, django_capture_on_commit_callbacks):
    user = with_app(people["finance"])
    user.language = "zh-hans"
    user.save()
    with django_capture_on_commit_callbacks(execute=True):
        browse(people["admin"]).post(f"/users/{user.pk}/reset_second_factor/")
    assert "两步验证" in mail.outbox[-1].subject
