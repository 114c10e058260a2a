"""Every address of every record, for every kind of user: what comes back is what the table says."""

import zlib

import pytest
from django.apps import apps
from rest_framework.test import APIClient

from crm import doors
from crm.access import ALL, GRANTS, NO
from tests.permissions import oracle
from tests.permissions.acts import of_records, unknown
from tests.permissions.addresses import filled
from tests.permissions.conftest import undone
from tests.permissions.leaks import hidden_from, leaked

VIEWERS = [
    "marketing", "sales", "sales_support", "operations", "finance", "service", "manager", "admin", "boss",
    "teamless support", "sales and operations", "finance and admin", "without roles",
]  # fmt: skip
# Whose roles are held by others above too: they act by the API alone where there are two ways to do the same.
OF_OTHERS = {"boss", "teamless support", "sales and operations", "finance and admin", "without roles"}
MODELS = {
    model._meta.model_name: model
    for model in apps.get_models()
    if f"{model._meta.app_label}.view_{model._meta.model_name}" in GRANTS
}
NOT_HERE = {"followup", "moneycheck", "instalment"}  # without a page of their own
STATE_FORBIDS = {  # past editing in the state the company holds them in, whoever asks
    ("opportunity", "edit"), ("contract", "edit"), ("order", "edit"), ("invoice", "edit"), ("target", "edit"),
    ("target", "patch"), ("invoice", "patch"), ("payment", "patch"),
}  # fmt: skip


def test_the_company_holds_a_record_of_every_type(inside):
    held = {record._meta.model_name for record in inside.records}
    assert MODELS.keys() - NOT_HERE == held, "say in tests/permissions/world.py how one is made"


def test_of_every_address_it_is_known_what_it_asks_for():
    assert list(unknown(MODELS)) == [], "say it in tests/permissions/acts.py"


def expected(user, record, act):
    """403 where the type or the act is not granted, 404 where the record is not to be known of, else 200."""
    if oracle.reach(user, oracle.view(record)) == NO:
        return 403
    if not oracle.sees(user, record):
        return 404
    if act.permission and not oracle.may(user, act.permission, record):
        return 403
    return 403 if not act.api and (oracle.kind(record), act.verb) in STATE_FORBIDS else 200


NEVER_NEW = {"contracts:amendment_new", "contracts:delivery_new"}  # they begin on another record's page
ASK_MORE = {"api-lead-similar": "leads.add_lead", "kpis:target_new": "kpis.add_target"}


def telling(records, user, act):
    """One record for each answer expected, a different one for each address and viewer."""
    turn = zlib.crc32(f"{user.email} {act.name} {act.verb}".encode())
    ordered = sorted(records, key=lambda record: (record.pk + turn) % len(records))
    return {expected(user, record, act): record for record in ordered}.values()


def got(client, act, record, file):
    with undone():
        answer = getattr(client, act.method)(act.address(record, file), act.body)
        found = leaked(answer, client.hidden)
    status = answer.status_code
    return (status if status in (401, 403, 404, 405) or status >= 500 else 200), found


def doors_of(user, inside, browse):
    """Two ways in, page and API, each knowing what it must not show."""
    page, api = browse(user), APIClient(raise_request_exception=False)
    page.raise_request_exception = False
    api.force_authenticate(user)
    page.hidden = api.hidden = hidden_from(user, inside)
    return page, api


@pytest.mark.parametrize("viewer", VIEWERS)
def test_every_address_answers_as_the_table_says(inside, browse, plain_refusals, viewer):
    user, wrong = inside.people[viewer], []
    page, api = doors_of(user, inside, browse)
    for kind, act in of_records(MODELS):
        if viewer in OF_OTHERS and act.twin:
            continue
        for record in telling(inside.of(kind), user, act):
            file = inside.files.get((kind, record.pk))
            if act.verb == "file" and not file:
                continue
            (found, leaks), wanted = got(api if act.api else page, act, record, file), expected(user, record, act)
            wrong += [f"{act.method} {act.address(record, file)} shows {leak}" for leak in leaks]
            if found != wanted and (kind, act.method) not in STATE_FORBIDS:
                wrong.append(f"{act.method} {act.address(record, file)} of {record!r}: {found}, not {wanted}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("viewer", VIEWERS)
def test_every_page_without_a_record_opens_to_whom_its_door_says(inside, browse, plain_refusals, viewer):
    user, wrong = inside.people[viewer], []
    page, api = doors_of(user, inside, browse)
    for route, name, view in doors.addresses():
        if (
            "<pk>" in route
            or ":pk>" in route
            or name.startswith(("account_", "mfa_"))
            or doors.of(view) == doors.PUBLIC
        ):
            continue
        wanted = asked(name, view)
        client = api if name.startswith("api-") else page
        with undone():
            answer = client.get(filled(route), {"page_size": 200, "size": 100})
            hidden = client.hidden if name != "api-event-list" else without_deleted_leads(user, client.hidden)
            wrong += [f"{name} shows {leak}" for leak in leaked(answer, hidden)]
        let_in = answer.status_code not in (401, 403)
        if (
            answer.status_code == 405 or name in DECIDED_INSIDE
        ):  # acts alone; what one may import or merge decides itself
            continue
        if let_in != all(oracle.reach(user, permission) > NO for permission in wanted):
            wrong.append(f"{name} {filled(route)}: {answer.status_code}, asks for {wanted}")
    assert not wrong, "\n".join(wrong)


def without_deleted_leads(user, hidden):
    """Who sees all leads is told what happened to them, deleted ones included."""
    sees_all = oracle.reach(user, "leads.view_lead") == ALL
    return [mark for mark in hidden if not (sees_all and mark.endswith("-bin"))]


DECIDED_INSIDE = {"crm:imports", "api-import-list", "crm:merge"}


def asked(name, view):
    """The permissions a page without a record asks for."""
    door = doors.of(view)
    if door == doors.SIGNED_IN:
        return ["crm.view_customer"] if name == "crm:lookup" else []
    return [door, ASK_MORE.get(name) or door.replace(".view_", ".add_")] if asks_more(name) else [door]


def asks_more(name):
    return (name.endswith("_new") and name not in NEVER_NEW) or name in ASK_MORE


@pytest.mark.parametrize("viewer", VIEWERS)
def test_searching_and_looking_up_find_what_the_table_lets_one_see(inside, browse, plain_refusals, viewer):
    user, wrong = inside.people[viewer], []
    page, _api = doors_of(user, inside, browse)
    for query in ("mark", "mark-s", "2026", "345"):
        wrong += [("search", query, leak) for leak in leaked(page.get("/search/", {"q": query}), page.hidden)]
    for kind in MODELS:
        answer = page.get(f"/lookup/{kind}/", {"q": "mark"})
        wrong += [(kind, leak) for leak in leaked(answer, page.hidden)]
        if answer.status_code == 200:
            seen = {record.pk for record in MODELS[kind].objects.all() if oracle.sees(user, record)}
            wrong += [(kind, row["id"]) for row in answer.json() if row["id"] not in seen]
    assert not wrong
