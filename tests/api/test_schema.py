"""Every operation of the API against its own documentation: no crash, no answer that is not documented."""

import logging
import traceback

import pytest
import requests
import schemathesis
from django.db import transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from rest_framework.test import APIClient
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from billing.models import CreditNote, Period
from crm import people as office
from crm.access import Role
from crm.api.router import router
from tests.factories import (
    CampaignFactory,
    ContactFactory,
    LeadFactory,
    QuoteFactory,
    UserFactory,
    issued_invoice,
    payment_of,
    planned_delivery,
    running_order,
)

pytestmark = pytest.mark.django_db
EXAMPLES = {GenerationMode.POSITIVE: 1, GenerationMode.NEGATIVE: 1}  # per operation; there are hundreds
PARTS = 8  # so that the work is shared among processes
LEFT_TO_THE_CLIENT = {"content-length", "content-type", "cookie"}
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
    response_headers_conformance,
]  # fmt: skip


@pytest.fixture
def everything(company_tree):
    """Somebody who holds all roles, and a record of most types."""
    logging.disable(logging.WARNING)
    allround = UserFactory(roles=Role.values, team=company_tree["root"])
    CampaignFactory(owner=allround)
    LeadFactory(owner=allround, status="assigned")
    contact = ContactFactory(customer__owner=allround)
    QuoteFactory(opportunity__owner=allround)
    planned_delivery(running_order(allround, customer=contact.customer))
    invoice = issued_invoice(owner=allround)
    payment_of(invoice, 10)
    CreditNote.objects.create(invoice=invoice, customer=invoice.customer, amount=1, owner=allround, case=invoice.case)
    Period.objects.get_or_create(first_day="2026-01-01", defaults={"last_day": "2026-01-31"})
    yield allround
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="session")
def operations():
    raw = SchemaGenerator().get_schema(request=None, public=True)
    return [found.ok() for found in schemathesis.openapi.from_dict(raw).get_all_operations()]


@pytest.mark.parametrize("part", range(PARTS))
def test_no_operation_breaks_its_promise(everything, operations, part):
    _token, key = office.make_token(name="schema", may_write=True, by=everything)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    known = {prefix: first_key(viewset) for prefix, viewset, _name in router.registry}
    asked = [(operation, mode) for operation in operations[part::PARTS] for mode in EXAMPLES]
    broken = [fault for operation, mode in asked if (fault := fault_of(operation, mode, client, known))]
    assert not broken, f"{len(broken)} of {len(asked)}:\n\n" + "\n\n".join(broken)


def first_key(viewset):
    model = getattr(viewset, "model", None) or getattr(getattr(viewset, "queryset", None), "model", None)
    return model and model.objects.values_list("pk", flat=True).first()


def fault_of(operation, mode, client, known):
    """What an operation did wrong with the examples made up for it; None if nothing."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES[mode], derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def check(case):
        existing = known.get(operation.path.split("/")[3])
        if mode is GenerationMode.POSITIVE and existing and "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = str(existing)
        with transaction.atomic():
            answer = call(client, case)
            transaction.set_rollback(True)
        case.validate_response(answer, checks=CHECKS)

    try:
        check()
    except FailureGroup as found:
        return f"{operation.label}: {found.exceptions[0]}"[:800]
    except Exception as fault:
        return f"{operation.label}: {traceback.format_exc()[-900:]}\n{fault}"[:1500]


def call(client, case):
    """Send a made-up case through Django's test client, in the test's transaction."""
    sent = case.as_transport_kwargs(base_url="http://testserver")
    wanted = ("method", "url", "headers", "params", "json", "data", "files")
    asked = requests.Request(**{name: sent[name] for name in wanted if name in sent}).prepare()
    headers = {name: value for name, value in asked.headers.items() if name.lower() not in LEFT_TO_THE_CLIENT}
    body = asked.body.encode() if isinstance(asked.body, str) else asked.body or b""
    kind = asked.headers.get("Content-Type", "application/json")
    answer = client.generic(asked.method, asked.path_url, body, content_type=kind, headers=headers)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    told = {name.lower(): [value] for name, value in answer.headers.items()}
    return Response(answer.status_code, told, content, asked, elapsed=0.0, verify=False)
