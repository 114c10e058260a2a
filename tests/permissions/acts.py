"""What each address of a record asks for, beyond seeing the record."""

import re
from dataclasses import dataclass

from crm import doors, verbs
from crm.access import GRANTS
from tests.permissions.addresses import filled

SEEING_IS_ENOUGH = {"detail", "file", "comment", "attach", "job", "amounts"}
ALSO_ENOUGH = {"contracts:order_board_move"}  # which act it is says the column dropped on; its service refuses
ASKS = {  # the last part of an address's name -> the permission it asks for on the record
    "edit": "{app}.change_{model}",
    "tag": "{app}.change_{model}",
    "follow_up": "crm.add_followup",
    "paper": "{app}.view_{model}",
    "rows": "{app}.view_{model}",
    "done": "crm.complete_task",
    "retry": "crm.cancel_job",
}
SAID_APART = {
    "billing:invoice_paper": "billing.view_invoice_terms",
    "api-invoice-paper": "billing.view_invoice_terms",
    "opportunities:board_move": "opportunities.move_opportunity",
    "api-bankline-proposals": "billing.view_bankline",
    "billing:bankstatement_download": "billing.view_bankstatement",
} | dict.fromkeys(
    ["crm:webhook_rotate", "crm:webhook_test", "crm:webhook_replay", "crm:webhookdelivery_again",
     "api-webhookendpoint-rotate", "api-webhookendpoint-test", "api-webhookendpoint-replay",
     "api-webhookdelivery-replay"],
    "crm.change_webhookendpoint",
)  # fmt: skip
GETS = {"api-bankline-proposals", "billing:bankstatement_download"}
ELSEWHERE = {  # addresses of what is no record of the table, and which tests show their doors
    "account_": "allauth guards its own", "mfa_": "tests/security", "openid_": "tests/security",
    "socialaccount_": "tests/security", "session_end": "test_guesses.py", "api_token_revoke": "test_guesses.py",
    "crm:bulk_run": "test_guesses.py", "crm:export_": "test_guesses.py", "crm:work_delete": "test_guesses.py",
    "crm:view_": "test_guesses.py", "api-view-detail": "test_guesses.py", "crm:import_": "test_guesses.py",
    "api-import-": "test_guesses.py", "crm:merge": "test_guesses.py", "api-merge-": "test_guesses.py",
    "api-customer-merge": "test_guesses.py", "api-contact-merge": "test_guesses.py",
    "api-lead-merge": "test_guesses.py", "api-case": "test_guesses.py", "api-event-detail": "test_guesses.py",
    "billing:statement": "test_guesses.py", "billing:journal": "test_guesses.py", "kpis:job": "test_guesses.py",
    "api-user-detail": "colleagues are known to all", "api-team-detail": "colleagues are known to all",
    "api-user-access": "tests/desk/test_sight.py",
}  # fmt: skip
GIVEN = {"follow_up": {"kind": "call", "summary": "Hello"}, "comment": {"text": "Hello"}}


@dataclass(frozen=True)
class Act:
    """One way to call one address of a record type."""

    name: str
    method: str
    route: str
    verb: str
    permission: str | None  # what it asks for beyond seeing; empty where seeing is enough, None where nobody said
    api: bool

    def address(self, record, file=None):
        return filled(self.route, record.pk, verb=self.verb, file_pk=file or 0)

    @property
    def twin(self):
        """Is this a page whose act the API offers as well, behind the same words?"""
        return not self.api and self.name.endswith(("_act", "_edit", "_comment", "_attach", "_follow_up", "_paper"))

    @property
    def body(self):
        return GIVEN.get(self.verb, {})


def of_records(models):
    """(record type, act) of every address that names a record and has been thought about."""
    for route, name, view in doors.addresses():
        kind = _kind(name, route, view, models)
        for act in _acts(name, route, doors.of(view), models[kind]) if kind else []:
            if act.permission is not None and (not act.api or _takes(view, act.method)):
                yield kind, act


def unknown(models):
    """The addresses that name a record, but nobody has said of which type or what they ask for."""
    for route, name, view in doors.addresses():
        if not re.search(r"<(int:)?pk>", route) or name.startswith(tuple(ELSEWHERE)):
            continue
        kind = _kind(name, route, view, models)
        acts = _acts(name, route, doors.of(view), models[kind]) if kind else []
        if not kind or any(act.permission is None for act in acts):
            yield name


def _kind(name, route, view, models):
    """The record type an address is about: the one its door names."""
    if not re.search(r"<(int:)?pk>", route) or name.startswith(tuple(ELSEWHERE)):
        return None
    return max((kind for kind in models if doors.of(view).endswith(f"_{kind}")), key=len, default=None)


def _takes(view, method):
    return method in view.actions and method in view.cls.http_method_names


def _acts(name, route, door, model):
    app = model._meta.app_label
    kind, api = model._meta.model_name, name.startswith("api-")
    last = name.split("-", 2)[2] if api else name.split(":")[1].removeprefix(f"{kind}_").removeprefix("order_")
    if last == "act":
        for verb in verbs.of(model):
            yield Act(name, "post", route, verb, f"{app}.{verb}_{kind}", api)
        return
    permission = door if ".view_" not in door else _permission(name, last, app, model)
    for method in ["get"] if name in GETS else _methods(last, api):
        asked = f"{app}.change_{kind}" if method == "patch" else permission
        yield Act(name, method, route, last, asked, api)


def _permission(name, last, app, model):
    kind = model._meta.model_name
    if name in SAID_APART:
        return SAID_APART[name]
    if last in SEEING_IS_ENOUGH or name in ALSO_ENOUGH:
        return ""
    if last in ASKS:
        return ASKS[last].format(app=app, model=kind)
    if kind == "user":
        return "crm.change_user"
    known = f"{app}.{last}_{kind}"
    return known if known in GRANTS else None


def _methods(last, api):
    if last in {"follow_up", "comment", "attach", "done", "board_move", "cancel", "retry", "amounts"}:
        return ["post"]
    if last == "edit":
        return ["get", "post"]
    if last in {"detail", "file", "paper", "job", "rows"}:
        return ["get", "patch"] if api and last == "detail" else ["get"]
    return ["post"]
