"""Where people are signed in, and how it ends."""

import time

import pytest
from allauth.usersessions.models import UserSession
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm import people as office
from crm.accounts import sessions
from crm.models import User
from tests.factories import PASSWORD
from tests.security.people import is_in, sign_in

pytestmark = pytest.mark.django_db
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Safari/604.1"


@pytest.fixture
def desk(people):
    return sign_in(people["sales"], user_agent=CHROME)


@pytest.fixture
def phone(people):
    return sign_in(people["sales"], user_agent=PHONE)


def test_one_sees_where_one_is_signed_in(desk, phone):
    page = desk.get("/profile/security/").content.decode()
    assert "Chrome · Windows" in page and "Safari · iPhone" in page and "127.0.0.1" in page
    assert page.count("This device") == 1


def test_one_session_is_ended(desk, phone):
    other = UserSession.objects.get(user_agent=PHONE)
    desk.post(f"/profile/security/sessions/{other.pk}/end/")
    assert is_in(desk) and not is_in(phone)


def test_another_persons_session_is_not_mine_to_end(people, desk):
    stranger = sign_in(people["stranger"])
    theirs = UserSession.objects.get(user=people["stranger"])
    assert desk.post(f"/profile/security/sessions/{theirs.pk}/end/").status_code == 404
    assert is_in(stranger)


def test_all_others_are_ended_at_once(desk, phone):
    desk.post("/profile/security/sessions/end-others/")
    assert is_in(desk) and not is_in(phone)


def test_also_sessions_nobody_listed_are_ended(desk, phone):
    UserSession.objects.all().delete()
    desk.post("/profile/security/sessions/end-others/")
    assert is_in(desk) and not is_in(phone)


def test_an_admin_signs_a_person_out_everywhere(people, browse, desk, phone):
    browse(people["admin"]).post(f"/users/{people['sales'].pk}/sign_out/")
    assert not is_in(desk) and not is_in(phone)


def test_nobody_else_does(people):
    with pytest.raises(PermissionDenied):
        sessions.end_all(people["sales"], by=people["manager"])


def test_who_is_deactivated_is_out_at_once_and_stays_out(people, desk, phone):
    _token, key = office.make_token(name="BI", may_write=False, by=people["sales"])
    set_active(people, False)
    assert not is_in(desk)
    set_active(people, True)
    assert not is_in(phone)
    assert phone.get("/api/v1/me/", headers={"authorization": f"Bearer {key}"}).status_code == 401


def set_active(people, active):
    user = User.objects.get(pk=people["sales"].pk)
    user.is_active = active
    office.save_user(user, by=people["admin"])


def test_a_new_password_ends_the_other_sessions(desk, phone):
    new = "horse battery staple 9"
    desk.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert is_in(desk) and not is_in(phone)


def test_signing_in_gives_a_new_session(people, client):
    client.get("/account/login/")
    client.session["planted"] = "by a stranger"
    before = client.session.session_key
    client.post("/account/login/", {"login": people["sales"].email, "password": PASSWORD})
    assert client.session.session_key != before


def test_looking_at_pages_writes_nothing_about_the_session(desk):
    desk.get("/notifications/")
    with CaptureQueriesContext(connection) as queries:
        desk.get("/notifications/")
    about_sessions = [query["sql"] for query in queries if "session" in query["sql"] and "crm_user" not in query["sql"]]
    assert len(about_sessions) == 1 and about_sessions[0].startswith("SELECT")


def test_last_seen_moves_on_after_ten_minutes(desk):
    kept = UserSession.objects.get(user_agent=CHROME)
    session = desk.session
    session[sessions.SEEN] = int(time.time()) - sessions.SEEN_EVERY_SECONDS - 1
    session.save()
    desk.get("/notifications/")
    assert UserSession.objects.get(pk=kept.pk).last_seen_at > kept.last_seen_at


@pytest.mark.parametrize(
    ("agent", "said"), [(CHROME, "Chrome · Windows"), (PHONE, "Safari · iPhone"), ("curl/8.5", "curl"), ("", "?")]
)
def test_a_browser_is_named_in_two_words(agent, said):
    assert sessions.device(agent) == said
