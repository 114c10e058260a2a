"""Every address says who may come in; one that says nothing lets nobody in."""

import pytest
from django.core.exceptions import PermissionDenied
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from crm import doors
from crm.access import GRANTS
from tests.factories import UserFactory
from tests.permissions.addresses import filled

ADDRESSES = [(name, route, view) for route, name, view in doors.addresses()]

# Open to anybody: before signing in, or by a secret link.
PUBLIC = {
    "set_language", "crm:logo", "leads:public_form", "leads:public_thanks", "opportunities:customer_quote",
    "opportunities:customer_quote_pdf", "billing:customer_invoice", "billing:customer_invoice_pdf", "feedback:survey",
}  # fmt: skip
# Open to every colleague: they show nothing but one's own, or only what the access table lets one see.
SIGNED_IN = {
    "home", "chain", "search", "notifications", "profile", "api_tokens", "api_token_revoke", "crm:lookup",
    "api-root", "api-me", "api-case", "api-schema", "api-docs", "api-event-list", "api-event-detail",
    "api-user-list", "api-user-detail", "api-team-list", "api-team-detail",
    "session_end", "sessions_end_others", "crm:view_new", "crm:view_edit", "crm:view_replace", "crm:view_delete",
    "crm:view_like", "crm:views", "security", "api-user-access",  # asks for crm.view_user itself
    # Imports, exports and acts on many: one's own, and every record judged by itself
    "api-import-answers", "api-import-cancel", "api-import-decide", "api-import-detail", "api-import-in-the-way",
    "api-import-list", "api-import-preview", "api-import-questions", "api-import-resume", "api-import-rows",
    "api-import-run", "api-import-undo", "crm:bulk_run", "crm:export_detail", "crm:export_file", "crm:exports",
    "crm:import_cancel", "crm:import_columns", "crm:import_decide", "crm:import_detail", "crm:import_questions",
    "crm:import_refused", "crm:import_resume", "crm:import_start", "crm:import_undo", "crm:imports",
    "api-view-list", "api-view-detail",
}  # fmt: skip
ACCOUNT = (
    "account_",
    "mfa_",
    "openid_connect_",
    "socialaccount_",
)  # allauth's pages of signing in, about oneself alone; they guard themselves
HERE = "%s is open %s: think again, or list it in tests/permissions/test_doors.py with the reason"


def names_with(door):
    return {name for name, _route, view in ADDRESSES if doors.of(view) == door and not name.startswith(ACCOUNT)}


def test_no_address_is_without_a_door():
    assert doors.every_address_has_a_door() == []


def test_only_listed_addresses_are_open_to_anybody():
    assert names_with(doors.PUBLIC) == PUBLIC, HERE % (names_with(doors.PUBLIC) ^ PUBLIC, "to anybody")


def test_only_listed_addresses_are_open_to_every_colleague():
    found = names_with(doors.SIGNED_IN)
    assert found == SIGNED_IN, HERE % (found ^ SIGNED_IN, "to every colleague")


def test_every_other_door_is_a_permission_of_the_table():
    asked = {doors.of(view) for _name, _route, view in ADDRESSES} - {doors.PUBLIC, doors.SIGNED_IN}
    assert asked <= GRANTS.keys()


def test_an_address_without_a_door_stops_the_program_from_starting(settings):
    settings.ROOT_URLCONF = "tests.permissions.unguarded"
    assert [error.id for error in doors.every_address_has_a_door()] == ["crm.E001"] * 2


@pytest.mark.django_db
def test_a_page_without_a_door_lets_nobody_in(rf, people):
    request = rf.get("/")
    request.user = people["boss"]
    with pytest.raises(PermissionDenied):
        doors.DoorMiddleware(None).process_view(request, lambda request: None, [], {})


@pytest.mark.django_db
def test_an_endpoint_without_a_door_lets_nobody_in():
    request = APIRequestFactory().get("/")
    force_authenticate(request, UserFactory())
    assert APIView.as_view()(request).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_is_not_signed_in_gets_nowhere(client, method):
    for name, route, _view in ADDRESSES:
        if name in PUBLIC or name.startswith(ACCOUNT):
            continue
        address = filled(route)
        answer = getattr(client, method)(address)
        if address.startswith("/api/") and name != "api-docs":
            assert answer.status_code == 401, address
        else:
            assert (answer.status_code, answer["Location"][:15]) == (302, "/account/login/"), address


@pytest.mark.django_db
def test_a_session_ends_with_the_account(browse, people):
    client = browse(people["finance"])
    people["finance"].is_active = False
    people["finance"].save()
    assert client.get("/invoices/").status_code == 302
    assert client.get("/api/v1/invoices/").status_code == 401
