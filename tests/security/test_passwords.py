"""What makes a password good enough: length and not being guessable, nothing else."""

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import override_settings

from crm.demo import PASSWORD as DEMO_PASSWORD
from crm.models import Company
from tests.factories import PASSWORD, UserFactory
from tests.security.people import is_in, require_second_factor, sign_in, with_app

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(people):
    return people["sales"]


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "all small letters are fine",
        "没有规定必须用大写字母或者数字才行",
        "émigré ☂ naïve 数字 spaces",
        "x9 " * 3 + "long" * 60,
    ],
)
def test_words_of_any_script_and_length_are_good(password, user):
    validate_password(password, user)


def test_alone_it_needs_fifteen_signs(user):
    validate_password("tower of lemon 3", user)
    with pytest.raises(ValidationError, match="15"):
        validate_password("tower of lemon", user)


def test_beside_a_second_factor_eight_are_enough(user):
    validate_password("tower of", with_app(user))
    with pytest.raises(ValidationError, match="8"):
        validate_password("tower o", user)


def test_eight_are_enough_where_the_role_asks_for_a_second_factor(user):
    require_second_factor("sales")
    validate_password("tower of", user)


@pytest.mark.parametrize(
    "password",
    [
        "password123456789",
        "aaaaaaaaaaaaaaaaaaa",
        "abababababababababab",
        "123456789012345678",
        "qwertyuiopasdfghjkl",
        "abcdefghijklmnopqrs",
        "hengtuo.example2026",
        "Hengtuo Group 2026!",
        "lead-to-cash-2026",
        "sales@example.com1",
    ],
)
def test_what_others_can_guess_is_refused(password, user):
    company = Company.current()
    company.name = "Hengtuo Group"
    company.save()
    user.email = "sales@hengtuo.example" if "hengtuo" in password else user.email
    with pytest.raises(ValidationError):
        validate_password(password, user)


def test_the_demo_password_goes_on_working(client):
    user = UserFactory(password=make_password(DEMO_PASSWORD))
    assert is_in(sign_in(user, DEMO_PASSWORD))


@override_settings(PASSWORD_HASHERS=__import__("crm.settings", fromlist=["x"]).PASSWORD_HASHERS)
def test_an_old_hash_is_renewed_at_sign_in():
    user = UserFactory(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    assert is_in(sign_in(user))
    user.refresh_from_db()
    assert identify_hasher(user.password).algorithm == "scrypt"


def test_the_fields_tell_password_managers_what_they_are(client, people, browse):
    assert 'autocomplete="current-password"' in client.get("/account/login/").content.decode()
    page = browse(people["sales"]).get("/account/password/change/").content.decode()
    assert page.count('autocomplete="new-password"') == 2
    assert "At least 15 signs" in page
