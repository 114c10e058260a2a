"""Users, teams, settings, profiles, tokens, sign-in."""

import re

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from crm import events
from crm import people as office
from crm.access import Role
from crm.models import ApiToken, Company, Team, User
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
NEW_USER = {"name": "新同事", "email": "new@example.com", "roles": ["sales"], "is_active": "on"}


def test_an_admin_creates_a_user_and_mails_a_password_link(people, browse):
    client = browse(people["admin"])
    client.post("/users/new/", NEW_USER)
    user = User.objects.get(email="new@example.com")
    client.post(f"/users/{user.pk}/invite/")
    assert mail.outbox[-1].to == ["new@example.com"]
    assert "/account/password/reset/key/" in mail.outbox[-1].body


@pytest.mark.parametrize("role", [role for role in Role.values if role != Role.ADMIN])
def test_nobody_else_manages_users(role, people, browse):
    assert browse(people[role]).get("/users/").status_code == 403
    assert browse(people[role]).post("/users/new/", NEW_USER).status_code == 403


def test_a_change_of_roles_is_logged(people):
    user = people["sales"]
    user.roles = [Role.SALES, Role.FINANCE]
    people_save(user, people["admin"])
    assert events.of_record(user).get().data["changes"]["roles"] == [["sales"], ["sales", "finance"]]


def people_save(user, by):
    return office.save_user(user, by=by)


def test_the_last_admin_keeps_the_role(people):
    admin = User.objects.get(pk=people["admin"].pk)
    admin.roles = [Role.SALES]
    with pytest.raises(ValidationError):
        people_save(admin, people["admin"])
    assert User.objects.get(pk=admin.pk).roles == [Role.ADMIN]


def test_sales_cannot_make_themselves_finance(people):
    people["sales"].roles = [Role.FINANCE]
    with pytest.raises(PermissionDenied):
        people_save(people["sales"], people["sales"])


def test_moving_a_team_moves_the_teams_below_it(company_tree):
    child = Team.objects.create(name="East", parent=company_tree["north"])
    company_tree["north"].parent = company_tree["south"]
    company_tree["north"].save()
    child.refresh_from_db()
    assert child.path.startswith(company_tree["south"].path)


def test_a_team_cannot_be_part_of_itself(company_tree):
    company_tree["root"].parent = company_tree["north"]
    with pytest.raises(ValidationError):
        company_tree["root"].full_clean()


def test_company_settings_are_saved_and_logged(people, browse):
    client = browse(people["admin"])
    page = client.get("/settings/")
    values = {name: page.context["form"].initial.get(name) for name in page.context["form"].fields}
    values = {name: value for name, value in values.items() if value is not None and name != "logo"}
    assert client.post("/settings/", {**values, "name": "华兴集团"}).status_code == 302
    assert Company.current().name == "华兴集团"
    assert events.of_record(Company.objects.get()).get().data["changes"]["name"][1] == "华兴集团"


def test_a_logo_must_be_a_picture(people, browse):
    logo = SimpleUploadedFile("logo.png", b"<svg onload=alert(1)>", content_type="image/png")
    answer = browse(people["admin"]).post("/settings/", {"logo": logo})
    assert "logo" in answer.context["form"].errors


def test_the_profile_sets_the_language(people, browse):
    client = browse(people["sales"])
    client.post("/profile/", {"name": "李敏", "language": "zh-hans", "time_zone": ""})
    people["sales"].refresh_from_db()
    assert people["sales"].language == "zh-hans"
    assert client.get("/").headers["Content-Language"] == "zh-hans"


def test_a_token_is_shown_once_and_kept_as_a_hash(people, client):
    client.post("/account/login/", {"login": "sales@example.com", "password": PASSWORD})
    page = client.post("/profile/tokens/", {"name": "BI"}).content.decode()
    key = re.search(r"ltc_[\w-]+", page).group()
    token = ApiToken.objects.get()
    assert key not in (token.digest, token.hint)
    assert key not in client.get("/profile/tokens/").content.decode()
    assert bearer(key).get("/api/v1/me/").json()["email"] == "sales@example.com"


def bearer(key):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    return client


def test_a_reading_token_cannot_write(people):
    _token, key = people_token(people["sales"], may_write=False)
    assert bearer(key).get("/api/v1/leads/").status_code == 200
    assert bearer(key).post("/api/v1/leads/", {"company_name": "X", "phone": "1"}).status_code == 403


def people_token(user, may_write):
    return office.make_token(name="t", may_write=may_write, by=user)


def test_a_revoked_token_is_worthless(people, browse):
    token, key = people_token(people["sales"], may_write=True)
    browse(people["sales"]).post(f"/profile/tokens/{token.pk}/revoke/")
    assert bearer(key).get("/api/v1/me/").status_code == 401


def test_nobody_revokes_another_persons_token(people, browse):
    token, key = people_token(people["sales"], may_write=True)
    assert browse(people["colleague"]).post(f"/profile/tokens/{token.pk}/revoke/").status_code == 404
    assert bearer(key).get("/api/v1/me/").status_code == 200


def test_signing_in_and_out(client, people):
    assert client.get("/").status_code == 302
    client.post("/account/login/", {"login": "sales@example.com", "password": PASSWORD})
    assert client.get("/").status_code == 200
    client.post("/account/logout/")
    assert client.get("/").status_code == 302


def test_guessing_passwords_is_slowed_down(client, people):
    for _attempt in range(5):
        client.post("/account/login/", {"login": "sales@example.com", "password": "wrong"})
    client.post("/account/login/", {"login": "sales@example.com", "password": PASSWORD})
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(("language", "word"), [("zh-hans", "密码"), ("en", "password")])
def test_a_forgotten_password_is_reset_by_mail(client, language, word):
    user = UserFactory(email="forgetful@example.com")
    client.post("/account/password/reset/", {"email": user.email}, headers={"accept-language": language})
    assert word in mail.outbox[-1].body.lower()
    link = re.search(r"/account/password/reset/key/\S+", mail.outbox[-1].body).group()
    page = client.get(link, follow=True)
    client.post(page.request["PATH_INFO"], {"password1": "another good one", "password2": "another good one"})
    user.refresh_from_db()
    assert user.check_password("another good one")


def test_nobody_can_sign_up(client):
    assert client.get("/account/signup/").status_code == 404
