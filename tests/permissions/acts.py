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
}
ELSEWHERE = (
    "account_",
    "crm:bulk_",
    "crm:work_",
    "crm:webhook",
    "api-webhook",
    "api-export",
    "api-merge",
    "mfa_",
    "openid_",
    "socialaccount_",
    "crm:import_",
    "crm:export_",
    "api-import-",
    "crm:view_",
    "crm:merge",
    "api-customer-merge",
    "api-contact-merge",
    "api-lead-merge",
    "billing:journal",
)
OF_OTHER_TYPES = {  # addresses of records that the small company does not hold, and which tests show their doors
    "api_token_revoke": "test_holes.py", "session_end": "tests/security", "crm:view_edit": "tests/web",
    "crm:view_replace": "tests/web", "crm:view_delete": "tests/web", "crm:view_like": "tests/web",
    "api-view-detail": "tests/web", 
    "billing:bankstatement_download": "finance alone has statements", "api-case": "test_holes.py",
    "billing:statement": "test_holes.py", "api-event-detail": "test_holes.py",
    "api-followup-detail": "test_holes.py", "api-user-detail": "colleagues are known to all",
    "api-user-access": "test_sight.py",
    "api-team-detail": "colleagues are known to all", "kpis:job": "test_holes.py",
    "leads:import_detail": "tests/leads", "leads:import_cancel": "tests/leads", "leads:import_resume": "tests/leads",
    "leads:import_refused": "tests/leads", "api-leadimport-detail": "tests/leads",
    "api-leadimport-cancel": "tests/leads", "api-leadimport-rows": "tests/leads",
}  # fmt: skip
GIVEN = {"follow_up": {"kind": "call", "summary": "Hello"}, "comment": {"text": "Hello"}}


@dataclass(frozen=True)
class Act:
    """One way to call one address of a record type."""

    name: str
    method: str
    route: str
    verb: str
    permission: str  # what it asks for beyond seeing the record; empty where seeing is enough
    api: bool

    def address(self, record, file=None):
        return filled(self.route, record.pk, verb=self.verb, file_pk=file or 0)

    @property
    def body(self):
        return GIVEN.get(self.verb, {})


def of_records(models):
    """(record type, act) of every address that names a record; AssertionError for one nobody has thought about."""
    for route, name, view in doors.addresses():
        if name in OF_OTHER_TYPES or name.startswith(ELSEWHERE) or not re.search(r"<(int:)?pk>", route):
            continue
        rest = doors.of(view).partition(".")[2]
        assert rest, f"{name}: say in OF_OTHER_TYPES of tests/permissions/acts.py which test shows its door"
        kinds = [kind for kind in models if rest.endswith(f"_{kind}")]
        assert kinds, f"{name}: say in OF_OTHER_TYPES of tests/permissions/acts.py which test shows its door"
        model = models[max(kinds, key=len)]
        for act in _acts(name, route, doors.of(view), model):
            if not act.api or (act.method in view.actions and act.method in view.cls.http_method_names):
                yield model._meta.model_name, act


def _acts(name, route, door, model):
    app = model._meta.app_label
    kind, api = model._meta.model_name, name.startswith("api-")
    last = name.split("-", 2)[2] if api else name.split(":")[1].removeprefix(f"{kind}_").removeprefix("order_")
    if last == "act":
        for verb in verbs.of(model):
            yield Act(name, "post", route, verb, f"{app}.{verb}_{kind}", api)
        return
    permission = door if ".view_" not in door else _permission(name, last, app, model)
    for method in _methods(last, api, route):
        asked = f"{app}.change_{kind}" if method == "patch" else permission
        yield Act(name, method, route, last, asked, api)


def _permission(name, last, app, model):
    kind = model._meta.model_name
    if name in SAID_APART:
        return SAID_APART[name]
    if last in SEEING_IS_ENOUGH or name in ALSO_ENOUGH:
        return ""
    if kind == "user":
        return "crm.change_user"
    if last in ASKS:
        return ASKS[last].format(app=app, model=kind)
    known = f"{app}.{last}_{kind}"
    assert known in GRANTS, f"{name}: say in tests/permissions/acts.py what it asks for ({last})"
    return known


def _methods(last, api, route):
    if last in {"follow_up", "comment", "attach", "done", "board_move", "cancel", "retry", "amounts"}:
        return ["post"]
    if last == "edit":
        return ["get", "post"]
    if last in {"detail", "file", "paper", "job", "rows"}:
        return ["get", "patch"] if api and last == "detail" else ["get"]
    return ["post"]
